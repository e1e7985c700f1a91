//! Changes of many locks that need more than one request for all: classes, events, trials, and
//! extensions within limits. One call changes one page; the chunks and their commits are those of
//! [`crate::lock_bulk`].

use azekura_model::access::Authorized;
use azekura_model::calendar::CivilDate;
use azekura_model::lock::{EventHold, LockRequest, LockState};
use azekura_model::name::BucketName;
use azekura_model::retention_class::{
    ClassName, ClassPeriod, ClassRules, NotAssigned, assigned, started,
};
use azekura_model::time::ComplianceTime;

use crate::bucket::{Bucket, object_lock, read};
use crate::error::StoreError;
use crate::find::{Found, load};
use crate::inner::Inner;
use crate::lock_bulk::{LockReport, LockSelection, LockTarget, Selecting, change_many, lift};
use crate::retention::count::Cursor;
use crate::retention::governed;
use crate::retention::initial::not_assigned;

/// Chunks of 1,000 versions that one call changes.
const CHUNKS_PER_PAGE: usize = 10;

/// Of a list, which has no pages.
const TOO_LONG: &str =
    "the list is too long for one call: what stands first in it is done, divide it";

/// What shall happen to each version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BulkChange {
    /// Retention until then at least.
    Extend(ComplianceTime),
    /// Legal hold on or off.
    Hold(bool),
    /// The classes that the rules of the bucket give to the version, where it has them not yet.
    ApplyClasses,
    /// The event of its classes happened on this date. Versions without such a class are not
    /// concerned.
    Event(CivilDate),
    /// The trial that ends then is over. Versions under no such trial are not concerned.
    Upgrade(ComplianceTime),
}

/// Which keys somebody may change by the policies that name objects.
pub type MayChange<'a> = &'a (dyn Fn(&str) -> bool + Send + Sync);

/// Changes one page of what is selected, where `may` lets it; where to go on, if there is more.
///
/// # Errors
/// [`StoreError::BucketWithoutLock`] for what S3 locks; a version that a rule refuses is no error but
/// stands in the report.
pub(crate) async fn change(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    (selection, after): (&LockSelection, Option<&Cursor>),
    (change, may): (&BulkChange, MayChange<'_>),
) -> Result<(LockReport, Option<Cursor>), StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let needs_lock = matches!(change, BulkChange::Extend(_) | BulkChange::Hold(_));
    if needs_lock && object_lock::of(inner, bucket.uuid)?.is_none() {
        return Err(StoreError::BucketWithoutLock);
    }
    let lifting = match change {
        BulkChange::Hold(false) => Some(lift::grant(inner, by, &bucket, selection).await?),
        _ => None,
    };
    let passes = passes(inner, &bucket, change)?;
    let mut report = LockReport::default();
    let mut selecting = Selecting::new(selection);
    if let Some(after) = after {
        selecting.resume(inner, &bucket, after.bytes())?;
    }
    for _ in 0..CHUNKS_PER_PAGE {
        let targets = selecting.next(inner, &bucket, &mut report)?;
        if targets.is_empty() {
            break;
        }
        for pass in &passes {
            let decide = |target: &LockTarget, state: &LockState| {
                if !may(&target.key) {
                    return Err("a policy forbids it for this key".to_owned());
                }
                pass.decide(inner, &bucket, target, state)
                    .map_err(|error| error.to_string())
            };
            let by = (by, lifting.as_ref());
            change_many(inner, by, &bucket, targets.clone(), decide, &mut report).await?;
        }
    }
    if !selecting.is_done() {
        let next = selecting.position().map(Cursor::new);
        let next = next.ok_or_else(|| StoreError::InvalidArgument(TOO_LONG.to_owned()))?;
        return Ok((report, Some(next)));
    }
    if let Some(grant) = lifting {
        grant.use_up(inner, by.requester()).await?;
    }
    Ok((report, None))
}

/// One request for each version, or none.
enum Pass {
    All(LockRequest),
    Upgrade(ComplianceTime),
    Event(CivilDate),
    /// A class that the rules give.
    Class(ClassRules, ClassName),
    /// The hold of an indefinite class.
    ClassHold(ClassName),
}

fn passes(inner: &Inner, bucket: &Bucket, change: &BulkChange) -> Result<Vec<Pass>, StoreError> {
    Ok(match change {
        BulkChange::Extend(until) => vec![Pass::All(LockRequest::Extend(*until))],
        BulkChange::Hold(on) => vec![Pass::All(LockRequest::Hold(*on))],
        BulkChange::Upgrade(ends) => vec![Pass::Upgrade(*ends)],
        BulkChange::Event(date) => vec![Pass::Event(*date)],
        BulkChange::ApplyClasses => {
            let rules = governed::class_rules(inner, bucket.uuid)?;
            let rules = rules.in_force(inner.clock.compliance()).clone();
            let mut names: Vec<ClassName> = rules.0.iter().map(|rule| rule.class.clone()).collect();
            names.sort();
            names.dedup();
            let mut passes = Vec::new();
            for name in names {
                let class = inner
                    .policy
                    .classes
                    .get(&name)
                    .ok_or_else(|| not_assigned(NotAssigned::UnknownClass(name.clone())))?;
                let indefinite = class.period == ClassPeriod::Indefinite;
                passes.push(Pass::Class(rules.only(&name), name.clone()));
                if indefinite {
                    passes.push(Pass::ClassHold(name));
                }
            }
            passes
        }
    })
}

impl Pass {
    fn decide(
        &self,
        inner: &Inner,
        bucket: &Bucket,
        target: &LockTarget,
        state: &LockState,
    ) -> Result<Option<LockRequest>, StoreError> {
        let LockState::Known(lock) = state else {
            // Refused by the judge, which says why.
            return Ok(Some(LockRequest::Hold(true)));
        };
        match self {
            Self::All(request) => Ok(Some(request.clone())),
            Self::Upgrade(ends) => {
                Ok((lock.probation == Some(*ends)).then_some(LockRequest::Upgrade))
            }
            Self::Event(date) => {
                let waits = |name: &ClassName| {
                    let class = inner.policy.classes.get(name);
                    class.is_none_or(|class| class.waits_for_event())
                };
                if !lock.classes.iter().any(waits) {
                    return Ok(None);
                }
                let made = inner.core(bucket.partition, target.own)?.compliance;
                let started = started(&inner.policy.classes, &lock.classes, *date, made);
                let (longest, retention) = started.map_err(not_assigned)?;
                let waiting = lock.event.as_ref().map(|event| event.class.clone());
                Ok(Some(LockRequest::PostEvent {
                    class: waiting.unwrap_or(longest),
                    retention,
                }))
            }
            Self::Class(rules, name) if !lock.classes.contains(name) => {
                class_request(inner, bucket, target, rules, lock.event.as_ref())
            }
            Self::ClassHold(name) if lock.classes.contains(name) && lock.hold.is_none() => {
                Ok(Some(LockRequest::Hold(true)))
            }
            Self::Class(..) | Self::ClassHold(_) => Ok(None),
        }
    }
}

/// What rules of one class ask for a version that was stored before them.
fn class_request(
    inner: &Inner,
    bucket: &Bucket,
    target: &LockTarget,
    rules: &ClassRules,
    waits: Option<&EventHold>,
) -> Result<Option<LockRequest>, StoreError> {
    let tags = if rules.0.iter().any(|rule| rule.tag.is_some()) {
        let found = Found {
            summary: target.summary()?,
            sequence: target.own,
        };
        load(inner, bucket, &found)?.info.attributes.tags
    } else {
        Vec::new()
    };
    let made = inner.core(bucket.partition, target.own)?.compliance;
    let of = (target.key.as_str(), tags.as_slice());
    let given = assigned(rules, &inner.policy.classes, of, None, made).map_err(not_assigned)?;
    let now = inner.clock.compliance();
    let event = given.event.map(|event| match waits {
        // It waits for an event already: one event starts them all, the longest period counts.
        Some(waits) => EventHold {
            class: waits.class.clone(),
            floor: event.floor,
        },
        None => event,
    });
    Ok(given
        .classes
        .into_iter()
        .next()
        .map(|class| LockRequest::Assign {
            class,
            // What ended before the class was given is over.
            retention: given.retention.filter(|retention| retention.active(now)),
            event,
        }))
}
