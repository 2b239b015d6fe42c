//! Events: the audit record, and the log that the sweeper and the statistics read.

use gatepass_domain::Event;
use gatepass_domain::event::{Aggregate, Chain, Detail, Sealed, Submitted};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode};
use crate::keys::{self, Key};
use crate::read::{Index, Query, Span, key_of};
use crate::transaction::Transaction;

/// The item of an event. The first one of a request also lists the request among those of its app.
fn item(event: &Event) -> Item<Sealed> {
    let item = Item::new(keys::event(event), event.sealed.clone()).gsi2(Some(keys::event_of_day(event)));
    match (&event.aggregate, &event.detail) {
        (
            Aggregate::Request(id),
            Detail::AccessRequestSubmitted(Submitted { subject, .. }) | Detail::AccessRequestApproved(subject),
        ) if event.seq == 1 => item.gsi1(keys::request_of_app(subject.app_id, event.occurred_at, *id)),
        _ => item,
    }
}

impl Transaction {
    /// Records what happened. Its place in the chain must be free, so that a chain never forks.
    pub fn event(self, event: &Event) -> Self {
        self.create(Guard::Event, &item(event))
    }
}

/// An item that this version cannot read. Its key says where it is; what it says is nobody's to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableItem {
    /// Its key in the table.
    pub key: Key,
    /// The fault in it.
    pub cause: String,
}

/// Reads an event item, whatever indexes it was found by.
fn read(row: Attributes) -> Result<Event, UnreadableItem> {
    let key = key_of(&row).unwrap_or_else(|| Key { pk: String::new(), sk: String::new() });
    let sealed = match decode::<Item<Sealed>>(row) {
        Ok(item) => item.content,
        Err(error) => return Err(UnreadableItem { key, cause: error.to_string() }),
    };
    Event::open(sealed).map_err(|error| UnreadableItem { key, cause: error.to_string() })
}

/// Reads events for people to look at. One that cannot be read is left out: it is in the log, and the sweeper sets it
/// aside.
pub(crate) fn read_all(rows: Vec<Attributes>) -> Vec<Event> {
    let readable = |row| match read(row) {
        Ok(event) => Some(event),
        Err(unreadable) => {
            tracing::error!(
                alarm = "unreadable",
                key = unreadable.key.pk,
                cause = unreadable.cause,
                "an event cannot be read"
            );
            None
        }
    };
    rows.into_iter().filter_map(readable).collect()
}

/// A position in the log of all events: after everything whose time and id sort before or at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogPosition(String);

impl LogPosition {
    /// The position before everything that happened at `time` or later.
    pub fn at(time: Timestamp) -> Self {
        Self(keys::time(time))
    }

    /// The position as it is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The time that it stands at.
    pub fn time(&self) -> Timestamp {
        let time = self.0.split('#').next().unwrap_or_default();
        time.parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A part of the log.
#[derive(Debug)]
pub struct LogPage {
    /// Its events, in their order.
    pub events: Vec<Event>,
    /// The parts that cannot be read.
    pub unreadable: Vec<UnreadableItem>,
    /// The end of the span, and the beginning of the next.
    pub end: LogPosition,
}

impl Store {
    /// The chain of an aggregate, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of(&self, aggregate: &Aggregate) -> Result<Vec<Event>, StoreError> {
        let query = Query::new(Index::Table, keys::events_of(aggregate), Span::All);
        Ok(read_all(self.query_all(query).await?))
    }

    /// The last event of an aggregate, also of one that no longer exists.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_event_of(&self, aggregate: &Aggregate) -> Result<Option<Event>, StoreError> {
        Ok(read_all(self.last_item_of(aggregate).await?).pop())
    }

    /// The end of an aggregate's chain, also of one that no longer exists; empty before its first event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_of_chain(&self, aggregate: &Aggregate) -> Result<Chain, StoreError> {
        // The hash and the number stand beside what the event says: whoever wrote it, the chain goes on.
        let Some(row) = self.last_item_of(aggregate).await?.pop() else { return Ok(Chain::default()) };
        let seq = key_of(&row).and_then(|key| key.sk.parse().ok()).unwrap_or_default();
        let item: Item<Sealed> = decode(row)?;
        Ok(Chain { seq, hash: item.content.hash })
    }

    async fn last_item_of(&self, aggregate: &Aggregate) -> Result<Vec<Attributes>, StoreError> {
        let query = Query::new(Index::Table, keys::events_of(aggregate), Span::All);
        Ok(self.query_page(&query.newest_first().limit(1), None).await?.0)
    }

    /// The events after `position` and before `until`, oldest first: at most `limit` events of each shard of the log,
    /// and no more than the rest of one day. The page's end has moved on, also when the page is empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_page(&self, position: &LogPosition, until: Timestamp, limit: i32) -> Result<LogPage, StoreError> {
        let from = position.time();
        let end_of_day = LogPosition::at(midnight_after(from).min(until));
        // The space sorts before everything that follows a position in sort keys.
        let span = Span::Between(format!("{} ", position.0), end_of_day.0.clone());
        let shards = keys::log_shards(from).map(|shard| async {
            let query = Query::new(Index::Gsi2, shard, span.clone()).limit(limit);
            self.query_page(&query, None).await
        });
        let mut end = end_of_day;
        let mut rows = Vec::new();
        for (page, next) in futures_util::future::try_join_all(shards).await? {
            let page: Vec<_> = page.into_iter().filter_map(|row| Some((log_position(&row)?, row))).collect();
            // Beyond the last row of a shard that has more, the page would have gaps.
            if let (Some(_), Some((last, _))) = (next, page.last()) {
                end = end.min(last.clone());
            }
            rows.extend(page);
        }
        rows.retain(|(position, _)| *position <= end);
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut page = LogPage { events: Vec::with_capacity(rows.len()), unreadable: Vec::new(), end };
        for (_, row) in rows {
            match read(row) {
                Ok(event) => page.events.push(event),
                Err(unreadable) => page.unreadable.push(unreadable),
            }
        }
        Ok(page)
    }

    /// The event item under `key`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_item(&self, key: &Key) -> Result<Option<Result<Event, UnreadableItem>>, StoreError> {
        Ok(self.attributes(key).await?.map(read))
    }

    /// The event that a record of the table's stream carries.
    ///
    /// # Errors
    /// [`UnreadableItem`] when the image is not an event that this version can read.
    pub fn event_from_image(image: serde_dynamo::Item) -> Result<Event, UnreadableItem> {
        let text = |name| match image.get(name) {
            Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
            _ => String::new(),
        };
        let key = Key { pk: text("PK"), sk: text("SK") };
        let unreadable = |cause: String| UnreadableItem { key: key.clone(), cause };
        let item: Item<Sealed> =
            serde_dynamo::from_item(image.clone()).map_err(|error| unreadable(error.to_string()))?;
        Event::open(item.content).map_err(|error| unreadable(error.to_string()))
    }
}

fn log_position(row: &Attributes) -> Option<LogPosition> {
    Some(LogPosition(row.get(Index::Gsi2.sort_key())?.as_s().ok()?.clone()))
}

/// The first moment of the day after that of `at`, in UTC.
fn midnight_after(at: Timestamp) -> Timestamp {
    let next = at.to_zoned_datetime(TimeZone::UTC).date().tomorrow();
    let midnight = next.and_then(|date| date.to_zoned_datetime(TimeZone::UTC));
    midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}
