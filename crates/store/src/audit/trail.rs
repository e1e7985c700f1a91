//! What waits to be put on record, and whether one more may.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use azekura_engine::seam::Part;
use azekura_model::audit::{AuditEntry, AuditMode};
use azekura_model::ident::TenantId;
use azekura_model::position::{PartitionId, Sequence};
use azekura_record::audit::BATCH_ENTRIES_MAX;
use azekura_record::core::RecordKind;
use azekura_record::particulars::Event;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::patient::PatientLayouts;
use super::release::{self, Begin};
use super::rollup::{Limits, RollUps};
use super::{AuditOptions, AuditPolicies, AuditRefused, AuditSink};
use crate::error::StoreError;
use crate::families::audit_partition;
use crate::inner::Inner;
use crate::seal::record::open_record;

/// Most entries of a tenant in memory.
const WAITING_MAX: usize = 8 * BATCH_ENTRIES_MAX;
/// Unreadable records at the end of a partition that are stepped over to find where it stands.
const UNREADABLE_MAX: u64 = 64;

/// Counts since start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditCounters {
    /// Entries that are durable.
    pub recorded: u64,
    /// Batches that hold them.
    pub batches: u64,
    /// Requests that are on record as a count only.
    pub rolled_up: u64,
    /// Requests that were not answered because they could not be put on record.
    pub refused: u64,
}

/// One entry on its way.
pub(super) struct Waiting {
    pub(super) entry: AuditEntry,
    /// Who waits for it to be durable.
    pub(super) told: Option<oneshot::Sender<Result<(), AuditRefused>>>,
}

/// Where the audit of a tenant ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    /// Entries so far.
    pub(super) entries: u64,
    /// Bytes of particulars so far.
    pub(super) bytes: u64,
}

/// The audit of one tenant.
pub(super) struct Trail {
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) end: End,
    /// Bytes of batches that are past their period, as read last.
    past: u64,
    /// Somebody waits for what is in `waiting`.
    pub(super) urgent: bool,
    /// Why the last commit failed; cleared by one that does not.
    pub(super) failing: Option<AuditRefused>,
}

pub(super) struct State {
    pub(super) trails: BTreeMap<TenantId, Trail>,
    pub(super) rollups: RollUps,
    pub(super) stopped: Option<String>,
    pub(super) closing: bool,
    pub(super) counters: AuditCounters,
}

/// What the auditor, its callers and the flusher share.
pub(super) struct Shared {
    pub(super) inner: Arc<Inner>,
    pub(super) policies: Arc<dyn AuditPolicies>,
    pub(super) patients: Arc<PatientLayouts>,
    pub(super) sink: Option<Arc<dyn AuditSink>>,
    pub(super) state: Mutex<State>,
    /// Wakes the flusher.
    pub(super) wake: Notify,
    /// Wakes who waits for room.
    pub(super) room: Notify,
}

/// What became of one entry.
pub(super) enum Admitted {
    /// The request may be answered.
    Done,
    /// It may be answered when this says so.
    Waits(oneshot::Receiver<Result<(), AuditRefused>>),
    /// There is no room now.
    Full,
}

impl Shared {
    pub(super) fn new(inner: &Arc<Inner>, options: AuditOptions) -> Self {
        Self {
            inner: Arc::clone(inner),
            policies: options.policies,
            patients: options.patients,
            sink: options.sink,
            state: Mutex::new(State {
                trails: BTreeMap::new(),
                rollups: RollUps::default(),
                stopped: None,
                closing: false,
                counters: AuditCounters::default(),
            }),
            wake: Notify::new(),
            room: Notify::new(),
        }
    }

    pub(super) fn counters(&self) -> AuditCounters {
        self.state.lock().counters
    }

    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.wake.notify_one();
        self.room.notify_waiters();
    }

    /// What is not on record though it was taken.
    pub(super) fn left(&self) -> Result<(), AuditRefused> {
        let state = self.state.lock();
        if let Some(why) = &state.stopped {
            return Err(AuditRefused::Stopped(why.clone()));
        }
        let mut failing = state.trails.values().filter_map(|t| t.failing.clone());
        failing.next().map_or(Ok(()), Err)
    }

    /// Takes one entry, rolls it up, or refuses it.
    pub(super) fn admit(
        &self,
        tenant: TenantId,
        entry: &AuditEntry,
    ) -> Result<Admitted, AuditRefused> {
        let policy = self.policies.policy(tenant);
        let mut state = self.state.lock();
        let admitted = self.admit_to(&mut state, tenant, policy, entry);
        if admitted.is_err() {
            state.counters.refused = state.counters.refused.saturating_add(1);
        }
        admitted
    }

    fn admit_to(
        &self,
        state: &mut State,
        tenant: TenantId,
        policy: azekura_model::audit::AuditPolicy,
        entry: &AuditEntry,
    ) -> Result<Admitted, AuditRefused> {
        if let Some(why) = &state.stopped {
            return Err(AuditRefused::Stopped(why.clone()));
        }
        if state.closing {
            return Err(AuditRefused::Stopped("the server is stopping".to_owned()));
        }
        let trail = match state.trails.entry(tenant) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let end = end_of(&self.inner, tenant)
                    .map_err(|error| AuditRefused::Failed(error.to_string()))?;
                new.insert(Trail::at(end))
            }
        };
        let mut entry = entry.clone();
        // Under the lock, so that entries stand in the order of their times.
        entry.time = self.inner.clock.wall();
        entry.hybrid = self.inner.clock.hybrid();
        let spent = policy
            .budget_bytes
            .filter(|most| trail.kept_bytes(&self.inner, tenant, *most) >= *most);
        let limits = Limits {
            spent: spent.is_some(),
        };
        let unsigned = !entry.is_verified() && entry.is_refused();
        let limited = unsigned || matches!(entry.status, 429 | 503);
        if limited {
            if !state.rollups.is_verbatim(tenant, &entry, limits) {
                return Ok(rolled_up(&mut state.counters));
            }
        } else if let Some(budget_bytes) = spent {
            if policy.mode == AuditMode::Strict {
                return Err(AuditRefused::BudgetSpent { budget_bytes });
            }
            state.rollups.roll_up(tenant, &entry);
            return Ok(rolled_up(&mut state.counters));
        }
        if trail.waiting.len() >= WAITING_MAX {
            if trail.failing.is_some() && policy.mode == AuditMode::Batched {
                state.rollups.roll_up(tenant, &entry);
                return Ok(rolled_up(&mut state.counters));
            }
            return Ok(Admitted::Full);
        }
        let strict = policy.mode == AuditMode::Strict;
        Ok(self.push(trail, entry, strict))
    }

    fn push(&self, trail: &mut Trail, entry: AuditEntry, strict: bool) -> Admitted {
        let (told, durable) = match strict {
            true => {
                let (told, durable) = oneshot::channel();
                (Some(told), Some(durable))
            }
            false => (None, None),
        };
        trail.waiting.push_back(Waiting { entry, told });
        trail.urgent |= strict;
        if strict || trail.waiting.len() == BATCH_ENTRIES_MAX {
            trail.urgent = true;
            self.wake.notify_one();
        }
        durable.map_or(Admitted::Done, Admitted::Waits)
    }
}

fn rolled_up(counters: &mut AuditCounters) -> Admitted {
    counters.rolled_up = counters.rolled_up.saturating_add(1);
    Admitted::Done
}

impl Trail {
    fn at(end: End) -> Self {
        Self {
            waiting: VecDeque::new(),
            end,
            past: 0,
            urgent: false,
            failing: None,
        }
    }
}

impl Trail {
    /// Bytes that entries take now, or fewer than `most`. What is past its period is looked up only
    /// where it decides.
    fn kept_bytes(&mut self, inner: &Inner, tenant: TenantId, most: u64) -> u64 {
        let kept = self.end.bytes.saturating_sub(self.past);
        if kept < most {
            return kept;
        }
        match release::begin(inner, audit_partition(tenant)) {
            Ok(begin) => self.past = begin.bytes,
            Err(error) => tracing::error!(%tenant, %error, "what an audit takes cannot be told"),
        }
        self.end.bytes.saturating_sub(self.past)
    }
}

impl State {
    /// Moves counts of hours that are over, or all, to what waits.
    pub(super) fn settle_rollups(&mut self, hour: i64, all: bool, inner: &Inner) {
        for (tenant, mut entry) in self.rollups.take(hour, all) {
            let trail = match self.trails.entry(tenant) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(Trail::at(end_of(inner, tenant).unwrap_or_default()))
                }
            };
            entry.hybrid = inner.clock.hybrid();
            trail.waiting.push_back(Waiting { entry, told: None });
        }
    }
}

/// The last durable sequence of a partition; 0 = it has none.
pub(super) fn last_sequence(inner: &Inner, partition: PartitionId) -> Sequence {
    let heads = inner.engine.status().heads;
    let head = heads.iter().find(|(of, ..)| *of == partition);
    head.map_or(Sequence(0), |(_, last, _)| *last)
}

/// Where the audit of a tenant stands, by its last batch, or by what says that all are past their period.
/// Batches after it that cannot be read count as full, so that no number is given twice.
fn end_of(inner: &Inner, tenant: TenantId) -> Result<End, StoreError> {
    let partition = audit_partition(tenant);
    let last = last_sequence(inner, partition);
    let begin = release::begin(inner, partition)?;
    let mut unreadable = 0;
    let mut at = last;
    while at.0 > 0 && unreadable < UNREADABLE_MAX {
        let found = match batch_end(inner, partition, at, begin) {
            Found::End(found) => Some(found),
            Found::Other => None,
            Found::Unreadable => {
                tracing::warn!(%partition, sequence = at.0, "a batch of the audit cannot be read");
                unreadable = unreadable.saturating_add(1);
                None
            }
        };
        if let Some(mut end) = found {
            let lost = unreadable.saturating_mul(BATCH_ENTRIES_MAX as u64);
            end.entries = end.entries.saturating_add(lost);
            return Ok(end);
        }
        at = Sequence(at.0.saturating_sub(1));
    }
    if unreadable < UNREADABLE_MAX {
        return Ok(End {
            entries: unreadable.saturating_mul(BATCH_ENTRIES_MAX as u64),
            bytes: 0,
        });
    }
    Err(StoreError::Damaged(format!(
        "the last {UNREADABLE_MAX} batches of audit partition {partition} cannot be read: run azekura vault \
         check"
    )))
}

/// What a record says of where the audit stands.
enum Found {
    End(End),
    /// It is no batch.
    Other,
    Unreadable,
}

fn batch_end(inner: &Inner, partition: PartitionId, at: Sequence, begin: Begin) -> Found {
    let page = inner.engine.journal(partition, at, 1).unwrap_or_default();
    let Some(record) = page.first().filter(|r| r.position.sequence == at) else {
        return Found::Unreadable;
    };
    if record.kind != RecordKind::AuditBatch.number() {
        return Found::Other;
    }
    if at <= begin.until {
        return Found::End(End {
            entries: begin.entries,
            bytes: begin.bytes,
        });
    }
    let Part::Present(sealed) = &record.particulars else {
        return Found::Unreadable;
    };
    let opened = open_record(&inner.keys, record.kind, &record.core, &record.particulars);
    let Ok(Event::AuditBatch(batch)) = opened.map(|opened| opened.particulars.event) else {
        return Found::Unreadable;
    };
    let bytes = sealed.len() as u64;
    Found::End(End {
        entries: batch.first.saturating_add(batch.entries.len() as u64),
        bytes: batch.bytes_before.saturating_add(bytes),
    })
}
