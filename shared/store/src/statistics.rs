//! The counters of each day, and how far the log has been counted.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::statistics::{Open, Tally};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::events::LogPosition;
use crate::guard::Guard;
use crate::item::{Item, decode, set_aside};
use crate::keys::{self, Stage};
use crate::read::{Index, Query, Span};
use crate::requests;
use crate::transaction::Transaction;

/// The counts of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedDay {
    /// The day, in UTC.
    pub date: Date,
    /// The counts.
    pub tally: Tally,
    /// Events before this position of the log are counted.
    pub until: LogPosition,
}

#[derive(Debug, Serialize, Deserialize)]
struct CountedTo {
    counted_to: LogPosition,
}

impl Transaction {
    /// Writes what was counted of a day, and that the log is counted up to then. Refused by
    /// [`Guard::Statistics`] when another got in between, who started from `from` too.
    pub fn counted(self, day: &CountedDay, from: Option<&LogPosition>) -> Self {
        let marker = Item::new(keys::counter(), CountedTo { counted_to: day.until.clone() });
        let expected = from.map(|from| (":from", AttributeValue::S(from.as_str().to_owned())));
        let condition = if from.is_some() { "counted_to = :from" } else { "attribute_not_exists(PK)" };
        let counted = Item::new(keys::counted_day(day.date), day.clone());
        self.put(Guard::Statistics, &marker, condition, expected).overwrite(Guard::Statistics, &counted)
    }
}

impl Store {
    /// How far the log has been counted; `None` before the first time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counted_to(&self) -> Result<Option<LogPosition>, StoreError> {
        let stored: Option<Item<CountedTo>> = self.get(&keys::counter()).await?;
        Ok(stored.map(|item| item.content.counted_to))
    }

    /// The counts of the day; `None` of one without events.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counted_day(&self, date: Date) -> Result<Option<CountedDay>, StoreError> {
        let stored: Option<Item<CountedDay>> = self.get(&keys::counted_day(date)).await?;
        Ok(stored.map(|item| item.content))
    }

    /// The counts of the days from `from` to `to`, both included: one query a month.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counted_days(&self, from: Date, to: Date) -> Result<Vec<CountedDay>, StoreError> {
        let mut days = Vec::new();
        let mut month = from.first_of_month();
        while month <= to {
            let query = Query::new(Index::Table, keys::counted_day(month).pk, Span::All);
            for row in self.query_all(query).await? {
                days.push(decode::<Item<CountedDay>>(row)?.content);
            }
            let Ok(next) = month.last_of_month().tomorrow() else { break };
            month = next;
        }
        days.retain(|day| (from..=to).contains(&day.date));
        Ok(days)
    }

    /// How much work is still to be done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_work(&self) -> Result<Open, StoreError> {
        let mut oldest = None;
        for partition in Stage::Pending.partitions() {
            let (rows, _) = self.query_page(&Query::new(Index::Gsi2, partition, Span::All).limit(1), None).await?;
            for request in rows.into_iter().filter_map(|row| set_aside(requests::parse(row))) {
                let created_at = request.facts().created_at;
                oldest = oldest.into_iter().chain([created_at]).min();
            }
        }
        let mut pending = 0;
        for partition in Stage::Pending.partitions() {
            pending += self.count_rows(&Query::new(Index::Gsi2, partition, Span::All)).await?;
        }
        let (queued, failed) = self.unprovisioned().await?;
        Ok(Open { pending, oldest_pending_at: oldest, queued, failed })
    }

    /// How many requests are queued, and how many have failed: they share their partitions. One that cannot be read is
    /// counted as neither.
    async fn unprovisioned(&self) -> Result<(u64, u64), StoreError> {
        let (mut queued, mut failed) = (0, 0);
        for partition in Stage::Queued.partitions() {
            let query = Query::new(Index::Gsi2, partition, Span::All);
            let mut start = None;
            loop {
                let (rows, next) = self.query_page(&query, start).await?;
                for request in rows.into_iter().filter_map(|row| set_aside(requests::parse(row))) {
                    match Stage::of(&request) {
                        Stage::Failed => failed += 1,
                        _ => queued += 1,
                    }
                }
                match next {
                    Some(_) => start = next,
                    None => break,
                }
            }
        }
        Ok((queued, failed))
    }
}
