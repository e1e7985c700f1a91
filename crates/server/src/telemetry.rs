//! Logs, and traces where a collector is named.

mod traces;

use http::Uri;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;
pub(crate) use traces::Traces;

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    /// The filter is malformed.
    #[error("log filter {filter:?} is malformed: {reason}")]
    Filter {
        /// As given.
        filter: String,
        /// Why.
        reason: String,
    },
    /// The exporter of traces does not start.
    #[error("traces cannot be sent: {0}")]
    Traces(String),
    /// Another subscriber is there already.
    #[error("logging was started twice: {0}")]
    Twice(String),
}

/// Starts logging to standard error; standard output is for what commands answer. With a collector,
/// spans go there too; the filter holds for both. Must run inside a Tokio runtime.
///
/// # Errors
/// See [`TelemetryError`].
pub(crate) fn start(
    format: LogFormat,
    filter: &str,
    collector: Option<&Uri>,
) -> Result<Option<Traces>, TelemetryError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    let traces = collector.map(Traces::start).transpose()?;
    let registry = tracing_subscriber::registry()
        .with(parsed)
        .with(traces.as_ref().map(Traces::layer));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| TelemetryError::Twice(error.to_string()))?;
    Ok(traces)
}
