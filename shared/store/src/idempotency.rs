//! Answers to requests that carried an `Idempotency-Key`.
//!
//! An answer is recorded in the transaction that it answers for, so that there is no moment in which
//! the one exists without the other: nothing is ever "in progress", and a lost reply is replayed.

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

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A client's key for one operation, and a fingerprint of what was asked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who asked: keys of different people never meet.
    pub who: PersonId,
    /// The client's key.
    pub key: String,
    /// SHA-256 over method, path and body, in hexadecimal.
    pub fingerprint: String,
}

/// What was answered. Never holds a secret: no operation that answers with one is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// The JSON body.
    pub body: String,
    /// The `Location` header.
    pub location: Option<String>,
}

impl Answer {
    /// That something was done, of which nothing is to be said.
    pub fn nothing() -> Self {
        Self { status: 200, body: String::new(), location: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredAnswer {
    fingerprint: String,
    #[serde(flatten)]
    answer: Answer,
    /// In milliseconds since the epoch: a number, so that DynamoDB can compare it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    expires_at: Timestamp,
}

/// What is on record for an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The same was asked: this was the answer.
    Same(Answer),
    /// Something else was asked with the same key.
    Other,
}

impl Transaction {
    /// Records `answer` for `key`, unless an answer that has not expired is there already.
    pub fn answer(self, key: &IdempotencyKey, answer: Answer, now: Timestamp) -> Self {
        let expires_at = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let stored = StoredAnswer { fingerprint: key.fingerprint.clone(), answer, expires_at };
        let item = Item::new(keys::idempotency(&key.who, &key.key), stored).expiring(expires_at);
        let now = AttributeValue::N(now.as_millisecond().to_string());
        self.put(Guard::Idempotency, &item, "attribute_not_exists(PK) OR expires_at <= :now", Some((":now", now)))
    }
}

impl StoredAnswer {
    fn recorded_for(self, key: &IdempotencyKey, now: Timestamp) -> Option<Recorded> {
        if self.expires_at <= now {
            return None;
        }
        Some(if self.fingerprint == key.fingerprint { Recorded::Same(self.answer) } else { Recorded::Other })
    }
}

impl CommitError {
    /// What is on record for `key`, when that is why [`Transaction::answer`] was refused: somebody
    /// else came first with the same key.
    pub fn already_answered(&self, key: &IdempotencyKey, now: Timestamp) -> Option<Recorded> {
        let found = self.refusal(Guard::Idempotency)?.found.clone()?;
        decode::<Item<StoredAnswer>>(found).ok()?.content.recorded_for(key, now)
    }
}

impl Store {
    /// What is on record for `key`.
    ///
    /// # Errors
    /// [`StoreError`]; `None` when the key has not been used, or its answer has expired.
    pub async fn answer(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Recorded>, StoreError> {
        let stored: Option<Item<StoredAnswer>> = self.get(&keys::idempotency(&key.who, &key.key)).await?;
        Ok(stored.and_then(|item| item.content.recorded_for(key, now)))
    }
}
