//! The compliance clock's report, as the admin API and the metrics show it.

use std::fmt;

use azekura_admin_api::types::{ClockDetail, ClockStartDetail};
use azekura_store::clock::{ClockReport, Skew};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::convert::rfc3339;

/// On the wire of the admin API.
pub(super) fn detail(report: &ClockReport) -> ClockDetail {
    let start = &report.start;
    ClockDetail {
        wall: rfc3339(report.wall.0),
        compliance: rfc3339(report.compliance.0),
        lead_ms: report.lead_ms(),
        explained_ms: report.seen.explained_ms(),
        relative_locks_start: report.relative_start.ok().map(|start| rfc3339(start.0)),
        relative_locks_refused: report.relative_start.err().map(|why| why.to_string()),
        skew: skew(report.skew()).to_owned(),
        catch_up_left_ms: report.ledger.left_ms(report.compliance),
        catch_up_spent_ms: report.ledger.spent_ms,
        missed_ms: report.seen.missed_ms,
        evidence_sources: u64::try_from(report.evidence).unwrap_or(u64::MAX),
        started: ClockStartDetail {
            wall: rfc3339(start.wall.0),
            compliance: rfc3339(start.compliance.0),
            lead_ms: start.lead_ms(),
            caught_up_ms: start.caught_up_ms,
            by_evidence: start.by_evidence,
        },
    }
}

fn skew(skew: Skew) -> &'static str {
    match skew {
        Skew::None => "none",
        Skew::WallBehind => "wall-behind",
        Skew::WallAhead => "wall-ahead",
    }
}

/// On `/metrics`: seconds, rounded towards zero.
pub(super) fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    report: &ClockReport,
) -> Result<(), fmt::Error> {
    let rows = [
        (
            "clock_compliance_seconds",
            "Compliance time since 1970-01-01T00:00Z",
            report.compliance.0 / 1000,
        ),
        (
            "clock_wall_seconds",
            "Wall clock since 1970-01-01T00:00Z",
            report.wall.0 / 1000,
        ),
        (
            "clock_lead_seconds",
            "Wall clock ahead of compliance time; less than 0 = behind it",
            report.lead_ms() / 1000,
        ),
        (
            "clock_relative_locks_refused",
            "1 while locks with a period are refused because of the wall clock",
            i64::from(report.relative_start.is_err()),
        ),
        (
            "clock_catch_up_left_seconds",
            "Downtime that may still be credited without evidence of time",
            report.ledger.left_ms(report.compliance) / 1000,
        ),
        (
            "clock_missed_seconds",
            "Running time since start that was not credited",
            report.seen.missed_ms / 1000,
        ),
    ];
    for (name, help, value) in rows {
        let gauge = ConstGauge::new(value);
        gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
    }
    Ok(())
}
