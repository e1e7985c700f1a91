//! Counting the locks of a bucket, page by page.

use std::collections::BTreeMap;

use azekura_model::calendar::CivilDate;
use azekura_model::explain::{Deletable, deletable};
use azekura_model::lock::{LockState, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::position::PartitionId;
use azekura_model::time::ComplianceTime;
use azekura_record::summary::Summary;
use bytes::Bytes;

use crate::bucket::read;
use crate::entry;
use crate::error::StoreError;
use crate::families::{HISTORY, escape};
use crate::inner::Inner;
use crate::lock_state;
use crate::pages::Walk;
use crate::slot::after;

/// Entries of one page.
pub(crate) const PAGE_ENTRIES: usize = 5_000;

/// Where a walk goes on: opaque to callers, text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(Bytes);

impl Cursor {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// As text.
    #[must_use]
    pub fn to_text(&self) -> String {
        hex::encode(&self.0)
    }

    /// Reads what [`Cursor::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).ok().map(|bytes| Self(Bytes::from(bytes)))
    }
}

/// Versions and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    /// Versions.
    pub versions: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Amount {
    pub(crate) fn add(&mut self, bytes: u64) {
        self.versions = self.versions.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Counts over one page of versions. Delete markers are not counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LockCounts {
    /// All.
    pub all: Amount,
    /// What S3 no longer shows because it was deleted.
    pub hidden: Amount,
    /// By what keeps them; a version may count under several.
    pub by_lock: BTreeMap<&'static str, Amount>,
    /// By the month of Japan, `YYYY-MM`, in which retention ends.
    pub by_month: BTreeMap<String, Amount>,
    /// By retention class.
    pub by_class: BTreeMap<String, Amount>,
    /// By the day of Japan on which they were stored.
    pub by_day: BTreeMap<String, Amount>,
    /// Where to go on.
    pub next: Option<Cursor>,
}

/// One page of the versions under a prefix, hidden ones and markers too.
pub(crate) fn page(
    inner: &Inner,
    partition: PartitionId,
    prefix: &str,
    from: Option<&Cursor>,
    most: usize,
) -> Result<(Vec<Summary>, Option<Cursor>), StoreError> {
    let first = escape(prefix.as_bytes());
    let from = from.map(|cursor| cursor.0.clone());
    let mut walk = Walk::new(inner, partition, HISTORY, &first, from, most);
    let mut met = Vec::new();
    while let Some((key, read)) = walk.next()? {
        met.push(entry::summary(&read.value)?);
        if met.len() >= most {
            return Ok((met, Some(Cursor(after(&key)))));
        }
    }
    Ok((met, None))
}

/// Counts one page. The index is asked, not every record: a report is no verdict.
pub(crate) fn count(
    inner: &Inner,
    bucket: &BucketName,
    from: Option<&Cursor>,
) -> Result<LockCounts, StoreError> {
    let partition = read::open(inner, bucket)?.bucket.partition;
    let (met, next) = page(inner, partition, "", from, PAGE_ENTRIES)?;
    let mut counts = LockCounts {
        next,
        ..LockCounts::default()
    };
    let now = inner.clock.compliance();
    for version in met.iter().filter(|met| !met.marker) {
        let state = match lock_state::shown(inner, partition, version.version) {
            Ok(lock) => LockState::Known(lock),
            Err(error) => LockState::Unknown(error.to_string()),
        };
        counts.add(version, &state, now);
    }
    Ok(counts)
}

impl LockCounts {
    fn add(&mut self, summary: &Summary, state: &LockState, now: ComplianceTime) {
        let bytes = summary.content_bytes;
        self.all.add(bytes);
        if summary.hidden {
            self.hidden.add(bytes);
        }
        let mut kept_by = |name| self.by_lock.entry(name).or_default().add(bytes);
        if let Ok(day) = CivilDate::in_japan(ComplianceTime(summary.modified.0)) {
            self.by_day.entry(day.to_string()).or_default().add(bytes);
        }
        let lock = match state {
            LockState::Known(lock) => lock,
            LockState::Unknown(_) => return kept_by("unknown"),
        };
        if let Some(retention) = lock.retained(now) {
            kept_by(match retention.mode {
                RetentionMode::Compliance => "compliance",
                RetentionMode::Governance => "governance",
            });
            let month =
                CivilDate::in_japan(retention.until).map_or_else(|_| "later".to_owned(), month_of);
            self.by_month.entry(month).or_default().add(bytes);
        }
        if lock.hold == Some(true) {
            kept_by("hold");
        }
        if lock.event.is_some() {
            kept_by("event");
        }
        if deletable(state, now) == Deletable::Yes {
            kept_by("none");
        }
        for class in &lock.classes {
            self.by_class
                .entry(class.to_string())
                .or_default()
                .add(bytes);
        }
    }
}

fn month_of(date: CivilDate) -> String {
    let mut text = date.to_string();
    text.truncate(7);
    text
}
