//! Background work, found by state: the index `WORK` has a row for every item that must be looked at
//! again at some time, and none for items that are at rest.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::policy::Review;
use gatepass_domain::{AccessRequest, Credential, Versioned};
use jiff::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, attributes_of};
use crate::keys::{self, IndexKey, Key, WorkKind};
use crate::read::{Index, Query, Span, key_of};

/// An item that is due for background work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// The kind of work.
    pub kind: WorkKind,
    /// When the work became due.
    pub due_at: Timestamp,
    /// The key of the item in the table.
    pub key: Key,
    sort_key: String,
}

impl DueItem {
    fn read(row: &Attributes) -> Option<Self> {
        let sort_key = row.get(Index::Work.sort_key())?.as_s().ok()?.clone();
        let mut parts = sort_key.splitn(3, '#');
        let kind = WorkKind::parse(parts.next()?)?;
        let due_at = parts.next()?.parse().ok()?;
        Some(Self { kind, due_at, key: key_of(row)?, sort_key })
    }
}

/// The row of a request in the index `WORK`, when there is something to do about it.
pub(crate) fn of_request(request: &AccessRequest) -> Option<IndexKey> {
    let kind = match request {
        AccessRequest::Pending(pending) => match pending.facts().submission.policy.review {
            Review::Automatic => WorkKind::AutoApprove,
            Review::Manual => WorkKind::Waiting,
        },
        AccessRequest::Queued(_) => WorkKind::Provision,
        _ => return None,
    };
    Some(keys::work(kind, request.due_at()?, &keys::request(request.facts().id)))
}

/// The row of a credential in the index `WORK`: from the moment at which its end, or that of access to one of its products, comes or is to be announced; and when it has ended, until the
/// requests behind it have ended too.
pub(crate) fn of_credential(credential: &Versioned<Credential>) -> Option<IndexKey> {
    let due_at = match credential.status {
        CredentialStatus::Active | CredentialStatus::Suspended => {
            credential.notices.planned.first().copied().into_iter().chain(credential.next_end()).min()?
        }
        CredentialStatus::Expired | CredentialStatus::Revoked => credential.updated_at,
    };
    Some(keys::work(WorkKind::EndCredential, due_at, &keys::credential(credential.app_id, credential.id)))
}

impl Store {
    /// Takes an item off the list of work: nothing is left to do. Does nothing when its work has changed since it
    /// was listed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finish(&self, item: &DueItem) -> Result<(), StoreError> {
        self.change_work(item, |partition_key, sort_key| format!("REMOVE {partition_key}, {sort_key}"), None).await
    }

    /// The work of `kind` that is due at `now`, oldest first, behind the item `after`; at most `limit` items. One query. The
    /// index is eventually consistent: the item itself says whether there is still something to do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_work(
        &self,
        kind: WorkKind,
        after: Option<&DueItem>,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<DueItem>, StoreError> {
        // A blank is the first character that may follow.
        let from = after.map_or_else(|| keys::work_of(kind), |item| format!("{} ", item.sort_key));
        let span = Span::Between(from, keys::work_due_until(kind, now));
        let query = Query::new(Index::Work, keys::WORK, span).limit(limit);
        let (rows, _) = self.query_page(&query, None).await?;
        Ok(rows.iter().filter_map(DueItem::read).collect())
    }

    /// Puts an item off until `until`, so that it does not stand before others. Nothing else about it
    /// changes. Does nothing when its work has changed since it was listed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_off(&self, item: &DueItem, until: Timestamp) -> Result<(), StoreError> {
        let later = AttributeValue::S(keys::work(item.kind, until, &item.key).sk);
        self.change_work(item, |_, sort_key| format!("SET {sort_key} = :later"), Some(later)).await
    }

    async fn change_work(
        &self,
        item: &DueItem,
        update: impl FnOnce(&str, &str) -> String,
        later: Option<AttributeValue>,
    ) -> Result<(), StoreError> {
        let (partition_key, sort_key) = Index::Work.keys();
        let updated = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes_of(&item.key)))
            .update_expression(update(partition_key, sort_key))
            .condition_expression(format!("{sort_key} = :seen"))
            .set_expression_attribute_values(later.map(|later| HashMap::from([(":later".to_owned(), later)])))
            .expression_attribute_values(":seen", AttributeValue::S(item.sort_key.clone()))
            .send()
            .await;
        match updated {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk("UpdateItem", &error)),
        }
    }
}
