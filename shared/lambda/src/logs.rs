//! Structured logs: one JSON object a line on standard output, as CloudWatch Logs Insights reads it.

use tracing_subscriber::EnvFilter;

/// Starts logging. `GATEPASS_LOG` filters by the syntax of `tracing_subscriber::EnvFilter`;
/// without it everything from `info` up is logged.
///
/// The first call wins; later ones (tests, the local stack) change nothing.
pub fn init() {
    let filter = EnvFilter::try_from_env("GATEPASS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
}
