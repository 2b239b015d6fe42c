//! Structured logs: one JSON object a line on standard output, as CloudWatch Logs Insights reads it.

use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. `GATEPASS_LOG` filters by the syntax of `tracing_subscriber::filter::Targets` (`info`,
/// `warn,gatepass_relay=debug`); without it everything from `info` up is logged.
///
/// The first call wins; later ones (tests, the local stack) change nothing.
pub fn init() {
    let _ = lines(std::io::stdout).try_init();
}

/// Fields of an event are members of the line, those of the span around it members of `span`.
fn lines<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = std::env::var("GATEPASS_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    tracing_subscriber::registry().with(filter).with(lines.with_writer(writer))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use gatepass_domain::event::BusEvent;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Failure, react};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// `docs/runbook.md` searches for `correlation_id` and `span.correlation_id`.
    #[tokio::test]
    async fn what_is_logged_about_an_event_has_its_correlation_id_where_the_runbook_looks() {
        let kept = Kept::default();
        let writer = kept.clone();
        let _logging = tracing::subscriber::set_default(lines(move || writer.clone()));
        let event = BusEvent::parse(json!({
            "metadata": {
                "id": "019ab1c2-0000-7000-8000-000000000001", "type": "PlanCreated", "correlation_id": "JKJaXmPLvHcESHA=",
            },
            "data": { "id": "free", "version": 1 },
        }));
        let event = event.unwrap();
        let work = async {
            tracing::info!("somewhere deep inside");
            tracing::info!(correlation_id = event.correlation_id, "says it itself");
            Err::<(), _>(Failure::Permanent("no such plan".into()))
        };
        react(&event, work).await.unwrap_err();
        let text = String::from_utf8(std::mem::take(&mut *kept.0.lock().unwrap())).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3, "{text}");
        for line in &lines {
            assert_eq!(line["span"]["correlation_id"], "JKJaXmPLvHcESHA=");
            assert_eq!(line["span"]["event_type"], "PlanCreated");
        }
        assert_eq!(lines[1]["correlation_id"], "JKJaXmPLvHcESHA=");
        assert_eq!(
            (&lines[2]["level"], &lines[2]["failure"]),
            (&json!("ERROR"), &json!("permanent: no such plan")),
            "what went wrong is on the line that has the id"
        );
    }
}
