//! What is measured of TLS.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Metrics, OnListener, Refused};

/// Labels of a handshake.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shaken {
    listener: &'static str,
    version: &'static str,
    client_certificate: &'static str,
}

/// Handshakes and the files of TLS.
#[derive(Debug, Default)]
pub(super) struct TlsMetrics {
    handshakes: Family<Shaken, Counter>,
    failed: Family<Refused, Counter>,
    reloads: Family<OnListener, Counter>,
    reloads_refused: Family<OnListener, Counter>,
    stale: Family<OnListener, Gauge>,
    not_after: Family<OnListener, Gauge>,
}

impl TlsMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "tls_handshakes",
            "TLS handshakes, by version and whether a client certificate was shown",
            all.handshakes.clone(),
        );
        registry.register(
            "tls_handshakes_failed",
            "TLS handshakes that failed, by reason",
            all.failed.clone(),
        );
        registry.register(
            "tls_reloads",
            "Times that new TLS files were taken",
            all.reloads.clone(),
        );
        registry.register(
            "tls_reloads_refused",
            "Times that new TLS files could not be used",
            all.reloads_refused.clone(),
        );
        registry.register(
            "tls_files_stale",
            "1 while the TLS files on disk cannot be used and earlier ones serve",
            all.stale.clone(),
        );
        registry.register_with_unit(
            "tls_certificate_not_after",
            "When the TLS certificate ends, since 1970-01-01T00:00Z",
            Unit::Seconds,
            all.not_after.clone(),
        );
        all
    }
}

impl Metrics {
    /// Counts a handshake.
    pub(crate) fn tls_shaken(
        &self,
        listener: &'static str,
        version: &'static str,
        certificate: bool,
    ) {
        let client_certificate = if certificate { "yes" } else { "no" };
        let labels = Shaken {
            listener,
            version,
            client_certificate,
        };
        self.tls.handshakes.get_or_create(&labels).inc();
    }

    /// Counts a handshake that failed.
    pub(crate) fn tls_failed(&self, listener: &'static str, reason: &'static str) {
        let labels = Refused { listener, reason };
        self.tls.failed.get_or_create(&labels).inc();
    }

    /// Which certificate is in use.
    pub(crate) fn tls_in_use(&self, listener: &'static str, not_after: i64) {
        let labels = OnListener { listener };
        self.tls.not_after.get_or_create(&labels).set(not_after);
        self.tls.stale.get_or_create(&labels).set(0);
    }

    /// Counts new files that were taken, or could not be.
    pub(crate) fn tls_reloaded(&self, listener: &'static str, taken: bool) {
        let labels = OnListener { listener };
        self.tls.stale.get_or_create(&labels).set(i64::from(!taken));
        let counter = if taken {
            &self.tls.reloads
        } else {
            &self.tls.reloads_refused
        };
        counter.get_or_create(&labels).inc();
    }
}
