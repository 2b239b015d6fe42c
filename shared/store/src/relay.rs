//! Receipts of what was published, how far the sweeper has compared them with the log, and what was set aside.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Event;
use gatepass_domain::id::EventId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::events::LogPosition;
use crate::item::{Item, attributes_of, decode, encode, set_aside};
use crate::keys::{self, Key, WorkKind};
use crate::read::{Index, Query, Span};

/// The time that receipts are kept: far longer than the sweeper may lag behind.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most ids in a receipt: 8 KB.
const MOST_IDS: usize = 200;

#[derive(Debug, Serialize, Deserialize)]
struct Receipt {
    ids: Vec<EventId>,
}

/// The receipts of some minutes, kept while page after page of those minutes is compared with them.
#[derive(Debug, Default)]
pub struct Receipts {
    by_minute: BTreeMap<String, HashSet<EventId>>,
}

impl Receipts {
    /// Adds receipts that were written since the minutes were read.
    pub fn add(&mut self, ids: &[EventId]) {
        for id in ids {
            if let Some(minute) = self.by_minute.get_mut(&keys::receipts(occurred_at(*id))) {
                minute.insert(*id);
            }
        }
    }
}

/// How far the sweeper has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepState {
    /// Everything before it has been published, and nothing more is recorded there.
    pub position: LogPosition,
    /// The page that is being published, or was when its run ended too soon.
    #[serde(default)]
    pub claim: Option<SweepClaim>,
    /// The number of moves so far, so that of two runs at once only one makes the next.
    #[serde(default)]
    pub turn: u64,
    /// The run that wrote this, by which it knows its own write again when the reply was lost.
    #[serde(default)]
    pub run: String,
}

/// A page of lost events that a run publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepClaim {
    /// The position before its events.
    pub page: LogPosition,
    /// How often its events were, or were about to be, published.
    pub attempts: u32,
}

/// The reason for which an event was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// This version cannot read it.
    Unreadable,
    /// EventBridge did not take it, and took others.
    Refused,
    /// It was handed to EventBridge, or was about to be, and no answer is on record.
    Unconfirmed,
}

/// An event that was set aside, so that it holds up no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Partition key of the event's item.
    pub event_pk: String,
    /// Sort key of the event's item.
    pub event_sk: String,
    /// The reason.
    pub reason: SetAsideReason,
    /// The failure, in the words of the program that could not read or publish it.
    pub cause: String,
    /// How often it was, or was about to be, handed to EventBridge by the sweeper without an answer on record.
    pub attempts: u32,
}

impl SetAside {
    /// The event with this key, set aside for `reason`.
    pub fn new(event: Key, reason: SetAsideReason, cause: impl Into<String>) -> Self {
        Self { event_pk: event.pk, event_sk: event.sk, reason, cause: cause.into(), attempts: 0 }
    }

    /// The key of the event's item.
    pub fn event(&self) -> Key {
        Key { pk: self.event_pk.clone(), sk: self.event_sk.clone() }
    }
}

impl Store {
    /// Writes down that events were published at `now`: an item for each minute in which they had happened, and for each
    /// 200 of them.
    ///
    /// # Errors
    /// The first [`StoreError`], once everything else is written.
    pub async fn put_receipts(&self, ids: &[EventId], now: Timestamp) -> Result<(), StoreError> {
        let kept_until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let mut minutes: BTreeMap<String, Vec<EventId>> = BTreeMap::new();
        for id in ids {
            minutes.entry(keys::receipts(occurred_at(*id))).or_default().push(*id);
        }
        let mut done = Ok(());
        for (minute, ids) in minutes {
            for ids in ids.chunks(MOST_IDS) {
                let key = keys::receipt(&minute, now, ids[0]);
                let item = Item::new(key, Receipt { ids: ids.to_vec() }).expiring(kept_until);
                done = done.and(self.put_plain(&item).await);
            }
        }
        done
    }

    /// Those of `events` that have a receipt: one query for each minute in which they happened.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn published(&self, events: &[Event]) -> Result<HashSet<EventId>, StoreError> {
        self.published_by(&mut Receipts::default(), events).await
    }

    /// Those of `events` that have a receipt. Minutes that `receipts` holds are not read again; it holds the minutes of
    /// `events` then, and no others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn published_by(
        &self,
        receipts: &mut Receipts,
        events: &[Event],
    ) -> Result<HashSet<EventId>, StoreError> {
        let minutes: BTreeSet<_> = events.iter().map(|event| keys::receipts(occurred_at(event.id))).collect();
        receipts.by_minute.retain(|minute, _| minutes.contains(minute));
        let missing = minutes.into_iter().filter(|minute| !receipts.by_minute.contains_key(minute));
        let reads = missing.map(|minute| async {
            let rows = self.query_all(Query::new(Index::Table, minute.clone(), Span::All)).await?;
            // Without a receipt that cannot be read, its events are published once more.
            let receipts = rows.into_iter().filter_map(|row| set_aside(decode::<Item<Receipt>>(row)));
            Ok::<_, StoreError>((minute, receipts.flat_map(|receipt| receipt.content.ids).collect()))
        });
        let read = futures_util::future::try_join_all(reads).await?;
        receipts.by_minute.extend(read);
        let has_receipt = |id: &EventId| receipts.by_minute.values().any(|ids| ids.contains(id));
        Ok(events.iter().map(|event| event.id).filter(has_receipt).collect())
    }

    /// How far the sweeper has got; `None` before the first sweep.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep_state(&self) -> Result<Option<SweepState>, StoreError> {
        let stored: Option<Item<SweepState>> = self.get(&keys::sweeper()).await?;
        Ok(stored.map(|item| item.content))
    }

    /// Moves the sweeper from one state to another; `false` when another run has moved it meanwhile. A move whose reply was
    /// lost is made again by the SDK and refused: what is stored then is this run's own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn move_sweep(&self, from: Option<&SweepState>, to: &SweepState) -> Result<bool, StoreError> {
        let item = encode(&Item::new(keys::sweeper(), to.clone()))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match from {
            None => put.condition_expression("attribute_not_exists(PK)"),
            // A state that an earlier version wrote has no turn.
            Some(from) => put
                .condition_expression("turn = :turn OR (attribute_exists(PK) AND attribute_not_exists(turn))")
                .expression_attribute_values(":turn", AttributeValue::N(from.turn.to_string())),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {
                Ok(self.sweep_state().await?.as_ref() == Some(to))
            }
            Err(error) => Err(StoreError::from_sdk("PutItem", &error)),
        }
    }

    /// Sets an event aside, for background work to look at from `due_at` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_aside(&self, event: &SetAside, due_at: Timestamp) -> Result<(), StoreError> {
        let key = keys::set_aside(&event.event());
        let work = keys::work(WorkKind::SetAside, due_at, &key);
        self.put_plain(&Item::new(key, event.clone()).work(Some(work))).await
    }

    /// The event that was set aside under `key`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_set_aside(&self, key: &Key) -> Result<Option<SetAside>, StoreError> {
        let stored: Option<Item<SetAside>> = self.get(key).await?;
        Ok(stored.map(|item| item.content))
    }

    /// Those of `events` that are set aside.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_aside_among(&self, events: &[Event]) -> Result<HashSet<EventId>, StoreError> {
        let keys: Vec<_> = events.iter().map(|event| keys::set_aside(&keys::event(event))).collect();
        let found = self.batch_get(&keys).await?;
        let set_aside = events.iter().zip(&keys).filter(|(_, key)| found.contains_key(key));
        Ok(set_aside.map(|(event, _)| event.id).collect())
    }

    /// Forgets that an event was set aside.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_back(&self, event: &Key) -> Result<(), StoreError> {
        let key = attributes_of(&keys::set_aside(event));
        let deleted = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await;
        deleted.map(drop).map_err(|error| StoreError::from_sdk("DeleteItem", &error))
    }

    async fn put_plain<T: Serialize>(&self, item: &Item<T>) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(encode(item)?)).send().await;
        put.map(drop).map_err(|error| StoreError::from_sdk("PutItem", &error))
    }
}

/// An event's id begins with the time at which it happened (RFC 9562, section 5.7).
fn occurred_at(id: EventId) -> Timestamp {
    let millis = id.as_bytes().iter().take(6).fold(0, |millis, byte| millis << 8 | i64::from(*byte));
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}
