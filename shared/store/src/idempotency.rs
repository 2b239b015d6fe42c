//! Results of calls that carried an `Idempotency-Key`.
//!
//! A result is recorded in the transaction that brings it about, so neither exists without the other: nothing is
//! ever "in progress", and a call whose reply was lost gets its result when it is repeated.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::PersonId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::commit_error::CommitError;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Item, decode};
use crate::keys;
use crate::transaction::Transaction;

/// How long a result is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A client's key for one operation, and a fingerprint of what was asked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The person who asked: keys of different people never meet.
    pub who: PersonId,
    /// The client's key.
    pub key: String,
    /// SHA-256 over method, path and body, in hexadecimal.
    pub fingerprint: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredResult {
    fingerprint: String,
    /// As [`Recordable`](crate::Recordable) writes it.
    result: String,
    /// In milliseconds since the epoch: a number, so that DynamoDB can compare it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    expires_at: Timestamp,
}

/// The record of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The key was used for the same call: its result, as [`Transaction::result`] was given it.
    Same(String),
    /// The key was used for another call.
    Other,
}

impl Transaction {
    /// Records `result` for `key`, unless a result that has not expired is there already. It must not hold a secret.
    pub fn result(self, key: &IdempotencyKey, result: String, now: Timestamp) -> Self {
        let expires_at = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let stored = StoredResult { fingerprint: key.fingerprint.clone(), result, expires_at };
        let item = Item::new(keys::idempotency(&key.who, &key.key), stored).expiring(expires_at);
        let now = AttributeValue::N(now.as_millisecond().to_string());
        self.put(Guard::Idempotency, &item, "attribute_not_exists(PK) OR expires_at <= :now", Some((":now", now)))
    }
}

impl StoredResult {
    fn recorded_for(self, key: &IdempotencyKey, now: Timestamp) -> Option<Recorded> {
        if self.expires_at <= now {
            return None;
        }
        Some(if self.fingerprint == key.fingerprint { Recorded::Same(self.result) } else { Recorded::Other })
    }
}

impl CommitError {
    /// The record of `key`, when that is why [`Transaction::result`] was refused: somebody else came first with the
    /// same key.
    pub fn already_recorded(&self, key: &IdempotencyKey, now: Timestamp) -> Option<Recorded> {
        let found = self.refusal(Guard::Idempotency)?.found.clone()?;
        decode::<Item<StoredResult>>(found).ok()?.content.recorded_for(key, now)
    }
}

impl Store {
    /// The record of `key`.
    ///
    /// # Errors
    /// [`StoreError`]; `None` when the key has not been used, or its result has expired.
    pub async fn recorded(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Recorded>, StoreError> {
        let stored: Option<Item<StoredResult>> = self.get(&keys::idempotency(&key.who, &key.key)).await?;
        Ok(stored.and_then(|item| item.content.recorded_for(key, now)))
    }
}
