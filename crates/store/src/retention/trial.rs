//! The trial of a COMPLIANCE default (probation): at its end the versions that it locked become
//! COMPLIANCE, unless the default was withdrawn or replaced.

use azekura_model::access::{Action, Authorized};
use azekura_model::lock::{DefaultRetention, Probation, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::time::ComplianceTime;

use crate::bucket::{Bucket, object_lock, read};
use crate::error::StoreError;
use crate::inner::Inner;
use crate::lock_bulk::LockSelection;
use crate::lock_state;
use crate::retention::bulk::{self, BulkChange};
use crate::retention::count::{PAGE_ENTRIES, page};

/// Most index entries that a preview looks at.
const PREVIEW_ENTRIES_MAX: usize = 200_000;

/// What becomes final at the end of a trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Preview {
    /// Versions.
    pub versions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first date among them.
    pub first: Option<ComplianceTime>,
    /// The last date among them.
    pub last: Option<ComplianceTime>,
    /// There are more versions than were looked at.
    pub more: bool,
}

/// The trial that a new default begins with: a COMPLIANCE default that keeps no longer than the one
/// that is final already begins none.
pub(crate) fn begin(
    inner: &Inner,
    before: Option<(Option<DefaultRetention>, Option<Probation>)>,
    default: Option<DefaultRetention>,
    hours: Option<u32>,
) -> Option<Probation> {
    let default = default.filter(|default| default.mode == RetentionMode::Compliance)?;
    if let Some((Some(stands), probation)) = before
        && stands == default
        && hours.is_none()
    {
        return probation;
    }
    let wait = hours.map_or(inner.policy.probation.as_millis(), |hours| {
        u128::from(hours).saturating_mul(3_600_000)
    });
    let wait = i64::try_from(wait).unwrap_or(i64::MAX);
    let now = inner.clock.compliance();
    (wait > 0).then(|| Probation {
        ends: ComplianceTime(now.0.saturating_add(wait)),
    })
}

/// What the end of a bucket's trial would make final; `None` = no trial runs.
pub(crate) fn preview(inner: &Inner, name: &BucketName) -> Result<Option<Preview>, StoreError> {
    let bucket = read::open(inner, name)?.bucket;
    let trial = object_lock::of(inner, bucket.uuid)?.and_then(|lock| lock.probation);
    let Some(trial) = trial else {
        return Ok(None);
    };
    let mut preview = Preview::default();
    let mut from = None;
    let mut looked_at = 0_usize;
    loop {
        let (met, next) = page(inner, bucket.partition, "", from.as_ref(), PAGE_ENTRIES)?;
        looked_at = looked_at.saturating_add(met.len());
        for met in met.iter().filter(|met| !met.hidden) {
            let lock = lock_state::shown(inner, bucket.partition, met.version)?;
            let Some(retention) = lock
                .retention
                .filter(|_| lock.probation == Some(trial.ends))
            else {
                continue;
            };
            let until = retention.until;
            preview.versions = preview.versions.saturating_add(1);
            preview.bytes = preview.bytes.saturating_add(met.content_bytes);
            preview.first = Some(preview.first.map_or(until, |first| first.min(until)));
            preview.last = Some(preview.last.map_or(until, |last| last.max(until)));
        }
        from = next;
        if from.is_none() || looked_at >= PREVIEW_ENTRIES_MAX {
            preview.more = from.is_some();
            return Ok(Some(preview));
        }
    }
}

/// Ends the trials whose time has come; how many versions became COMPLIANCE. A bucket that fails is tried
/// again the next time, and does not keep the others GOVERNANCE.
pub(crate) async fn end_due(inner: &Inner) -> Result<u64, StoreError> {
    let mut upgraded = 0_u64;
    for open in read::all(inner)? {
        match end_one(inner, &open.bucket).await {
            Ok(count) => upgraded = upgraded.saturating_add(count),
            // The engine stopped: nothing more can be done.
            Err(error @ StoreError::Stopped(_)) => return Err(error),
            Err(error) => {
                let bucket = &open.bucket.name;
                tracing::error!(%bucket, %error, "the trial of a default cannot end");
            }
        }
    }
    Ok(upgraded)
}

async fn end_one(inner: &Inner, bucket: &Bucket) -> Result<u64, StoreError> {
    let by = Authorized::internal("probation", Action::PutObjectRetention);
    let now = inner.clock.compliance();
    let grace = i64::try_from(inner.policy.trial_grace.as_millis()).unwrap_or(i64::MAX);
    let trial = object_lock::of(inner, bucket.uuid)?.and_then(|lock| lock.probation);
    let Some(trial) = trial.filter(|trial| trial.ends.0.saturating_add(grace) <= now.0) else {
        return Ok(0);
    };
    let all = LockSelection::Prefix {
        prefix: String::new(),
        all_versions: true,
    };
    let mut upgraded = 0_u64;
    let mut from = None;
    loop {
        // A default that was withdrawn meanwhile ends it.
        let stands = object_lock::of(inner, bucket.uuid)?.and_then(|lock| lock.probation);
        if stands != Some(trial) {
            return Ok(upgraded);
        }
        let page = (&all, from.as_ref());
        let change = BulkChange::Upgrade(trial.ends);
        let (report, next) =
            bulk::change(inner, &by, &bucket.name, page, (&change, &|_| true)).await?;
        upgraded = upgraded.saturating_add(report.changed);
        for refusal in report.refusals {
            let (version, why) = (refusal.version, refusal.why);
            tracing::error!(bucket = %bucket.name, ?version, why, "stays GOVERNANCE after the trial");
        }
        from = next;
        if from.is_none() {
            object_lock::end_probation(inner, &by, &bucket.name, trial).await?;
            return Ok(upgraded);
        }
    }
}
