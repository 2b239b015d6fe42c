//! The record of the mails about requests and apps.
//!
//! The mail service has no idempotency token. A marker is taken before a mail is handed over and
//! settled afterwards, so that a mail is sent twice only when the process stops in between, the answer is lost, or the
//! record cannot be written.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::event::{MailRecord, MailStatus};
use gatepass_domain::settings::MailKind;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, encode};
use crate::keys::{self, Key, MailPlace};

/// How long a mail may be on its way before it counts as lost with its process.
pub const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(60);

/// The permission to send a mail now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// It may: nobody has, whoever tried has died, or the mail service refused it. Settle it with [`Store::settle_mail`].
    Taken(MailLease),
    /// It has been settled before: there is nothing to do.
    Settled(MailStatus),
    /// Somebody else is sending it at this moment.
    Busy,
}

/// The marker that stands while a mail is on its way.
#[derive(Debug, Serialize)]
struct Leased {
    #[serde(flatten)]
    record: MailRecord,
    /// Since when, in milliseconds since the epoch: a number, so that DynamoDB can compare it.
    since: i64,
}

/// The right to send one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLease {
    key: Key,
    template: MailKind,
    /// When it was taken: once it counts as lost, another delivery takes a lease of its own.
    since: i64,
}

/// The marker is that of the lease.
const OWN: &str = "#status = :sending AND since = :since";

impl Store {
    /// Asks to send the mail `template`, on record beside `place`; `which` tells apart those that may be due more than once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_mail(
        &self,
        place: impl Into<MailPlace>,
        template: MailKind,
        which: Option<&str>,
        now: Timestamp,
    ) -> Result<Lease, StoreError> {
        let key = keys::mail(place.into(), template, which);
        let record = MailRecord { template, status: MailStatus::Sending, at: now };
        let leased = Leased { record, since: now.as_millisecond() };
        let lost = now.checked_sub(ON_ITS_WAY).unwrap_or(Timestamp::MIN);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(&Item::new(key.clone(), leased))?))
            .condition_expression(
                "attribute_not_exists(PK) OR #status = :refused OR (#status = :sending AND since <= :lost)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":refused", AttributeValue::S("refused".into()))
            .expression_attribute_values(":sending", AttributeValue::S("sending".into()))
            .expression_attribute_values(":lost", AttributeValue::N(lost.as_millisecond().to_string()))
            .send()
            .await;
        match put {
            Ok(_) => Ok(Lease::Taken(MailLease { key, template, since: now.as_millisecond() })),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {
                let standing: Option<Item<MailRecord>> = self.get(&key).await?;
                Ok(match standing.map(|item| item.content.status) {
                    Some(MailStatus::Sending) | None => Lease::Busy,
                    Some(settled) => Lease::Settled(settled),
                })
            }
            Err(error) => Err(StoreError::from_sdk("PutItem", &error)),
        }
    }

    /// The record of the mail `template` beside `place`.
    ///
    /// # Errors
    /// [`StoreError`]; `None` when the mail has not been due.
    pub async fn mail(
        &self,
        place: impl Into<MailPlace>,
        template: MailKind,
        which: Option<&str>,
    ) -> Result<Option<MailRecord>, StoreError> {
        let record: Option<Item<MailRecord>> = self.get(&keys::mail(place.into(), template, which)).await?;
        Ok(record.map(|item| item.content))
    }

    /// Writes down what became of a mail, unless another delivery has taken it over: that one does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_mail(&self, lease: &MailLease, status: MailStatus, now: Timestamp) -> Result<(), StoreError> {
        let record = MailRecord { template: lease.template, status, at: now };
        let item = encode(&Item::new(lease.key.clone(), record))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression(OWN)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", AttributeValue::S("sending".into()))
            .expression_attribute_values(":since", AttributeValue::N(lease.since.to_string()));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk("PutItem", &error)),
        }
    }

    /// Settles the mail `template` beside `place` if it counts as lost with its process: whether it was sent is
    /// [`MailStatus::Unconfirmed`]. Gives whether it is [`Lease::Busy`], being sent at this moment; `None` when it has never been
    /// due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_lost_mail(
        &self,
        place: impl Into<MailPlace>,
        template: MailKind,
        which: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let place = place.into();
        match self.mail(place, template, which).await? {
            None => Ok(None),
            Some(MailRecord { status: MailStatus::Sending, at, .. }) if now.duration_since(at) >= ON_ITS_WAY => {
                let lease = self.lease_mail(place, template, which, now).await?;
                if let Lease::Taken(lease) = &lease {
                    self.settle_mail(lease, MailStatus::Unconfirmed, now).await?;
                    return Ok(Some(Lease::Settled(MailStatus::Unconfirmed)));
                }
                Ok(Some(lease))
            }
            Some(MailRecord { status: MailStatus::Sending, .. }) => Ok(Some(Lease::Busy)),
            Some(MailRecord { status, .. }) => Ok(Some(Lease::Settled(status))),
        }
    }

    /// Gives a lease back: the mail was not sent, and may be tried again at once. Does nothing when another delivery has taken
    /// it over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_mail(&self, lease: MailLease) -> Result<(), StoreError> {
        let key = crate::item::attributes_of(&lease.key);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        let delete = delete
            .condition_expression(OWN)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", AttributeValue::S("sending".into()))
            .expression_attribute_values(":since", AttributeValue::N(lease.since.to_string()));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk("DeleteItem", &error)),
        }
    }
}
