//! The compliance clock's own records: how it goes on where it stopped, and writes itself down.

use azekura_engine::seam::CommitClass;
use azekura_model::compliance_clock::{CatchUp, CaughtUp};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use azekura_record::particulars::Event;
use azekura_record::tick::ClockTick;
use bytes::Bytes;

use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::{Draft, Inner, Refused};

/// The clock is the vault's, not an institution's.
const NO_TENANT: TenantId = TenantId([0; 16]);

/// Credits the downtime before this start. What is credited is durable in the ledger before anything
/// is judged by it, so that no restart credits it twice. A disk that is too full for the record
/// costs the credit, not the start.
pub(crate) async fn begin(inner: &Inner) -> Result<(), StoreError> {
    let ledger = stored_ledger(inner)?;
    let mut caught = inner.clock.plan(ledger);
    if caught.moved_ms > 0 {
        let (ledger, moved) = (caught.ledger, caught.moved_ms);
        match append(inner, ledger, moved, caught.by_evidence).await {
            Ok(()) => {}
            Err(error @ StoreError::NoSpace(_)) => {
                tracing::warn!(%error, "downtime is not credited to the compliance clock");
                caught = CaughtUp {
                    now: inner.clock.compliance(),
                    ledger: stored_ledger(inner)?,
                    moved_ms: 0,
                    by_evidence: false,
                };
            }
            Err(error) => return Err(error),
        }
    }
    inner.clock.begin(&caught);
    Ok(())
}

/// Writes compliance time and the ledger down.
pub(crate) async fn tick(inner: &Inner) -> Result<(), StoreError> {
    let ledger = inner.clock.report().ledger;
    append(inner, ledger, 0, false).await?;
    inner.clock.kept(ledger);
    Ok(())
}

/// The newest ledger. A vault without one, and one whose ledger cannot be read, has nothing saved up:
/// losing the ledger must not fill it.
fn stored_ledger(inner: &Inner) -> Result<CatchUp, StoreError> {
    let nothing = CatchUp::none(inner.clock.compliance());
    let Some(entry) = inner.get(CONFIGURATION, &families::clock())? else {
        return Ok(nothing);
    };
    let opened = match inner.record(CONFIGURATION, entry.sequence) {
        Ok((_, opened)) => opened,
        Err(error) => {
            tracing::warn!(%error, "the clock's ledger cannot be read: downtime is not credited");
            return Ok(nothing);
        }
    };
    let Event::ClockTick(tick) = opened.particulars.event else {
        return Ok(nothing);
    };
    // A start that paid and was cut off before it used the credit: the credit is due.
    let (hybrid, wall) = (opened.core.hybrid, opened.core.wall);
    inner.clock.observe(hybrid, wall, tick.counted);
    // What of the ledger is not plausible counts against catching up.
    Ok(CatchUp {
        counted: tick.counted,
        saved_ms: i64::try_from(tick.saved_ms).unwrap_or(0),
        spent_ms: i64::try_from(tick.spent_ms).unwrap_or(i64::MAX),
    })
}

async fn append(
    inner: &Inner,
    ledger: CatchUp,
    caught_up_ms: i64,
    by_evidence: bool,
) -> Result<(), StoreError> {
    let milliseconds = |ms: i64| u64::try_from(ms).unwrap_or(0);
    let draft = Draft {
        tenant: NO_TENANT,
        bucket: None,
        version: None,
        hybrid: inner.clock.hybrid(),
        content_bytes: 0,
        sealed_bytes: 0,
        payload: Bytes::new(),
        lock: azekura_model::lock::Lock::default(),
        event: Event::ClockTick(ClockTick {
            counted: ledger.counted,
            saved_ms: milliseconds(ledger.saved_ms),
            spent_ms: milliseconds(ledger.spent_ms),
            caught_up_ms: milliseconds(caught_up_ms),
            by_evidence,
        }),
    };
    let by = Requester::vault("clock");
    // Essential: a full disk must not stop the clock from being kept.
    let class = CommitClass::Essential;
    let appended = inner.append(&by, CONFIGURATION, class, Vec::new(), draft);
    appended.await.map(drop).map_err(Refused::unexpected)
}
