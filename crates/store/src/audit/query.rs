//! Asking the audit: reads, listings and refusals of the audit partitions, merged with the changes that
//! stand in the journals of configuration and buckets.
//!
//! Rows come in the order of their hybrid times, as far as the order of each journal allows: each source
//! is read forwards once, so that nothing is left out and nothing comes twice. Memory is bounded by the
//! number of sources; time by the records in the window.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use azekura_engine::seam::{ReadError, StoredRecord};
use azekura_model::audit::AuditEntry;
use azekura_model::ident::TenantId;
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::time::WallTime;
use azekura_record::core::{Core, RecordKind};
use azekura_record::particulars::Event;

use super::changes;
use super::patient::PatientLayouts;
use super::trail::last_sequence;
use super::{VAULT_AUDIT, audit_partition};
use crate::bucket::read;
use crate::error::StoreError;
use crate::families::{CONFIGURATION, RESERVED_PARTITIONS};
use crate::inner::Inner;
use crate::seal::record::{open_core, open_record};

/// Records that are read at a time from one source.
const RECORDS_AT_A_TIME: usize = 64;
/// By how much records of one journal may stand in another order than their times.
const OUT_OF_ORDER_MS: i64 = 600_000;

/// Operation of a row that stands for entries past their period.
const RELEASED: &str = "azekura:AuditReleased";

/// Which rows are asked for; what is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whom the object key names.
    pub patient: Option<String>,
    /// Bucket.
    pub bucket: Option<String>,
    /// Start of object keys.
    pub prefix: Option<String>,
    /// Principal or access key id.
    pub principal: Option<String>,
    /// From this time on.
    pub from: Option<WallTime>,
    /// Before this time.
    pub to: Option<WallTime>,
    /// Only what was refused (`true`) or done (`false`).
    pub refused: Option<bool>,
    /// Also what nobody signed and what names no bucket of the tenant: for the operator of the vault.
    pub unsigned: bool,
}

/// What a row tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditRowKind {
    /// A request that changed nothing.
    Request,
    /// A change, from its own record.
    Change,
    /// Entries were here and are past their period. Its time is that of the last batch, `since` that of the
    /// first, its count that of batches: it answers no other question, so it stands in every answer.
    Released,
}

/// One row of an answer, and the record that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// What it tells of.
    pub kind: AuditRowKind,
    /// Who, what, when, whence.
    pub entry: AuditEntry,
    /// Partition of the record.
    pub partition: PartitionId,
    /// The record.
    pub sequence: Sequence,
}

/// A question that is being answered.
pub struct AuditQuery {
    inner: Arc<Inner>,
    filter: AuditFilter,
    patients: Arc<PatientLayouts>,
    tenant: TenantId,
    /// Names of the tenant's buckets, retired ones too.
    buckets: BTreeSet<String>,
    sources: Vec<Source>,
    unreadable: u64,
}

struct Source {
    partition: PartitionId,
    /// Name of the bucket whose partition it is.
    bucket: Option<String>,
    next: Sequence,
    last: Sequence,
    rows: VecDeque<AuditRow>,
    /// Batches that are gone, since the last row.
    gone: Option<AuditRow>,
}

impl AuditQuery {
    pub(crate) fn new(
        inner: &Arc<Inner>,
        tenant: TenantId,
        filter: AuditFilter,
        patients: Arc<PatientLayouts>,
    ) -> Result<Self, StoreError> {
        let mut query = Self {
            inner: Arc::clone(inner),
            filter,
            patients,
            tenant,
            buckets: BTreeSet::new(),
            sources: Vec::new(),
            unreadable: 0,
        };
        let own = [audit_partition(tenant), audit_partition(VAULT_AUDIT)];
        let configuration = (CONFIGURATION.0..=RESERVED_PARTITIONS).map(PartitionId);
        let heads = inner.engine.status().heads;
        let known: BTreeSet<PartitionId> = heads.iter().map(|(partition, ..)| *partition).collect();
        for partition in own
            .into_iter()
            .chain(configuration.filter(|p| known.contains(p)))
        {
            query.source(partition, None);
        }
        for bucket in read::all_for_ever(inner)? {
            if bucket.tenant() != tenant {
                continue;
            }
            let asked = query.filter.bucket.as_ref();
            if asked.is_none_or(|asked| *asked == bucket.name) {
                query.source(bucket.partition(), Some(bucket.name.clone()));
            }
            query.buckets.insert(bucket.name);
        }
        Ok(query)
    }

    fn source(&mut self, partition: PartitionId, bucket: Option<String>) {
        let last = last_sequence(&self.inner, partition);
        if last.0 == 0 || self.sources.iter().any(|s| s.partition == partition) {
            return;
        }
        let next = match self.filter.from {
            Some(from) => self.first_at(partition, last, from),
            None => Sequence(1),
        };
        self.sources.push(Source {
            partition,
            bucket,
            next,
            last,
            rows: VecDeque::new(),
            gone: None,
        });
    }

    /// The first record that may tell of this time or a later one.
    fn first_at(&self, partition: PartitionId, last: Sequence, from: WallTime) -> Sequence {
        let from = WallTime(from.0.saturating_sub(OUT_OF_ORDER_MS));
        let (mut low, mut high) = (1, last.0.saturating_add(1));
        while low < high {
            let middle = low.midpoint(high);
            let page = self.inner.engine.journal(partition, Sequence(middle), 1);
            let core = page.ok().and_then(|page| {
                let record = page.first()?;
                open_core(record.kind, &record.core).ok()
            });
            match core {
                Some(core) if core.hybrid.wall() < from => low = middle.saturating_add(1),
                Some(_) => high = middle,
                // What cannot be read tells no time: start before it.
                None => return Sequence(low),
            }
        }
        Sequence(low)
    }

    /// Records that could not be read and so are missing from the answer.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The next rows, at most `limit`; none = there are no more. Blocks on the disk.
    ///
    /// # Errors
    /// [`StoreError`] when the disk does not answer.
    pub fn next_rows(&mut self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let mut out = Vec::new();
        while out.len() < limit {
            for at in 0..self.sources.len() {
                self.fill(at)?;
            }
            let first = self
                .sources
                .iter_mut()
                .filter(|source| !source.rows.is_empty())
                .min_by_key(|source| source.rows.front().map(|row| row.entry.hybrid));
            match first.and_then(|source| source.rows.pop_front()) {
                Some(row) => out.push(row),
                None => break,
            }
        }
        Ok(out)
    }

    /// Reads on until a source has a row or ends.
    fn fill(&mut self, at: usize) -> Result<(), StoreError> {
        loop {
            let Some(source) = self.sources.get(at) else {
                return Ok(());
            };
            if !source.rows.is_empty() {
                return Ok(());
            }
            if source.next > source.last {
                self.end_gap(at);
                return Ok(());
            }
            let (partition, next) = (source.partition, source.next);
            let page = match self
                .inner
                .engine
                .journal(partition, next, RECORDS_AT_A_TIME)
            {
                Ok(page) => page,
                Err(ReadError::Damaged(_)) => {
                    self.unreadable = self.unreadable.saturating_add(1);
                    self.advance(at, next, VecDeque::new());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let mut rows = VecDeque::new();
            let mut seen = page.last().map_or(self.head(at), |r| r.position.sequence);
            for record in page {
                let sequence = record.position.sequence;
                if !self.take(at, &record, &mut rows) {
                    // Beyond the window: the source has ended.
                    seen = self.head(at);
                    break;
                }
                if sequence >= self.head(at) {
                    break;
                }
            }
            self.advance(at, seen, rows);
        }
    }

    fn head(&self, at: usize) -> Sequence {
        self.sources.get(at).map_or(Sequence(0), |s| s.last)
    }

    fn advance(&mut self, at: usize, seen: Sequence, rows: VecDeque<AuditRow>) {
        if let Some(source) = self.sources.get_mut(at) {
            source.next = seen.next();
            source.rows.extend(rows);
        }
    }

    /// Adds the rows of a record; `false` when it is beyond the window.
    fn take(&mut self, at: usize, record: &StoredRecord, rows: &mut VecDeque<AuditRow>) -> bool {
        let Ok(core) = open_core(record.kind, &record.core) else {
            self.unreadable = self.unreadable.saturating_add(1);
            return true;
        };
        let late = |to: WallTime| core.hybrid.wall().0 > to.0.saturating_add(OUT_OF_ORDER_MS);
        if self.filter.to.is_some_and(late) {
            return false;
        }
        let vaults = core.tenant == VAULT_AUDIT;
        if core.tenant != self.tenant && !vaults {
            return true;
        }
        let opened = open_record(
            &self.inner.keys,
            record.kind,
            &record.core,
            &record.particulars,
        );
        let opened = match opened {
            Ok(opened) => opened,
            // Erased through the one door: the release record tells of it.
            Err(crate::seal::record::Unopened::Erased) => {
                if core.kind == RecordKind::AuditBatch {
                    self.gone(at, record, &core);
                }
                return true;
            }
            Err(_) => {
                self.unreadable = self.unreadable.saturating_add(1);
                return true;
            }
        };
        if core.kind == RecordKind::AuditBatch {
            rows.extend(self.sources.get_mut(at).and_then(|s| s.gone.take()));
        }
        let bucket = self.sources.get(at).and_then(|s| s.bucket.clone());
        let (kind, entries) = match opened.particulars.event {
            Event::AuditBatch(batch) => (AuditRowKind::Request, batch.entries),
            _ => (
                AuditRowKind::Change,
                changes::entry(&opened, bucket.as_deref())
                    .into_iter()
                    .collect(),
            ),
        };
        for mut entry in entries {
            if entry.patient.is_none() {
                entry.patient = self.patients.of(&entry);
            }
            if self.is_asked(&entry, vaults) {
                rows.push_back(AuditRow {
                    kind,
                    entry,
                    partition: record.position.partition,
                    sequence: record.position.sequence,
                });
            }
        }
        true
    }

    /// Takes note of a batch that is gone.
    fn gone(&mut self, at: usize, record: &StoredRecord, core: &Core) {
        // An entry is not younger than its batch, and not much older.
        let filter = &self.filter;
        let hidden = core.tenant == VAULT_AUDIT && !filter.unsigned;
        let from = filter.from.is_some_and(|from| core.wall < from);
        if hidden || from || filter.to.is_some_and(|to| core.wall >= to) {
            return;
        }
        let Some(source) = self.sources.get_mut(at) else {
            return;
        };
        let row = source.gone.get_or_insert_with(|| AuditRow {
            kind: AuditRowKind::Released,
            entry: AuditEntry {
                hybrid: core.hybrid,
                since: Some(core.wall),
                operation: RELEASED.to_owned(),
                ..AuditEntry::default()
            },
            partition: record.position.partition,
            sequence: record.position.sequence,
        });
        row.entry.time = core.wall;
        row.entry.count = row.entry.count.saturating_add(1);
    }

    /// At the end of a source, what is gone before it is a row.
    fn end_gap(&mut self, at: usize) {
        if let Some(source) = self.sources.get_mut(at) {
            source.rows.extend(source.gone.take());
        }
    }

    fn is_asked(&self, entry: &AuditEntry, vaults: bool) -> bool {
        let filter = &self.filter;
        let same = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found == Some(asked))
        };
        let key = entry.key.as_deref();
        let prefixed = |prefix: &String| key.is_some_and(|key| key.starts_with(prefix.as_str()));
        let by = |who: &String| *who == entry.principal || *who == entry.key_id;
        let ours = || {
            entry
                .bucket
                .as_ref()
                .is_some_and(|b| self.buckets.contains(b))
        };
        // A roll-up reaches from its first to its last.
        let first = entry.since.unwrap_or(entry.time);
        (!vaults || filter.unsigned || ours())
            && same(&filter.patient, entry.patient.as_deref())
            && same(&filter.bucket, entry.bucket.as_deref())
            && filter.prefix.as_ref().is_none_or(prefixed)
            && filter.principal.as_ref().is_none_or(by)
            && filter.from.is_none_or(|from| entry.time >= from)
            && filter.to.is_none_or(|to| first < to)
            && filter
                .refused
                .is_none_or(|refused| refused == entry.is_refused())
    }
}
