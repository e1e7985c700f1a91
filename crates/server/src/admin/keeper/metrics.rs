//! What the keeper did, on `/metrics`.

use std::fmt;

use azekura_store::keeper::KeeperReport;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;

/// Sums since start.
pub(crate) fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    kept: &KeeperReport,
) -> Result<(), fmt::Error> {
    let rows = [
        (
            "keeper_released",
            "Versions, markers and uploads released and erased",
            kept.released,
        ),
        ("keeper_released_bytes", "Bytes erased", kept.released_bytes),
        (
            "keeper_releases_finished",
            "Releases of earlier passes finished later",
            kept.finished,
        ),
        (
            "keeper_hidden",
            "Versions hidden by lifecycle rules and disposals",
            kept.expired
                .saturating_add(kept.removed)
                .saturating_add(kept.disposed),
        ),
        (
            "keeper_locked",
            "Times that a lock kept a version from a rule, a disposal or a release",
            kept.locked,
        ),
        (
            "keeper_keys_destroyed",
            "Retired buckets whose keys were destroyed",
            kept.keys_destroyed,
        ),
        (
            "keeper_audit_batches_released",
            "Batches of audits that were past their period",
            kept.audit_batches,
        ),
        (
            "keeper_failed",
            "What the keeper could not judge or do; the log says why",
            kept.failed,
        ),
    ];
    for (name, help, value) in rows {
        let metric = ConstCounter::new(value);
        let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
        metric.encode(encoder)?;
    }
    Ok(())
}
