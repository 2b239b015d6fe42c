//! Events: the audit trail that is also the outbox.

use gatepass_domain::Event;
use gatepass_domain::event::{Aggregate, Chain, Detail};
use gatepass_domain::id::AppId;
use jiff::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode};
use crate::keys;
use crate::read::{Index, Query, Span};
use crate::transaction::Transaction;

/// The item of an event.
pub(crate) fn item(event: &Event) -> Item<Event> {
    let item = Item::new(keys::event(event), event.clone()).gsi2(Some(keys::event_of_day(event)));
    match app_of(event) {
        Some(app_id) => item.gsi1(keys::event_of_app(app_id, event)),
        None => item,
    }
}

/// The app that an event concerns.
fn app_of(event: &Event) -> Option<AppId> {
    match &event.detail {
        Detail::AccessRequestSubmitted(submitted) => Some(submitted.subject.app_id),
        Detail::ProvisioningDeferred(failed) | Detail::ProvisioningFailed(failed) => Some(failed.subject.app_id),
        Detail::AccessRequestReferred(subject)
        | Detail::AccessRequestApprovalRecorded(subject)
        | Detail::AccessRequestApproved(subject)
        | Detail::AccessRequestRejected(subject)
        | Detail::AccessRequestWithdrawn(subject)
        | Detail::AccessRequestExpired(subject)
        | Detail::AccessProvisioned(subject)
        | Detail::ProvisioningRequeued(subject)
        | Detail::AccessRevoked(subject) => Some(subject.app_id),
        Detail::CredentialRevealed(subject)
        | Detail::CredentialRotated(subject)
        | Detail::CredentialSuspended(subject)
        | Detail::CredentialResumed(subject)
        | Detail::CredentialRevoked(subject)
        | Detail::CredentialExpiring(subject)
        | Detail::CredentialExpired(subject) => Some(subject.app_id),
        Detail::AppCreated(_) | Detail::AppUpdated(_) | Detail::AppDeleted(_) => match &event.aggregate {
            Aggregate::App(app_id) => Some(*app_id),
            _ => None,
        },
        Detail::CatalogueCreated(_)
        | Detail::CatalogueUpdated(_)
        | Detail::CatalogueDeleted(_)
        | Detail::ProductCreated(_)
        | Detail::ProductUpdated(_)
        | Detail::ProductDeleted(_)
        | Detail::PlanCreated(_)
        | Detail::PlanUpdated(_)
        | Detail::PlanDeleted(_)
        | Detail::SettingsUpdated(_) => None,
    }
}

impl Transaction {
    /// Records what happened. Its place in the chain must be free, so that a chain never forks.
    pub fn event(self, event: &Event) -> Self {
        self.create(Guard::Event, &item(event))
    }
}

impl Store {
    /// The chain of an aggregate, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of(&self, aggregate: &Aggregate) -> Result<Vec<Event>, StoreError> {
        let query = Query::new(Index::Table, keys::aggregate(aggregate), Span::Prefix(keys::EVENTS.into()));
        decode_all(self.query_all(query).await?)
    }

    /// What happened to an aggregate last, also to one that no longer exists.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_event_of(&self, aggregate: &Aggregate) -> Result<Option<Event>, StoreError> {
        let query = Query::new(Index::Table, keys::aggregate(aggregate), Span::Prefix(keys::EVENTS.into()));
        let (rows, _) = self.query_page(&query.newest_first().limit(1), None).await?;
        Ok(decode_all(rows)?.into_iter().next())
    }

    /// The end of an aggregate's chain, also of one that no longer exists; empty before its first event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_of_chain(&self, aggregate: &Aggregate) -> Result<Chain, StoreError> {
        let last = self.last_event_of(aggregate).await?;
        Ok(last.map(|event| Chain { seq: event.seq, hash: event.hash }).unwrap_or_default())
    }

    /// What happened from `from` to `to`, both included, oldest first; both on one day in UTC.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of_day(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        for shard in keys::log_shards(from) {
            let span = Span::Between(keys::time(from), format!("{}~", keys::time(to)));
            events.extend(decode_all(self.query_all(Query::new(Index::Gsi2, shard, span)).await?)?);
        }
        events.sort_by_key(|event: &Event| (event.occurred_at, event.id));
        Ok(events)
    }

    /// The event that a record of the table's stream carries.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when the image is not an event item.
    pub fn event_from_image(image: serde_dynamo::Item) -> Result<Event, StoreError> {
        let key = format!("{:?}", image.get("SK"));
        let item: Item<Event> =
            serde_dynamo::from_item(image).map_err(|cause| StoreError::Unreadable { key, cause: cause.to_string() })?;
        Ok(item.content)
    }
}

fn decode_all(rows: Vec<Attributes>) -> Result<Vec<Event>, StoreError> {
    rows.into_iter().map(|row| decode::<Item<Event>>(row).map(|item| item.content)).collect()
}
