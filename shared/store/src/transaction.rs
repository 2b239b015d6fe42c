//! The one way to change state: state, guards and event in one `TransactWriteItems`.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use gatepass_domain::Context;
use serde::Serialize;

use crate::Store;
use crate::commit_error::{CommitError, Refusal};
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, attributes_of, encode};
use crate::keys::Key;

/// State, guards and events that are committed together or not at all.
///
/// At most 100 parts and 4 MB ([TransactWriteItems](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)).
#[derive(Debug)]
pub struct Transaction {
    parts: Vec<(Guard, TransactWriteItem)>,
    /// Makes a repeated call, after a lost reply, the same call (kept by DynamoDB for 10 minutes).
    token: String,
    fault: Option<StoreError>,
}

impl Transaction {
    /// An empty transaction.
    pub fn new(context: &mut Context) -> Self {
        Self { parts: Vec::new(), token: context.attempt_token(), fault: None }
    }

    /// Writes an item whose key must be new.
    pub(crate) fn create<T: Serialize>(self, guard: Guard, item: &Item<T>) -> Self {
        self.put(guard, item, "attribute_not_exists(PK)", None)
    }

    /// Writes an item over the one whose `version` must still be `expected`.
    pub(crate) fn replace<T: Serialize>(self, guard: Guard, item: &Item<T>, expected: u64) -> Self {
        let expected = AttributeValue::N(expected.to_string());
        self.put(guard, item, "version = :expected", Some((":expected", expected)))
    }

    /// Writes an item under `condition`.
    pub(crate) fn put<T: Serialize>(
        mut self,
        guard: Guard,
        item: &Item<T>,
        condition: &str,
        value: Option<(&str, AttributeValue)>,
    ) -> Self {
        match encode(item) {
            Ok(attributes) => {
                let mut put = Put::builder()
                    .set_item(Some(attributes))
                    .condition_expression(condition)
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
                if let Some((name, value)) = value {
                    put = put.expression_attribute_values(name, value);
                }
                self.push(guard, put, |put, table| {
                    put.table_name(table).build().map(|put| TransactWriteItem::builder().put(put).build())
                })
            }
            Err(fault) => {
                self.fault.get_or_insert(fault);
                self
            }
        }
    }

    /// Writes an item whatever stands there: another part of the transaction guards it.
    pub(crate) fn overwrite<T: Serialize>(self, guard: Guard, item: &Item<T>) -> Self {
        self.put(guard, item, "attribute_exists(PK) OR attribute_not_exists(PK)", None)
    }

    /// Changes an item in place.
    pub(crate) fn update(self, guard: Guard, key: &Key, change: Change) -> Self {
        let update = Update::builder()
            .set_key(Some(attributes_of(key)))
            .update_expression(change.update)
            .condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names).filter(|names| !names.is_empty()))
            .set_expression_attribute_values(Some(change.values).filter(|values| !values.is_empty()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        self.push(guard, update, |update, table| {
            update.table_name(table).build().map(|update| TransactWriteItem::builder().update(update).build())
        })
    }

    /// Deletes an item whose `version` must still be `expected`.
    pub(crate) fn delete(self, guard: Guard, key: &Key, expected: u64) -> Self {
        self.delete_if(guard, key, "version = :expected", Some((":expected", AttributeValue::N(expected.to_string()))))
    }

    /// Deletes an item whatever stands there: another part of the transaction guards it.
    pub(crate) fn remove(self, guard: Guard, key: &Key) -> Self {
        self.delete_if(guard, key, "attribute_exists(PK) OR attribute_not_exists(PK)", None)
    }

    /// Deletes an item under `condition`.
    pub(crate) fn delete_if(
        self,
        guard: Guard,
        key: &Key,
        condition: &str,
        value: Option<(&str, AttributeValue)>,
    ) -> Self {
        let mut delete = Delete::builder()
            .set_key(Some(attributes_of(key)))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some((name, value)) = value {
            delete = delete.expression_attribute_values(name, value);
        }
        self.push(guard, delete, |delete, table| {
            delete.table_name(table).build().map(|delete| TransactWriteItem::builder().delete(delete).build())
        })
    }

    /// Requires `condition` of an item, without changing it.
    pub(crate) fn require(self, guard: Guard, key: &Key, condition: &str) -> Self {
        let check = ConditionCheck::builder().set_key(Some(attributes_of(key))).condition_expression(condition);
        self.push(guard, check, |check, table| {
            check.table_name(table).build().map(|check| TransactWriteItem::builder().condition_check(check).build())
        })
    }

    /// Requires `condition` of an item, in which `:expected` stands for `value`, without changing it.
    pub(crate) fn require_value(self, guard: Guard, key: &Key, condition: &str, value: AttributeValue) -> Self {
        let check = ConditionCheck::builder()
            .set_key(Some(attributes_of(key)))
            .condition_expression(condition)
            .expression_attribute_values(":expected", value);
        self.push(guard, check, |check, table| {
            check.table_name(table).build().map(|check| TransactWriteItem::builder().condition_check(check).build())
        })
    }

    /// Requires that the attribute `name` of an item holds the text `value`, without changing it.
    pub(crate) fn require_text(self, guard: Guard, key: &Key, name: &str, value: &str) -> Self {
        self.check_text(guard, key, "#name = :value", name, value)
    }

    /// Requires that the attribute `name` of an item holds another text than `value`, without changing it.
    pub(crate) fn require_other_text(self, guard: Guard, key: &Key, name: &str, value: &str) -> Self {
        self.check_text(guard, key, "attribute_exists(PK) AND #name <> :value", name, value)
    }

    fn check_text(self, guard: Guard, key: &Key, condition: &str, name: &str, value: &str) -> Self {
        let check = ConditionCheck::builder()
            .set_key(Some(attributes_of(key)))
            .condition_expression(condition)
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", AttributeValue::S(value.to_owned()));
        self.push(guard, check, |check, table| {
            check.table_name(table).build().map(|check| TransactWriteItem::builder().condition_check(check).build())
        })
    }

    fn push<B, E>(
        mut self,
        guard: Guard,
        builder: B,
        build: impl FnOnce(B, &str) -> Result<TransactWriteItem, E>,
    ) -> Self
    where
        E: std::error::Error,
    {
        // The table's name is filled in at commit, so that a transaction can be composed without a store.
        match build(builder, "") {
            Ok(part) => self.parts.push((guard, part)),
            Err(cause) => {
                self.fault.get_or_insert(StoreError::Unwritable(cause.to_string()));
            }
        }
        self
    }
}

/// How an item is changed in place, and under which condition.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) update: String,
    pub(crate) condition: String,
    pub(crate) names: std::collections::HashMap<String, String>,
    pub(crate) values: Attributes,
}

/// Tries after which a transaction that keeps colliding with others is given up.
const TRIES: u32 = 10;

impl Store {
    /// Commits all of `transaction`, or nothing.
    ///
    /// Collisions with other transactions and throttles are retried here, with a growing pause: the
    /// SDK does not, because they come as one kind of answer together with conditions that failed.
    ///
    /// # Errors
    /// [`CommitError::Refused`] with every guard that did not hold, and what stood there.
    pub async fn commit(&self, transaction: Transaction) -> Result<(), CommitError> {
        let Transaction { parts, token, fault } = transaction;
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        let (guards, parts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let parts: Vec<_> = parts.into_iter().map(|part| self.addressed(part)).collect();
        for attempt in 1.. {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(parts.clone()))
                .client_request_token(&token)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match outcome(&guards, &error) {
                Outcome::Refused(refusals) => return Err(CommitError::Refused(refusals)),
                Outcome::Collided if attempt < TRIES => tokio::time::sleep(pause(attempt, &token)).await,
                Outcome::Collided => break,
                Outcome::Failed(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable(format!("TransactWriteItems: collided {TRIES} times")).into())
    }

    fn addressed(&self, part: TransactWriteItem) -> TransactWriteItem {
        let table = || self.table.clone();
        let mut part = part;
        if let Some(put) = &mut part.put {
            put.table_name = table();
        }
        if let Some(update) = &mut part.update {
            update.table_name = table();
        }
        if let Some(delete) = &mut part.delete {
            delete.table_name = table();
        }
        if let Some(check) = &mut part.condition_check {
            check.table_name = table();
        }
        part
    }
}

enum Outcome {
    Refused(Vec<Refusal>),
    Collided,
    Failed(StoreError),
}

fn outcome<R>(guards: &[Guard], error: &SdkError<TransactWriteItemsError, R>) -> Outcome {
    let service_error = error.as_service_error();
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = service_error {
        let reasons = cancelled.cancellation_reasons();
        // A part that met another transaction was not judged, and its verdict may explain the others': a call that came first
        // with the same idempotency key also fails the guards of the one that repeats it.
        let collided = |reason: &CancellationReason| reason.code().is_some_and(|code| COLLISIONS.contains(&code));
        if reasons.iter().any(collided) {
            return Outcome::Collided;
        }
        let refusals: Vec<_> =
            guards.iter().zip(reasons).filter_map(|(guard, reason)| refusal(*guard, reason)).collect();
        if !refusals.is_empty() {
            return Outcome::Refused(refusals);
        }
        let codes: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
        return Outcome::Failed(StoreError::Refused(format!("TransactWriteItems: {}", codes.join(", "))));
    }
    if service_error.and_then(ProvideErrorMetadata::code) == Some("TransactionInProgressException") {
        return Outcome::Collided;
    }
    Outcome::Failed(StoreError::from_sdk("TransactWriteItems", error))
}

/// Cancellation reasons that say nothing about the guards.
const COLLISIONS: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

fn refusal(guard: Guard, reason: &CancellationReason) -> Option<Refusal> {
    let failed = reason.code() == Some("ConditionalCheckFailed");
    failed.then(|| Refusal { guard, found: reason.item().cloned() })
}

/// 10 ms doubled each time up to 640 ms, of which half is spread by the token: those who collided
/// do not meet again.
fn pause(attempt: u32, token: &str) -> Duration {
    let longest = 10_u64 << attempt.min(6);
    let spread = token.bytes().fold(u64::from(attempt), |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    Duration::from_millis(longest / 2 + spread % (longest / 2))
}
