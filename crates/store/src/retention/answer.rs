//! What an answer to "who can delete this, and when" is made of.

use azekura_model::calendar::DAY_MS;
use azekura_model::explain::VersionStanding;
use azekura_model::governed::DualControl;
use azekura_model::ident::VersionId;
use azekura_model::lock::LockState;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::retention_class::RetentionClass;
use azekura_model::time::ComplianceTime;
use azekura_record::summary::Summary;

use crate::bucket::{Bucket, read};
use crate::error::StoreError;
use crate::governed;
use crate::inner::Inner;
use crate::lock_state;
use crate::object::Which;
use crate::slot::for_each_version;
use crate::visibility::Rule;

/// One version: its lock, its classes, and what S3 shows of it.
#[derive(Clone, Debug)]
pub struct LockAnswer {
    /// The version.
    pub version: VersionId,
    /// Length in bytes.
    pub bytes: u64,
    /// Its lock, proved.
    pub state: LockState,
    /// Its classes, as far as they are known.
    pub classes: Vec<RetentionClass>,
    /// What S3 shows.
    pub standing: VersionStanding,
    /// Days for which the bucket keeps what S3 no longer shows.
    pub history_days: u32,
    /// Whether the tenant needs two people for what weakens.
    pub dual_control: DualControl,
    /// Compliance time.
    pub now: ComplianceTime,
}

/// One entry of a key's history, and what was seen before it.
pub(crate) struct Entry {
    pub(crate) summary: Summary,
    /// Its own record.
    pub(crate) own: Sequence,
    /// S3 shows it.
    pub(crate) shown: bool,
    /// Nothing newer is shown.
    pub(crate) latest: bool,
    /// The newest that is shown is a delete marker, and this is older.
    pub(crate) under_marker: bool,
    /// The record of the `null` version that replaced it.
    pub(crate) replaced_by: Option<Sequence>,
}

/// The versions of a key, newest first, while `visit` says so.
pub(crate) fn entries(
    inner: &Inner,
    partition: PartitionId,
    key: &ObjectKey,
    mut visit: impl FnMut(Entry) -> bool,
) -> Result<(), StoreError> {
    let mut rule = Rule::default();
    let mut newest_shown: Option<bool> = None;
    let mut last_null = None;
    for_each_version(inner, partition, key.as_str(), None, |summary, _, own| {
        let shown = rule.shows(summary);
        let entry = Entry {
            summary: summary.clone(),
            own,
            shown,
            latest: shown && newest_shown.is_none(),
            under_marker: newest_shown == Some(true),
            replaced_by: last_null.filter(|_| summary.null),
        };
        if shown && newest_shown.is_none() {
            newest_shown = Some(summary.marker);
        }
        if summary.null {
            last_null = Some(own);
        }
        visit(entry)
    })
}

/// Looks at the newest version of a key (hidden and markers too), or at the one that is named.
pub(crate) fn answer(
    inner: &Inner,
    bucket: &BucketName,
    key: &ObjectKey,
    which: Which,
) -> Result<LockAnswer, StoreError> {
    let bucket = read::open(inner, bucket)?.bucket;
    let mut found = None;
    entries(inner, bucket.partition, key, |entry| {
        let is = match which {
            Which::Current => true,
            Which::Null => entry.summary.null,
            Which::Version(version) => entry.summary.version == version,
        };
        if is {
            found = Some(entry);
        }
        !is
    })?;
    let entry = found.ok_or(match which {
        Which::Current => StoreError::NoSuchKey {
            marker: None,
            null: false,
        },
        _ => StoreError::NoSuchVersion,
    })?;
    let version = entry.summary.version;
    let state = lock_state::read(inner, bucket.partition, version, entry.own).state;
    let classes = match &state {
        LockState::Known(lock) => lock
            .classes
            .iter()
            .filter_map(|name| inner.policy.classes.get(name).cloned())
            .collect(),
        LockState::Unknown(_) => Vec::new(),
    };
    Ok(LockAnswer {
        version,
        bytes: entry.summary.content_bytes,
        state,
        classes,
        standing: standing(inner, &bucket, key, &entry)?,
        history_days: bucket.history_days,
        dual_control: governed::dual_control(inner, bucket.tenant)?,
        now: inner.clock.compliance(),
    })
}

fn standing(
    inner: &Inner,
    bucket: &Bucket,
    key: &ObjectKey,
    entry: &Entry,
) -> Result<VersionStanding, StoreError> {
    let summary = &entry.summary;
    if !entry.shown {
        // A hidden version's entry was written by the record that hid it.
        let at = match entry.replaced_by {
            Some(at) if !summary.hidden => at,
            _ => {
                let history = crate::families::history(key.as_str(), summary.version);
                let read = inner.get(bucket.partition, &history)?;
                read.map_or(entry.own, |read| read.sequence)
            }
        };
        let since = inner.core(bucket.partition, at)?.compliance;
        let kept = i64::from(bucket.history_days).saturating_mul(DAY_MS);
        let until = ComplianceTime(since.0.saturating_add(kept));
        return Ok(VersionStanding::Hidden { since, until });
    }
    Ok(match (summary.marker, entry.latest, entry.under_marker) {
        (true, _, _) => VersionStanding::Marker,
        (_, true, _) => VersionStanding::Current,
        (_, _, true) => VersionStanding::UnderMarker,
        _ => VersionStanding::Noncurrent,
    })
}
