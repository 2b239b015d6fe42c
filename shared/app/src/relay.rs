//! Publish what was recorded.

use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use gatepass_store::{SetAside, SetAsideReason, Store, StoreError, UnreadableItem};
use jiff::Timestamp;

/// What became of an event that was handed to the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was taken.
    Published,
    /// The bus answered and did not take it.
    Refused(String),
    /// The bus did not answer: it is out of order, or the function may not publish.
    Unanswered(String),
}

/// Sets aside a record of the stream that this version cannot read, so that it does not hold up what comes after it.
///
/// # Errors
/// [`StoreError`]: the record must be delivered again.
pub async fn set_aside(store: &Store, unreadable: UnreadableItem, now: Timestamp) -> Result<(), StoreError> {
    let UnreadableItem { key, cause } = unreadable;
    tracing::error!(alarm = "set-aside", key = key.pk, cause, "an event cannot be read and is set aside");
    store.set_aside(&SetAside::new(key, SetAsideReason::Unreadable, cause), now).await
}

/// Leaves a receipt for events that were published at `now`. Without one the sweeper publishes them once more: that is
/// better than the whole batch again, so that a failure is logged and nothing else.
pub async fn confirm<'a>(store: &Store, events: impl IntoIterator<Item = &'a Event>, now: Timestamp) {
    let ids: Vec<EventId> = events.into_iter().map(|event| event.id).collect();
    if let Err(error) = store.put_receipts(&ids, now).await {
        tracing::error!(%error, events = ids.len(), "the receipt could not be written");
    }
}
