//! Reading: by key, by many keys, and by query. Never by scan.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};
use serde::de::DeserializeOwned;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, attributes_of, decode};
use crate::keys::Key;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// The sort key after which the next page begins; `None` on the last page.
    pub next: Option<String>,
}

/// An index of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    Table,
    Gsi1,
    Gsi2,
    /// Sparse, keys only: what is due for background work.
    Work,
}

impl Index {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Table => None,
            Self::Gsi1 => Some("GSI1"),
            Self::Gsi2 => Some("GSI2"),
            Self::Work => Some("WORK"),
        }
    }

    /// The attribute that its rows are sorted by.
    pub(crate) fn sort_key(self) -> &'static str {
        self.keys().1
    }

    pub(crate) fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Table => ("PK", "SK"),
            Self::Gsi1 => ("GSI1PK", "GSI1SK"),
            Self::Gsi2 => ("GSI2PK", "GSI2SK"),
            Self::Work => ("WORKPK", "WORKSK"),
        }
    }
}

/// Which sort keys of a partition.
#[derive(Debug, Clone)]
pub(crate) enum Span {
    All,
    Prefix(String),
    /// Both ends included.
    Between(String, String),
}

/// A query of one partition.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) index: Index,
    pub(crate) partition: String,
    pub(crate) span: Span,
    pub(crate) newest_first: bool,
    pub(crate) limit: Option<i32>,
}

impl Query {
    pub(crate) fn new(index: Index, partition: impl Into<String>, span: Span) -> Self {
        Self { index, partition: partition.into(), span, newest_first: false, limit: None }
    }

    pub(crate) fn newest_first(self) -> Self {
        Self { newest_first: true, ..self }
    }

    pub(crate) fn limit(self, limit: i32) -> Self {
        Self { limit: Some(limit), ..self }
    }
}

/// The kinds of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// They see every change that was made before.
    Consistent,
    /// They may miss the changes of the last second, and cost half as much.
    Eventual,
}

impl Store {
    /// The item under `key`, read consistently.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.attributes(key).await?.map(decode).transpose()
    }

    /// The attributes of the item under `key`, read consistently.
    pub(crate) async fn attributes(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(attributes_of(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("GetItem", &error))?;
        Ok(answer.item)
    }

    /// The items under `keys`, read consistently in as few calls as can be, by key. What does not
    /// exist is absent.
    pub(crate) async fn batch_get(&self, keys: &[Key]) -> Result<HashMap<Key, Attributes>, StoreError> {
        self.batch_get_as(keys, Reads::Consistent).await
    }

    /// As [`Store::batch_get`], with reads of this kind.
    pub(crate) async fn batch_get_as(
        &self,
        keys: &[Key],
        reads: Reads,
    ) -> Result<HashMap<Key, Attributes>, StoreError> {
        /// The most keys that one call takes.
        const MOST: usize = 100;
        /// Rounds after which keys that DynamoDB left unprocessed are given up.
        const ROUNDS: u32 = 8;
        let mut found = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(MOST) {
            let mut wanted: Vec<Attributes> = chunk.iter().map(attributes_of).collect();
            for round in 0..=ROUNDS {
                if wanted.is_empty() {
                    break;
                }
                if round == ROUNDS {
                    return Err(StoreError::Unavailable("BatchGetItem: keys were left unprocessed".into()));
                }
                if round > 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(10 << round)).await;
                }
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(std::mem::take(&mut wanted)))
                    .consistent_read(reads == Reads::Consistent)
                    .build()
                    .map_err(|cause| StoreError::Unwritable(cause.to_string()))?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, request)
                    .send()
                    .await
                    .map_err(|error| StoreError::from_sdk("BatchGetItem", &error))?;
                for item in answer.responses.into_iter().flat_map(|mut tables| tables.remove(&self.table)).flatten() {
                    if let Some(key) = key_of(&item) {
                        found.insert(key, item);
                    }
                }
                wanted = answer
                    .unprocessed_keys
                    .and_then(|mut tables| tables.remove(&self.table))
                    .map(|left| left.keys)
                    .unwrap_or_default();
            }
        }
        Ok(found)
    }

    /// All rows of a query, page after page.
    pub(crate) async fn query_all(&self, query: Query) -> Result<Vec<Attributes>, StoreError> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let (page, next) = self.query_page(&query, start).await?;
            rows.extend(page);
            match next {
                Some(key) => start = Some(key),
                None => return Ok(rows),
            }
        }
    }

    /// One page of a query, and the key to go on from.
    pub(crate) async fn query_page(
        &self,
        query: &Query,
        start: Option<Attributes>,
    ) -> Result<(Vec<Attributes>, Option<Attributes>), StoreError> {
        let answer = self.sent(query, start, None).await?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// How many rows a query finds.
    pub(crate) async fn count_rows(&self, query: &Query) -> Result<u64, StoreError> {
        let mut count = 0;
        let mut start = None;
        loop {
            let answer = self.sent(query, start, Some(Select::Count)).await?;
            count += u64::try_from(answer.count).unwrap_or(0);
            match answer.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(count),
            }
        }
    }

    async fn sent(
        &self,
        query: &Query,
        start: Option<Attributes>,
        select: Option<Select>,
    ) -> Result<QueryOutput, StoreError> {
        let (pk, sk) = query.index.keys();
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(query.index.name().map(str::to_owned))
            .consistent_read(query.index == Index::Table)
            .scan_index_forward(!query.newest_first)
            .set_limit(query.limit)
            .set_exclusive_start_key(start)
            .expression_attribute_values(":pk", text(&query.partition));
        let condition = match &query.span {
            Span::All => format!("{pk} = :pk"),
            Span::Prefix(prefix) => {
                request = request.expression_attribute_values(":prefix", text(prefix));
                format!("{pk} = :pk AND begins_with({sk}, :prefix)")
            }
            Span::Between(from, to) => {
                request = request
                    .expression_attribute_values(":from", text(from))
                    .expression_attribute_values(":to", text(to));
                format!("{pk} = :pk AND {sk} BETWEEN :from AND :to")
            }
        };
        let sent = request.key_condition_expression(condition).set_select(select).send().await;
        sent.map_err(|error| StoreError::from_sdk("Query", &error))
    }
}

pub(crate) fn key_of(item: &Attributes) -> Option<Key> {
    let text = |name| item.get(name)?.as_s().ok().cloned();
    Some(Key { pk: text("PK")?, sk: text("SK")? })
}

/// Takes the item under `key` out of what a batch found.
pub(crate) fn take<T: DeserializeOwned>(
    found: &mut HashMap<Key, Attributes>,
    key: &Key,
) -> Result<Option<T>, StoreError> {
    found.remove(key).map(decode).transpose()
}
