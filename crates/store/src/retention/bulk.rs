//! Changes of many locks: chunks of up to 1,000 versions become one record each.
//!
//! Each version is judged by itself, from its proved state, and the record is guarded by all lock
//! entries that were judged. What refuses is reported; the rest goes on. When a guard fails, that
//! version alone changes in between: the chunk is judged again.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::Authorized;
use azekura_model::calendar::CivilDate;
use azekura_model::ident::VersionId;
use azekura_model::lock::{Allowed, Lock, LockRequest, LockState, judge};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::retention_class::{assigned, started};
use azekura_model::time::ComplianceTime;
use azekura_record::locks_changed::{LOCKS_CHANGED_MAX, LocksChanged};
use azekura_record::particulars::Event;
use bytes::Bytes;

use crate::bucket::{Bucket, object_lock, read};
use crate::error::StoreError;
use crate::families;
use crate::find::{find, load};
use crate::inner::{Draft, Inner, Refused};
use crate::lock_change::word;
use crate::lock_state;
use crate::object::Which;
use crate::put::closed;
use crate::retention::count::{Cursor, Met, PAGE_ENTRIES, page};
use crate::retention::initial::{judge as judge_limits, key_limits, not_assigned};
use crate::retention::ledger::locks_more;
use crate::retention::{governed, ledger::Booked};

/// Most times that one chunk is judged again.
const ATTEMPTS: usize = 16;

/// What shall happen to each version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BulkChange {
    /// Retention until then at least.
    Extend(ComplianceTime),
    /// Legal hold on or off.
    Hold(bool),
    /// The classes that the rules of the bucket give to the version, where it has them not yet.
    ApplyClasses,
    /// The event of its class happened on this date.
    Event(CivilDate),
    /// The trial that ends then is over.
    Upgrade(ComplianceTime),
}

/// Which versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selected {
    /// All versions of keys that begin so, from a cursor on: hidden ones too, as they are still
    /// there.
    Prefix(String, Option<Cursor>),
    /// These.
    Named(Vec<(ObjectKey, Which)>),
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BulkDone {
    /// Versions changed.
    pub changed: u64,
    /// Versions that were so already, or that the change does not concern.
    pub unchanged: u64,
    /// Bytes of the versions changed.
    pub bytes: u64,
    /// Key, version, and why it was refused.
    pub refused: Vec<(String, Option<VersionId>, String)>,
    /// Where to go on.
    pub next: Option<Cursor>,
}

/// Changes one page of what is selected.
pub(crate) async fn change(
    inner: &Inner,
    by: &Authorized,
    bucket: &BucketName,
    selected: &Selected,
    change: &BulkChange,
) -> Result<BulkDone, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let needs_lock = matches!(change, BulkChange::Extend(_) | BulkChange::Hold(_));
    if needs_lock && object_lock::of(inner, bucket.uuid)?.is_none() {
        return Err(StoreError::BucketWithoutLock);
    }
    let mut done = BulkDone::default();
    let met = match selected {
        Selected::Prefix(prefix, from) => {
            let (met, next) = page(inner, bucket.partition, prefix, from.as_ref(), PAGE_ENTRIES)?;
            done.next = next;
            met.into_iter().filter(|met| !met.summary.marker).collect()
        }
        Selected::Named(named) => named_versions(inner, &bucket, named, &mut done),
    };
    for chunk in met.chunks(LOCKS_CHANGED_MAX) {
        change_chunk(inner, by, &bucket, chunk, change, &mut done).await?;
    }
    Ok(done)
}

fn named_versions(
    inner: &Inner,
    bucket: &Bucket,
    named: &[(ObjectKey, Which)],
    done: &mut BulkDone,
) -> Vec<Met> {
    let mut met: Vec<Met> = Vec::with_capacity(named.len());
    for (key, which) in named {
        match find(inner, bucket, key, *which) {
            Ok(found) if met.iter().any(|met| met.version() == found.summary.version) => {
                done.unchanged = done.unchanged.saturating_add(1);
            }
            Ok(found) => met.push(Met {
                key: key.to_string(),
                own: found.sequence,
                summary: found.summary,
            }),
            Err(error) => {
                let version = match which {
                    Which::Version(version) => Some(*version),
                    _ => None,
                };
                done.refused
                    .push((key.to_string(), version, error.to_string()));
            }
        }
    }
    met
}

/// What one chunk becomes, as judged.
struct Judged {
    locks: Vec<(VersionId, Lock)>,
    guards: Vec<Guard>,
    bytes: u64,
    /// Bytes that are locked for longer.
    locked: u64,
    unchanged: u64,
    refused: Vec<(String, Option<VersionId>, String)>,
}

async fn change_chunk(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    chunk: &[Met],
    change: &BulkChange,
    done: &mut BulkDone,
) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let judged = judge_chunk(inner, by, bucket, chunk, change)?;
        let changed = u64::try_from(judged.locks.len()).unwrap_or(u64::MAX);
        if judged.locks.is_empty() || commit(inner, by, bucket, &judged, change).await? {
            done.changed = done.changed.saturating_add(changed);
            done.unchanged = done.unchanged.saturating_add(judged.unchanged);
            done.bytes = done.bytes.saturating_add(judged.bytes);
            done.refused.extend(judged.refused);
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}

fn judge_chunk(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    chunk: &[Met],
    change: &BulkChange,
) -> Result<Judged, StoreError> {
    let mut judged = Judged {
        locks: Vec::new(),
        guards: vec![Guard::Absent(families::closed())],
        bytes: 0,
        locked: 0,
        unchanged: 0,
        refused: Vec::new(),
    };
    let now = inner.clock.compliance();
    let limits = *governed::limits(inner, bucket.uuid)?.in_force(now);
    let mut reader = lock_state::Reader::new(inner, bucket.partition);
    for met in chunk {
        let read = reader.read(met.version(), met.own);
        let new = match one(inner, bucket, met, &read.state, change) {
            Ok(new) => new,
            Err(why) => {
                judged.refuse(met, why.to_string());
                continue;
            }
        };
        let before = match &read.state {
            LockState::Known(lock) => lock.clone(),
            LockState::Unknown(_) => Lock::default(),
        };
        let Some(new) = new.filter(|new| *new != before) else {
            judged.unchanged = judged.unchanged.saturating_add(1);
            continue;
        };
        if matches!(change, BulkChange::Extend(_)) {
            let made = inner.core(bucket.partition, met.own)?.compliance;
            let asked = (before.retention, new.retention);
            if let Err(over) = judge_limits(inner, by.requester(), &limits, asked, (made, now)) {
                judged.refuse(met, over.to_string());
                continue;
            }
        }
        let bytes = met.summary.content_bytes;
        judged.bytes = judged.bytes.saturating_add(bytes);
        if locks_more(&before, &new) {
            judged.locked = judged.locked.saturating_add(bytes);
        }
        judged.locks.push((met.version(), new));
        judged.guards.push(read.guard());
    }
    Ok(judged)
}

impl Judged {
    fn refuse(&mut self, met: &Met, why: String) {
        self.refused
            .push((met.key.clone(), Some(met.version()), why));
    }
}

/// The new lock of one version; `None` = the change does not concern it.
fn one(
    inner: &Inner,
    bucket: &Bucket,
    met: &Met,
    state: &LockState,
    change: &BulkChange,
) -> Result<Option<Lock>, StoreError> {
    let now = inner.clock.compliance();
    let request = match change {
        BulkChange::Extend(until) => LockRequest::Extend(*until),
        BulkChange::Hold(on) => LockRequest::Hold(*on),
        BulkChange::Upgrade(ends) => match state {
            LockState::Known(lock) if lock.probation == Some(*ends) && !met.summary.hidden => {
                LockRequest::Upgrade
            }
            _ => return Ok(None),
        },
        BulkChange::Event(date) => return event(inner, bucket, met, state, *date),
        BulkChange::ApplyClasses => return classes(inner, bucket, met, state),
    };
    becomes(state, request, now).map(Some)
}

fn becomes(
    state: &LockState,
    request: LockRequest,
    now: ComplianceTime,
) -> Result<Lock, StoreError> {
    match judge(state, request, None, now)? {
        Allowed::Becomes(permit) => Ok(permit.into_lock()),
        Allowed::Hide(_) | Allowed::Release(_) => {
            Err(StoreError::Internal("not a change of a lock".to_owned()))
        }
    }
}

/// The event of the version's classes happened. Versions without such a class are not concerned.
fn event(
    inner: &Inner,
    bucket: &Bucket,
    met: &Met,
    state: &LockState,
    date: CivilDate,
) -> Result<Option<Lock>, StoreError> {
    if let LockState::Known(lock) = state {
        let waits = lock.classes.iter().any(|name| {
            let class = inner.policy.classes.get(name);
            class.is_none_or(|class| class.waits_for_event())
        });
        if !waits {
            return Ok(None);
        }
        let made = inner.core(bucket.partition, met.own)?.compliance;
        let started = started(&inner.policy.classes, &lock.classes, date, made);
        let (longest, retention) = started.map_err(not_assigned)?;
        let class = lock.event.as_ref().map_or(longest, |event| event.class.clone());
        let request = LockRequest::PostEvent { class, retention };
        return becomes(state, request, inner.clock.compliance()).map(Some);
    }
    // Says why: the state cannot be proved.
    becomes(state, LockRequest::Hold(true), inner.clock.compliance()).map(Some)
}

/// Gives the classes that the rules of the bucket would give now. Only adds.
fn classes(
    inner: &Inner,
    bucket: &Bucket,
    met: &Met,
    state: &LockState,
) -> Result<Option<Lock>, StoreError> {
    let now = inner.clock.compliance();
    if met.summary.hidden {
        return Ok(None);
    }
    let rules = governed::class_rules(inner, bucket.uuid)?;
    let rules = rules.in_force(now);
    let found = crate::find::Found {
        summary: met.summary.clone(),
        sequence: met.own,
    };
    let tags = if rules.0.iter().any(|rule| rule.tag.is_some()) {
        load(inner, bucket, &found)?.info.attributes.tags
    } else {
        Vec::new()
    };
    let made = inner.core(bucket.partition, met.own)?.compliance;
    let of = (met.key.as_str(), tags.as_slice());
    let given = assigned(rules, &inner.policy.classes, of, None, made).map_err(not_assigned)?;
    let LockState::Known(lock) = state else {
        return becomes(state, LockRequest::Hold(true), now).map(Some);
    };
    let mut new = lock.clone();
    for class in given.classes {
        // A class that it has already may have had its event: that is not asked for again.
        if lock.classes.contains(&class) {
            continue;
        }
        let event = given.event.clone().filter(|event| event.class == class);
        let retention = given.retention.filter(|retention| retention.active(now));
        let request = LockRequest::Assign {
            class,
            retention,
            event,
        };
        new = becomes(&LockState::Known(new), request, now)?;
    }
    if given.hold {
        new.hold = Some(true);
    }
    Ok(Some(new))
}

/// Commits a chunk; `false` = something was changed in between.
async fn commit(
    inner: &Inner,
    by: &Authorized,
    bucket: &Bucket,
    judged: &Judged,
    change: &BulkChange,
) -> Result<bool, StoreError> {
    let limits = key_limits(inner, by.requester());
    let now = inner.clock.compliance();
    let key = &by.requester().key_id;
    let booked: Booked = inner.ledger.book(&limits, key, judged.locked, now)?;
    let draft = Draft {
        tenant: bucket.tenant,
        bucket: Some(bucket.uuid),
        version: None,
        hybrid: inner.clock.hybrid(),
        // What counts against the key, also after a restart.
        content_bytes: judged.locked,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::LocksChanged(LocksChanged {
            reason: reason(change).to_owned(),
            bypassed: false,
            locks: judged.locks.clone(),
        }),
    };
    let guards = judged.guards.clone();
    let class = CommitClass::Data;
    match inner
        .append(by.requester(), bucket.partition, class, guards, draft)
        .await
    {
        Ok(_) => {
            booked.keep();
            Ok(true)
        }
        Err(Refused::Guard(0)) => Err(closed(inner, bucket)),
        Err(Refused::Guard(_)) => Ok(false),
        Err(Refused::Error(error)) => Err(error),
    }
}

fn reason(change: &BulkChange) -> &'static str {
    match change {
        BulkChange::Extend(until) => word(&LockRequest::Extend(*until)),
        BulkChange::Hold(on) => word(&LockRequest::Hold(*on)),
        BulkChange::Upgrade(_) => word(&LockRequest::Upgrade),
        BulkChange::ApplyClasses => "class",
        BulkChange::Event(_) => "event",
    }
}
