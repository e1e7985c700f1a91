//! Keeps the compliance clock while the server runs: has it written down, and says when the host's
//! clock cannot be right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use azekura_store::clock::{Clock, ClockReport, Skew, Ticker};
use azekura_store::store::Store;
use tokio::runtime::Handle;

/// Looks of the ticker between two looks at the trials of buckets.
const LOOKS_PER_TRIAL_LOOK: u64 = 15;

/// Does so after each look of the ticker.
pub(crate) fn keep(ticker: &Ticker, store: Arc<Store>, clock: Arc<Clock>) {
    let runtime = Handle::current();
    let writing = Arc::new(AtomicBool::new(false));
    let ending = Arc::new(AtomicBool::new(false));
    let looks = AtomicU64::new(0);
    ticker.after_each(Box::new(move || {
        if let Some(report) = clock.alarm() {
            say(&report);
        }
        let look = looks.fetch_add(1, Ordering::Relaxed);
        if look.is_multiple_of(LOOKS_PER_TRIAL_LOOK) && !ending.swap(true, Ordering::AcqRel) {
            let (store, ending) = (Arc::clone(&store), Arc::clone(&ending));
            runtime.spawn(async move {
                end_trials(&store).await;
                act_on_requests(&store).await;
                ending.store(false, Ordering::Release);
            });
        }
        if clock.is_tick_due() && !writing.swap(true, Ordering::AcqRel) {
            let (store, writing) = (Arc::clone(&store), Arc::clone(&writing));
            // The ticker goes on meanwhile: a slow disk must not cost running time.
            runtime.spawn(async move {
                write_down(&store).await;
                writing.store(false, Ordering::Release);
            });
        }
    }));
}

/// Makes final what COMPLIANCE defaults locked while they were on trial.
async fn end_trials(store: &Store) {
    match store.end_trials().await {
        Ok(0) => {}
        Ok(versions) => tracing::info!(versions, "a trial is over: versions became COMPLIANCE"),
        Err(error) => tracing::error!(%error, "a trial could not be ended; it is tried again"),
    }
}

/// Puts in force what two people agreed on, once its cooling-off is over.
async fn act_on_requests(store: &Store) {
    if let Err(error) = store.act_on_requests().await {
        tracing::error!(%error, "what requests allow could not be put in force; it is tried again");
    }
}

/// Writes compliance time down, so that the next start goes on from here.
pub(crate) async fn write_down(store: &Store) {
    if let Err(error) = store.tick().await {
        tracing::warn!(%error, "compliance time was not written down; a next start credits less");
    }
}

/// How the clock stands, at a start.
pub(crate) fn say_start(report: &ClockReport) {
    tracing::info!(
        compliance_ms = report.compliance.0,
        lead_ms = report.lead_ms(),
        caught_up_ms = report.start.caught_up_ms,
        catch_up_left_ms = report.ledger.left_ms(report.compliance),
        "the compliance clock goes on"
    );
}

fn say(report: &ClockReport) {
    let (lead_ms, compliance_ms) = (report.lead_ms(), report.compliance.0);
    match (report.skew(), report.relative_start) {
        (Skew::WallAhead, Err(why)) => tracing::error!(
            lead_ms,
            compliance_ms,
            "clock skew: locks with a period are refused: {why}"
        ),
        (Skew::WallBehind, _) => tracing::warn!(
            lead_ms,
            compliance_ms,
            "clock skew: the wall clock is behind compliance time; locks go by compliance time, which is never set back: set the host's clock right"
        ),
        _ => tracing::info!(lead_ms, compliance_ms, "the clocks agree again"),
    }
}
