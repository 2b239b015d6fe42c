//! Publishes events to Amazon EventBridge.
//!
//! `PutEvents` succeeds as a whole while entries of it fail: every entry's answer is looked at. A batch that EventBridge does
//! not take is the last one that is tried: while it hangs, every call takes as long as its time-out, and while it throttles, the
//! next batch fares no better.

use std::error::Error;
use std::io::ErrorKind;

use aws_sdk_eventbridge::config::Builder;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
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
    /// EventBridge took what it was given with this event, and not this event.
    #[error("EventBridge refused the event ({0})")]
    Refused(String),
    /// EventBridge throttles, is out of order or was not reached, or the event was not handed to it: certainly not published.
    #[error("EventBridge did not take the event ({0})")]
    NotTaken(String),
    /// The answer was lost: EventBridge may have taken the event.
    #[error("EventBridge did not answer ({0})")]
    Unanswered(String),
}

/// Codes of entries that say nothing of the event: the next call may take it ("PutEvents", EventBridge API reference).
const NOT_FOR_THE_EVENT: [&str; 3] = ["ThrottlingException", "InternalFailure", "InternalException"];

impl Bus {
    /// The bus `name`.
    pub fn new(client: aws_sdk_eventbridge::Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Publishes `events` in their order up to the first batch of ten that is not published as a whole; gives an answer for
    /// each event. The SDK tries a call again, so that an event may be published more than once.
    pub async fn publish_in_order(&self, events: &[Event]) -> Vec<Result<(), NotPublished>> {
        self.publish(events, None, |_| true).await
    }

    /// Publishes `events` in their order and hands each to EventBridge once at most; gives an answer for each. It goes on
    /// past events that are refused.
    pub async fn publish_once(&self, events: &[Event]) -> Vec<Result<(), NotPublished>> {
        let once = Builder::new().retry_config(RetryConfig::disabled());
        self.publish(events, Some(once), |reason| !matches!(reason, NotPublished::Refused(_))).await
    }

    async fn publish(
        &self,
        events: &[Event],
        config: Option<Builder>,
        ends_with: impl Fn(&NotPublished) -> bool,
    ) -> Vec<Result<(), NotPublished>> {
        let mut answers: Vec<Result<(), NotPublished>> = Vec::with_capacity(events.len());
        for batch in events.chunks(BATCH) {
            let answered = self.put(batch, config.clone()).await;
            let is_last = answered.iter().any(|answer| answer.as_ref().is_err_and(&ends_with));
            answers.extend(answered);
            if is_last {
                break;
            }
        }
        answers.resize(events.len(), Err(NotPublished::NotTaken("not handed over".to_owned())));
        answers
    }

    async fn put(&self, batch: &[Event], config: Option<Builder>) -> Vec<Result<(), NotPublished>> {
        let entries = batch.iter().map(|event| self.entry(event)).collect();
        let call = self.client.put_events().set_entries(Some(entries)).customize();
        let call = match config {
            Some(config) => call.config_override(config),
            None => call,
        };
        match call.send().await {
            Err(error) => vec![Err(failed(&error)); batch.len()],
            Ok(answer) if answer.entries().len() != batch.len() => {
                vec![Err(NotPublished::Unanswered("an answer for another batch".to_owned())); batch.len()]
            }
            Ok(answer) => answer.entries().iter().map(|entry| entry.error_code().map_or(Ok(()), refused)).collect(),
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

/// The meaning of an entry's error code.
fn refused(code: &str) -> Result<(), NotPublished> {
    let reason = if NOT_FOR_THE_EVENT.contains(&code) { NotPublished::NotTaken } else { NotPublished::Refused };
    Err(reason(code.to_owned()))
}

/// The meaning of a call's error. Whatever may have reached EventBridge counts as unanswered.
fn failed<E, R>(error: &SdkError<E, R>) -> NotPublished
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    match error {
        // An answer that cannot be read is an error without a code, too.
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(code) => NotPublished::NotTaken(code.to_owned()),
            None => NotPublished::Unanswered("no readable answer".to_owned()),
        },
        SdkError::ConstructionFailure(_) => NotPublished::NotTaken("the call could not be built".to_owned()),
        SdkError::DispatchFailure(failure)
            if failure.as_connector_error().is_some_and(|error| never_connected(error)) =>
        {
            NotPublished::NotTaken("not reached".to_owned())
        }
        _ => NotPublished::Unanswered("no answer".to_owned()),
    }
}

/// True when there was no connection to send anything on.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| {
            matches!(
                error.kind(),
                ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
            )
        })
}
