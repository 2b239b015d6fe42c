//! Publishes events to Amazon EventBridge.
//!
//! `PutEvents` succeeds as a whole while entries of it fail: every entry's answer is looked at.

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use gatepass_domain::Event;

/// The source that all events of Gatepass carry.
pub const SOURCE: &str = "gatepass";
/// The most entries that one `PutEvents` takes.
const BATCH: usize = 10;

/// An event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

/// The reason for which an event was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// EventBridge answered, and did not take this event.
    #[error("EventBridge did not take the event ({0})")]
    Refused(String),
    /// The call failed as a whole.
    #[error("EventBridge did not answer ({0})")]
    Unanswered(String),
}

impl Bus {
    /// The bus `name`.
    pub fn new(client: aws_sdk_eventbridge::Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Publishes `events` in their order; gives an answer for each.
    pub async fn publish(&self, events: &[Event]) -> Vec<Result<(), NotPublished>> {
        let mut answers = Vec::with_capacity(events.len());
        for batch in events.chunks(BATCH) {
            answers.extend(self.put(batch).await);
        }
        answers
    }

    async fn put(&self, batch: &[Event]) -> Vec<Result<(), NotPublished>> {
        let entries = batch.iter().map(|event| self.entry(event)).collect();
        let all = |reason: String| batch.iter().map(|_| Err(NotPublished::Unanswered(reason.clone()))).collect();
        match self.client.put_events().set_entries(Some(entries)).send().await {
            Err(error) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                all(code.unwrap_or("no answer").to_owned())
            }
            Ok(answer) if answer.entries().len() != batch.len() => all("an answer for another batch".to_owned()),
            Ok(answer) => answer
                .entries()
                .iter()
                .map(|entry| entry.error_code().map_or(Ok(()), |code| Err(NotPublished::Refused(code.to_owned()))))
                .collect(),
        }
    }

    fn entry(&self, event: &Event) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.detail.event_type())
            .time(DateTime::from_millis(event.occurred_at.as_millisecond()))
            .detail(event.bus_detail().to_string())
            .build()
    }
}
