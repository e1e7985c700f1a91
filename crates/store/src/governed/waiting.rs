//! Settings and jobs that wait for their request: the vault puts them in force when the request may
//! act, and takes them back when it ended. Applied first, used up second, with all requests held alone:
//! a crash in between is finished by the next pass, which runs before anything is served.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::bucket_config::{BucketSetting, Configured};
use azekura_model::cooling::{Cooling, HistoryDays, Pending};
use azekura_model::governed::{DualControl, GovernedOperation, Permit, judge};
use azekura_model::ident::TenantId;
use azekura_model::lifecycle::LifecycleRules;
use azekura_model::lock::Lock;
use azekura_model::requester::Requester;
use azekura_model::retention_class::ClassRules;
use azekura_model::retention_limits::RetentionLimits;
use azekura_record::bucket::BucketChanged;
use azekura_record::configured::BucketConfigured;
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::configure::{read_setting, to_stored};
use crate::bucket::lifecycle::stored_days;
use crate::bucket::read::{self, OpenBucket};
use crate::disposal;
use crate::entry::{self, BucketSettings};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed::documents::Weakens;
use crate::governed::requests::{self, Found};
use crate::governed::{NEVER, approvers, named};
use crate::inner::{Draft, Inner, Refused, unchanged};

/// What the requests say of an operation that waits.
pub(crate) enum Verdict<'a> {
    /// It may act now.
    Acts(&'a Found, Permit),
    /// Not yet.
    Waits,
    /// No open request asks for it any more.
    Gone,
}

/// Puts in force what may act, takes back what was refused, ends what passed its time.
pub(crate) async fn act(inner: &Inner) -> Result<(), StoreError> {
    // In this order, as everywhere: days of history, then requests.
    let _days = inner.history_days.write().await;
    let _alone = inner.governing.alone.lock().await;
    requests::expire_passed(inner).await?;
    let pass = Pass {
        inner,
        open: requests::open(inner)?,
        by: Requester::vault("requests"),
    };
    for bucket in read::all(inner)? {
        pass.setting::<LifecycleRules>(&bucket).await?;
        pass.setting::<ClassRules>(&bucket).await?;
        pass.setting::<RetentionLimits>(&bucket).await?;
        pass.history(&bucket).await?;
        disposal::settle_waiting(inner, &bucket.bucket, &pass).await?;
    }
    pass.end_the_rest().await
}

/// One pass over everything that waits.
pub(crate) struct Pass<'a> {
    inner: &'a Inner,
    open: Vec<Found>,
    by: Requester,
}

/// A new state, and the request by which it came.
type Settled<'a, T> = (Cooling<T>, Option<(&'a Found, Permit)>);

impl Pass<'_> {
    /// In whose name it acts.
    pub(crate) fn by(&self) -> &Requester {
        &self.by
    }

    /// What the requests say.
    pub(crate) fn verdict(
        &self,
        tenant: TenantId,
        operation: &GovernedOperation,
    ) -> Result<Verdict<'_>, StoreError> {
        let text = operation.text();
        let now = self.inner.clock.compliance();
        let mut verdict = Verdict::Gone;
        let asked = self
            .open
            .iter()
            .filter(|found| found.request.tenant == tenant && found.request.operation == text);
        for found in asked {
            let approvers = approvers(self.inner, tenant)?;
            let request = Some(&found.request);
            let with = (approvers.as_slice(), now);
            match judge(DualControl::Required, operation, None, request, with) {
                Ok(permit) => return Ok(Verdict::Acts(found, permit)),
                Err(_) => verdict = Verdict::Waits,
            }
        }
        Ok(verdict)
    }

    /// Uses the request up, once what it asked for is in force.
    pub(crate) async fn done(&self, found: &Found) -> Result<(), StoreError> {
        let now = self.inner.clock.compliance();
        requests::execute(self.inner, &self.by, found, now).await
    }

    /// What comes of a value that waits: the new state, and by which request.
    fn settled<T: Weakens>(
        &self,
        open: &OpenBucket,
        state: &Cooling<T>,
    ) -> Result<Option<Settled<'_, T>>, StoreError> {
        let (in_force, pending) = state.parts();
        let Some(Pending { value, .. }) = pending.filter(|pending| pending.acts_at == NEVER) else {
            return Ok(None);
        };
        let (operation, _) = value.operation(named(&open.bucket));
        Ok(match self.verdict(open.bucket.tenant, &operation)? {
            Verdict::Waits => None,
            Verdict::Acts(found, permit) => {
                Some((Cooling::settled(value.clone()), Some((found, permit))))
            }
            Verdict::Gone => Some((Cooling::settled(in_force.clone()), None)),
        })
    }

    async fn setting<T>(&self, open: &OpenBucket) -> Result<(), StoreError>
    where
        T: Weakens + Default,
        Cooling<T>: BucketSetting,
    {
        let (inner, bucket) = (self.inner, &open.bucket);
        let kind = <Cooling<T> as BucketSetting>::KIND;
        let key = families::bucket_config(bucket.uuid, kind);
        let before = inner.get(CONFIGURATION, &key)?.map(|entry| entry.value);
        let Configured::Set(state) = read_setting::<Cooling<T>>(inner, bucket.uuid)? else {
            return Ok(());
        };
        let Some((state, by)) = self.settled(open, &state)? else {
            return Ok(());
        };
        let none = state == Cooling::settled(T::default());
        let value = (!none).then(|| state.into_configuration());
        let event = Event::BucketConfigured(BucketConfigured {
            name: bucket.name.as_str().to_owned(),
            setting: to_stored(kind, value),
        });
        self.commit(open, unchanged(key, before), event, by).await
    }

    async fn history(&self, open: &OpenBucket) -> Result<(), StoreError> {
        let bucket = &open.bucket;
        let Some((state, by)) = self.settled::<HistoryDays>(open, &bucket.history)? else {
            return Ok(());
        };
        let guard = Guard::Equals(
            families::bucket_settings(bucket.uuid),
            entry::encode(&BucketSettings::new(bucket.versioning, &bucket.history)),
        );
        let (history_days, pending_history_days) = stored_days(&state);
        let event = Event::BucketChanged(BucketChanged {
            name: bucket.name.as_str().to_owned(),
            versioning: bucket.versioning,
            history_days,
            pending_history_days,
        });
        self.commit(open, guard, event, by).await
    }

    async fn commit(
        &self,
        open: &OpenBucket,
        guard: Guard,
        event: Event,
        by: Option<(&Found, Permit)>,
    ) -> Result<(), StoreError> {
        let bucket = &open.bucket;
        let guards = vec![
            Guard::Equals(families::bucket(bucket.name.as_str()), open.raw.clone()),
            guard,
        ];
        let draft = Draft {
            tenant: bucket.tenant,
            bucket: Some(bucket.uuid),
            version: None,
            hybrid: self.inner.clock.hybrid(),
            content_bytes: 0,
            sealed_bytes: 0,
            lock: Lock::default(),
            payload: Bytes::new(),
            event,
        };
        let permit = by.as_ref().map(|(_, permit)| permit);
        let class = CommitClass::Data;
        let marked = (&self.by, permit);
        match self
            .inner
            .append_marked(marked, CONFIGURATION, class, guards, draft)
            .await
        {
            Ok(_) => match by {
                Some((found, _)) => self.done(found).await,
                None => Ok(()),
            },
            // Changed meanwhile: the next pass looks again.
            Err(Refused::Guard(_)) => Ok(()),
            Err(Refused::Error(error)) => Err(error),
        }
    }

    /// A request that may act and asks for nothing that waits any more is over.
    async fn end_the_rest(&self) -> Result<(), StoreError> {
        let now = self.inner.clock.compliance();
        for found in requests::open(self.inner)? {
            let request = &found.request;
            let ready = request.acts_at().is_some_and(|acts_at| acts_at <= now);
            let known = self.open.iter().any(|known| known.request.id == request.id);
            if ready && known && request.waits() && !self.still_waits(&found)? {
                requests::expire(self.inner, &found).await?;
            }
        }
        Ok(())
    }

    /// Whether something that waits is what the request asks for; one whose approver is frozen stays.
    fn still_waits(&self, found: &Found) -> Result<bool, StoreError> {
        for open in read::all(self.inner)? {
            if self
                .waiting_texts(&open)?
                .contains(&found.request.operation)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn waiting_texts(&self, open: &OpenBucket) -> Result<Vec<String>, StoreError> {
        let (inner, bucket) = (self.inner, &open.bucket);
        let mut out = disposal::waiting(inner, bucket)?;
        let mut add = |text: Option<String>| out.extend(text);
        add(text_of(open, &bucket.history));
        add(text_in::<LifecycleRules>(inner, open)?);
        add(text_in::<ClassRules>(inner, open)?);
        add(text_in::<RetentionLimits>(inner, open)?);
        Ok(out)
    }
}

fn text_in<T: Weakens>(inner: &Inner, open: &OpenBucket) -> Result<Option<String>, StoreError>
where
    Cooling<T>: BucketSetting,
{
    Ok(match read_setting::<Cooling<T>>(inner, open.bucket.uuid)? {
        Configured::Set(state) => text_of(open, &state),
        _ => None,
    })
}

fn text_of<T: Weakens>(open: &OpenBucket, state: &Cooling<T>) -> Option<String> {
    let (_, pending) = state.parts();
    let pending = pending.filter(|pending| pending.acts_at == NEVER)?;
    Some(pending.value.operation(named(&open.bucket)).0.text())
}
