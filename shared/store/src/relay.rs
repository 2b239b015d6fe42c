//! Receipts of what the relay published, and how far the sweeper has compared them with the log.

use std::collections::HashSet;

use gatepass_domain::id::EventId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, decode, encode};
use crate::keys;
use crate::read::{Index, Query, Span};

/// How long receipts are kept: far longer than the sweeper may lag behind.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Serialize, Deserialize)]
struct Receipt {
    ids: Vec<EventId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SweptTo {
    at: Timestamp,
}

impl Store {
    /// Writes down that the events `ids` were published at `now`: one item for a whole batch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_receipt(&self, ids: &[EventId], now: Timestamp) -> Result<(), StoreError> {
        let Some(first) = ids.first() else { return Ok(()) };
        let kept_until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let item = Item::new(keys::receipt(now, *first), Receipt { ids: ids.to_vec() }).expiring(kept_until);
        self.put_plain(&item).await
    }

    /// The events that were published in the hours from that of `from` to that of `to`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn published(&self, from: Timestamp, to: Timestamp) -> Result<HashSet<EventId>, StoreError> {
        let mut published = HashSet::new();
        let mut hour = from;
        loop {
            for row in self.query_all(Query::new(Index::Table, keys::receipts(hour), Span::All)).await? {
                published.extend(decode::<Item<Receipt>>(row)?.content.ids);
            }
            if keys::receipts(hour) >= keys::receipts(to) {
                return Ok(published);
            }
            hour = hour.checked_add(SignedDuration::from_hours(1)).unwrap_or(to);
        }
    }

    /// The time up to which every event is known to have been published.
    ///
    /// # Errors
    /// [`StoreError`]; `None` before the first sweep.
    pub async fn swept_to(&self) -> Result<Option<Timestamp>, StoreError> {
        let stored: Option<Item<SweptTo>> = self.get(&keys::sweeper()).await?;
        Ok(stored.map(|item| item.content.at))
    }

    /// Writes down that every event up to `at` is known to have been published.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_swept_to(&self, at: Timestamp) -> Result<(), StoreError> {
        self.put_plain(&Item::new(keys::sweeper(), SweptTo { at })).await
    }

    async fn put_plain<T: Serialize>(&self, item: &Item<T>) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(encode(item)?)).send().await;
        put.map(drop).map_err(|error| StoreError::from_sdk("PutItem", &error))
    }
}
