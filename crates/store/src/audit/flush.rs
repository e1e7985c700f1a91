//! The task that commits what waits.

use std::sync::Arc;

use azekura_engine::seam::CommitClass;
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use azekura_record::audit::{AuditBatch, BATCH_ENTRIES_MAX};
use azekura_record::particulars::Event;
use tokio::sync::watch;

use super::rollup::hour_of;
use super::trail::{End, Shared, Waiting};
use super::{AuditRefused, audit_partition};
use crate::error::StoreError;
use crate::inner::{Draft, Refused};

/// The running task.
pub(super) struct Flusher {
    ended: watch::Receiver<bool>,
    task: tokio::task::AbortHandle,
}

/// Without anybody who could put something on record it has nothing to do. What was taken and not closed is
/// lost, as in a crash.
impl Drop for Flusher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Flusher {
    pub(super) fn spawn(shared: Arc<Shared>) -> Self {
        let (tell, ended) = watch::channel(false);
        let task = tokio::spawn(async move {
            run(&shared).await;
            tell.send_replace(true);
        });
        let task = task.abort_handle();
        Self { ended, task }
    }

    /// Waits until everything is committed after a close.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.clone();
        // An error means that the task is gone.
        drop(ended.wait_for(|ended| *ended).await);
    }
}

async fn run(shared: &Shared) {
    let mut ticks = super::clock::ticks();
    loop {
        let all = tokio::select! {
            _ = ticks.tick() => true,
            () = shared.wake.notified() => false,
        };
        let closing = shared.state.lock().closing;
        let due = due(shared, all || closing, closing);
        let commits = due.into_iter().map(|tenant| flush(shared, tenant));
        futures::future::join_all(commits).await;
        if closing || shared.state.lock().stopped.is_some() {
            return give_up(shared);
        }
    }
}

/// Tenants whose entries are to be committed now.
fn due(shared: &Shared, all: bool, closing: bool) -> Vec<TenantId> {
    let mut state = shared.state.lock();
    if all {
        let hour = hour_of(shared.inner.clock.wall());
        state.settle_rollups(hour, closing, &shared.inner);
    }
    let due = state
        .trails
        .iter()
        .filter(|(_, trail)| !trail.waiting.is_empty() && (all || trail.urgent));
    due.map(|(tenant, _)| *tenant).collect()
}

/// Commits what waits, batch by batch.
async fn flush(shared: &Shared, tenant: TenantId) {
    loop {
        let (batch, end) = {
            let mut state = shared.state.lock();
            let Some(trail) = state.trails.get_mut(&tenant) else {
                return;
            };
            let count = trail.waiting.len().min(BATCH_ENTRIES_MAX);
            if count == 0 {
                trail.urgent = false;
                return;
            }
            (trail.waiting.drain(..count).collect::<Vec<_>>(), trail.end)
        };
        let entries = batch.iter().map(|waiting| waiting.entry.clone()).collect();
        match commit(shared, tenant, end, entries).await {
            Ok(bytes) => recorded(shared, tenant, batch, bytes),
            Err(error) => {
                failed(shared, tenant, batch, error);
                return;
            }
        }
    }
}

/// Commits one batch; returns its bytes of particulars.
async fn commit(
    shared: &Shared,
    tenant: TenantId,
    end: End,
    entries: Vec<azekura_model::audit::AuditEntry>,
) -> Result<u64, StoreError> {
    let inner = &shared.inner;
    let event = Event::AuditBatch(AuditBatch {
        first: end.entries,
        bytes_before: end.bytes,
        entries,
    });
    let draft = Draft::of_tenant(inner, tenant, event);
    let by = Requester::vault("audit");
    let class = CommitClass::Audit;
    let appended = inner.append(&by, audit_partition(tenant), class, Vec::new(), draft);
    let appended = appended.await.map_err(Refused::unexpected)?;
    Ok(appended.particulars_bytes)
}

fn recorded(shared: &Shared, tenant: TenantId, batch: Vec<Waiting>, bytes: u64) {
    let count = batch.len() as u64;
    {
        let mut state = shared.state.lock();
        state.counters.recorded = state.counters.recorded.saturating_add(count);
        state.counters.batches = state.counters.batches.saturating_add(1);
        if let Some(trail) = state.trails.get_mut(&tenant) {
            trail.end.entries = trail.end.entries.saturating_add(count);
            trail.end.bytes = trail.end.bytes.saturating_add(bytes);
            if trail.failing.take().is_some() {
                tracing::info!(%tenant, "the audit can put requests on record again");
            }
        }
    }
    for Waiting { entry, told } in batch {
        if let Some(told) = told {
            // Whoever went away is on record all the same.
            drop(told.send(Ok(())));
        }
        if let Some(sink) = &shared.sink {
            sink.recorded(tenant, &entry);
        }
    }
    shared.room.notify_waiters();
}

/// Whoever waits is refused; the rest stays for the next try.
fn failed(shared: &Shared, tenant: TenantId, batch: Vec<Waiting>, error: StoreError) {
    let refused = match error {
        StoreError::NoSpace(why) => AuditRefused::NoSpace(why),
        StoreError::Stopped(why) => AuditRefused::Stopped(why),
        other => AuditRefused::Failed(other.to_string()),
    };
    {
        let mut state = shared.state.lock();
        if let AuditRefused::Stopped(why) = &refused {
            state.stopped = Some(why.clone());
        }
        let mut told = 0_u64;
        if let Some(trail) = state.trails.get_mut(&tenant) {
            let waiting = batch.into_iter().chain(trail.waiting.drain(..));
            let mut kept = std::collections::VecDeque::new();
            for Waiting { entry, told: who } in waiting {
                match who {
                    Some(who) => {
                        told = told.saturating_add(1);
                        drop(who.send(Err(refused.clone())));
                    }
                    None => kept.push_back(Waiting { entry, told: None }),
                }
            }
            trail.waiting = kept;
            trail.urgent = false;
            if trail.failing.is_none() {
                tracing::error!(%tenant, why = %refused, "the audit cannot put requests on record");
            }
            trail.failing = Some(refused);
        }
        state.counters.refused = state.counters.refused.saturating_add(told);
    }
    shared.room.notify_waiters();
}

/// After the last flush nobody is left waiting.
fn give_up(shared: &Shared) {
    let mut state = shared.state.lock();
    let why = state.stopped.clone();
    let stopped = AuditRefused::Stopped(why.unwrap_or_else(|| "it was closed".to_owned()));
    for trail in state.trails.values_mut() {
        if !trail.waiting.is_empty() {
            trail.failing = Some(stopped.clone());
        }
        for Waiting { told, .. } in trail.waiting.drain(..) {
            if let Some(told) = told {
                drop(told.send(Err(stopped.clone())));
            }
        }
    }
    drop(state);
    shared.room.notify_waiters();
}
