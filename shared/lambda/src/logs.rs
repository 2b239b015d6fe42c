//! Structured logs: one JSON object a line on standard output, as CloudWatch Logs Insights reads it.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. `GATEPASS_LOG` filters by the syntax of `tracing_subscriber::filter::Targets` (`info`,
/// `warn,gatepass_relay=debug`); without it everything from `info` up is logged.
///
/// The first call wins; later ones (tests, the local stack) change nothing.
pub fn init() {
    let filter = std::env::var("GATEPASS_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
