//! Publish what the table's stream delivers.
//!
//! The stream goes on from the first record of a batch that was not dealt with, so a batch ends with the position of that
//! record. A record that cannot be read is set aside and holds up no others.

use std::fmt::Display;

use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use gatepass_store::{SetAside, SetAsideReason, Store, StoreError, UnreadableItem};
use jiff::Timestamp;

/// What became of an event that was handed to the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was taken.
    Published,
    /// The bus took others and not this one.
    Refused(String),
    /// The bus takes nothing for now, or was not asked: certainly not published.
    NotTaken(String),
    /// The answer was lost: the bus may have taken it.
    Unanswered(String),
}

/// The events of a batch of the stream, with their positions in it.
#[derive(Debug)]
pub struct Batch {
    /// The events to publish, in their order.
    pub events: Vec<Event>,
    /// The position of each.
    positions: Vec<usize>,
    /// The record before which the batch ends, because it can be neither read nor set aside.
    stopped_at: Option<usize>,
}

/// The result of publishing a batch.
#[derive(Debug)]
pub struct Relayed {
    /// The events that were published.
    pub published: Vec<Event>,
    /// The position of the record from which the stream is to go on; `None` when the whole batch was dealt with.
    pub stopped_at: Option<usize>,
}

impl Batch {
    /// Takes the events out of the records of a batch, and sets aside what cannot be read.
    pub async fn read(
        store: &Store,
        now: Timestamp,
        records: impl IntoIterator<Item = Result<Event, UnreadableItem>>,
    ) -> Self {
        let mut batch = Self { events: Vec::new(), positions: Vec::new(), stopped_at: None };
        for (position, record) in records.into_iter().enumerate() {
            match record {
                Ok(event) => {
                    batch.positions.push(position);
                    batch.events.push(event);
                }
                Err(unreadable) => {
                    if let Err(error) = set_aside(store, unreadable, now).await {
                        // What comes before it is still published; the stream then goes on from this record.
                        tracing::error!(%error, "a record could not be set aside");
                        batch.stopped_at = Some(position);
                        break;
                    }
                }
            }
        }
        batch
    }

    /// Records what the bus answered for each event. An event that the bus did not take stops the stream; those of its batch
    /// of the bus that are behind it and were taken are published again, which consumers bear.
    pub async fn settle<E: Display>(self, store: &Store, now: Timestamp, answers: &[Result<(), E>]) -> Relayed {
        let Self { events, positions, mut stopped_at } = self;
        let refused = answers.iter().zip(&events).zip(&positions).find(|((answer, _), _)| answer.is_err());
        if let Some(((Err(reason), event), position)) = refused {
            let correlation_id = &event.correlation_id;
            tracing::warn!(event_id = %event.id, correlation_id, %reason, "an event was not published; the stream stops here");
            stopped_at = Some(*position);
        }
        let published = events.into_iter().zip(answers).filter(|(_, answer)| answer.is_ok()).map(|(event, _)| event);
        let published: Vec<Event> = published.collect();
        confirm(store, &published, now).await;
        Relayed { published, stopped_at }
    }
}

/// Sets aside a record of the stream that this version cannot read, so that it does not hold up what comes after it.
async fn set_aside(store: &Store, unreadable: UnreadableItem, now: Timestamp) -> Result<(), StoreError> {
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
