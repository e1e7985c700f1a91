//! Keeps the compliance clock while the server runs: has it written down, and says when the host's
//! clock cannot be right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use azekura_store::clock::{Clock, ClockReport, Skew, Ticker};
use azekura_store::store::Store;
use tokio::runtime::Handle;

/// Does so after each look of the ticker.
pub(crate) fn keep(ticker: &Ticker, store: Arc<Store>, clock: Arc<Clock>) {
    let runtime = Handle::current();
    let writing = Arc::new(AtomicBool::new(false));
    ticker.after_each(Box::new(move || {
        if let Some(report) = clock.alarm() {
            say(&report);
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
