//! Logs.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

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
    /// Another subscriber is there already.
    #[error("logging was started twice: {0}")]
    Twice(String),
}

/// Starts logging to standard error; standard output is for what commands answer.
///
/// # Errors
/// See [`TelemetryError`].
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    let registry = tracing_subscriber::registry().with(parsed);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| TelemetryError::Twice(error.to_string()))
}
