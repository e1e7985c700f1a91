//! `/metrics` in the OpenMetrics text format.

mod tls;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use azekura_engine::seam::Status;
use azekura_store::memory::PoolUse;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::{AdminState, clock_detail, keeper};
use crate::auditing::Auditing;
use crate::running::Running;

/// Labels of an answered request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    listener: &'static str,
    method: &'static str,
    status: u16,
}

/// Labels of a duration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    listener: &'static str,
    method: &'static str,
}

/// Counts of requests, and the registry with all that is measured.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Timed, Histogram>,
    connections: Family<OnListener, Gauge>,
    connections_refused: Family<Refused, Counter>,
    tls: tls::TlsMetrics,
}

/// Labels of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnListener {
    listener: &'static str,
}

/// Labels of a refused connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    listener: &'static str,
    reason: &'static str,
}

/// One open connection; counted until dropped.
#[derive(Debug)]
pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Metrics of one server.
    pub(crate) fn new(running: Arc<Running>) -> Self {
        let mut metrics = Self::of_listeners();
        running.requests.register(&mut metrics.registry);
        running.limited_accounts.register(&mut metrics.registry);
        let engine = Box::new(EngineCollector(running));
        metrics.registry.register_collector(engine);
        metrics
    }

    /// What listeners measure, without the vault.
    pub(crate) fn of_listeners() -> Self {
        let mut registry = Registry::with_prefix("azekura");
        let requests = Family::default();
        let seconds = Family::<Timed, Histogram>::new_with_constructor(|| {
            // 0.5 ms to 16 s.
            Histogram::new(exponential_buckets(0.0005, 2.0, 16))
        });
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_answer_start",
            "Time from a request's headers to the start of its answer",
            Unit::Seconds,
            seconds.clone(),
        );
        let connections = Family::<OnListener, Gauge>::default();
        let refused = Family::<Refused, Counter>::default();
        registry.register("connections", "Open connections", connections.clone());
        registry.register(
            "connections_refused",
            "Connections refused because their address had too many, or is not served",
            refused.clone(),
        );
        let tls = tls::TlsMetrics::register(&mut registry);
        Self {
            registry,
            requests,
            seconds,
            connections,
            connections_refused: refused,
            tls,
        }
    }

    /// Counts a connection for as long as the answer lives.
    pub(crate) fn connected(&self, listener: &'static str) -> Connected {
        let open = self
            .connections
            .get_or_create_owned(&OnListener { listener });
        open.inc();
        Connected(open)
    }

    /// Counts a connection that was refused.
    pub(crate) fn connection_refused(&self, listener: &'static str, reason: &'static str) {
        self.connections_refused
            .get_or_create(&Refused { listener, reason })
            .inc();
    }

    /// Counts one answer.
    pub(crate) fn answered(
        &self,
        listener: &'static str,
        method: &http::Method,
        status: StatusCode,
        seconds: f64,
    ) {
        let method = method_label(method);
        self.requests
            .get_or_create(&Answered {
                listener,
                method,
                status: status.as_u16(),
            })
            .inc();
        self.seconds
            .get_or_create(&Timed { listener, method })
            .observe(seconds);
    }
}

/// Methods that clients invent must not make new series.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Reads the engine's state when scraped.
struct EngineCollector(Arc<Running>);

impl fmt::Debug for EngineCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineCollector")
    }
}

impl Collector for EngineCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let status = self.0.status();
        let audit = audit_counters(&self.0.auditing);
        for (name, help, value) in counters(&status).into_iter().chain(audit) {
            let metric = ConstCounter::new(value);
            let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(encoder)?;
        }
        for (name, help, value) in gauges(&status, (self.0.keyring_exported)()) {
            let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(encoder)?;
        }
        clock_detail::encode(&mut encoder, &self.0.clock.report())?;
        keeper::encode(&mut encoder, &self.0.store.kept())?;
        encode_memory(&mut encoder, &self.0.store.memory().in_use())
    }
}

/// Labels of a pool of the memory budget.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InPool {
    pool: &'static str,
}

/// How the memory budget stands.
fn encode_memory(encoder: &mut DescriptorEncoder<'_>, pools: &[PoolUse]) -> Result<(), fmt::Error> {
    type Value = fn(&PoolUse) -> u64;
    let gauges: [(&str, &str, Value); 3] = [
        ("memory_limit_bytes", "Memory for content", |pool| {
            pool.limit_bytes
        }),
        ("memory_used_bytes", "Memory for content in use", |pool| {
            pool.used_bytes
        }),
        ("memory_waiting", "Requests that wait for memory", |pool| {
            pool.waiting
        }),
    ];
    for (name, help, value) in gauges {
        let mut all = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for pool in pools {
            let metric = ConstGauge::new(i64::try_from(value(pool)).unwrap_or(i64::MAX));
            metric.encode(all.encode_family(&InPool { pool: pool.pool })?)?;
        }
    }
    let help = "Requests refused for want of memory since start";
    let mut all = encoder.encode_descriptor("memory_refused", help, None, MetricType::Counter)?;
    for pool in pools {
        let metric = ConstCounter::new(pool.refused);
        metric.encode(all.encode_family(&InPool { pool: pool.pool })?)?;
    }
    Ok(())
}

type Row = (&'static str, &'static str, u64);

/// What the audit put on record, and what it could not.
fn audit_counters(auditing: &Auditing) -> [Row; 5] {
    let counters = auditing.auditor.counters();
    let dropped = auditing.forward_dropped.load(Ordering::Relaxed);
    [
        (
            "audit_entries",
            "Requests on record since start",
            counters.recorded,
        ),
        (
            "audit_batches",
            "Records that hold them since start",
            counters.batches,
        ),
        (
            "audit_rolled_up",
            "Requests on record as a count only since start",
            counters.rolled_up,
        ),
        (
            "audit_refused",
            "Requests not answered because they could not be put on record since start",
            counters.refused,
        ),
        (
            "audit_forward_dropped",
            "Entries that a collector did not get since start",
            dropped,
        ),
    ]
}

fn counters(status: &Status) -> [Row; 3] {
    [
        (
            "engine_groups",
            "Commit groups made durable since start",
            status.counters.groups,
        ),
        (
            "engine_records",
            "Records made durable since start",
            status.counters.records,
        ),
        (
            "engine_syncs",
            "Syncs of files since start",
            status.counters.syncs,
        ),
    ]
}

fn gauges(status: &Status, exported: bool) -> [Row; 8] {
    [
        (
            "journal_bytes",
            "Bytes of journal on disk",
            status.journal_bytes,
        ),
        (
            "space_free_bytes",
            "Free bytes of the tightest directory",
            status.space.free_bytes,
        ),
        (
            "space_floor_bytes",
            "Bytes that must stay free",
            status.space.floor_bytes,
        ),
        (
            "space_refusing",
            "1 while data is refused for want of space",
            u64::from(status.space.refusing),
        ),
        (
            "engine_poisoned",
            "1 once the engine has stopped",
            u64::from(status.poisoned.is_some()),
        ),
        (
            "engine_unindexed_commits",
            "Commits durable and not yet in the index",
            status.unindexed_commits,
        ),
        (
            "damage_known",
            "Damaged places known since start",
            u64::try_from(status.damage.len()).unwrap_or(u64::MAX),
        ),
        (
            "keyring_exported",
            "1 once the keyring was exported",
            u64::from(exported),
        ),
    ]
}

/// `GET /metrics`.
pub(crate) async fn metrics(
    State(state): State<Arc<AdminState>>,
) -> Result<([(HeaderName, &'static str); 1], String), StatusCode> {
    let mut text = String::new();
    encode(&mut text, &state.metrics.registry).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}
