//! Deletions of catalogues, products and plans that take more than one call.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Item;
use crate::keys::{self, WorkKind};
use crate::offerings::Offering;
use crate::transaction::Transaction;

/// A deletion that was accepted: the requests that need the offering are being ended, and then it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// The person who deletes it.
    pub by: Actor,
    /// The time at which the deletion was accepted.
    pub began_at: Timestamp,
}

impl Transaction {
    /// Marks an offering as being deleted, and lists it for the background work that goes on with it from `due_at`.
    /// Refused by [`Guard::Deletion`] when it is marked already.
    pub fn begin_deletion<T: Offering>(self, id: &T::Id, deletion: &Deletion, due_at: Timestamp) -> Self {
        let key = keys::deletion(&T::key(id));
        let work = keys::work(WorkKind::DeleteOffering, due_at, &key);
        self.create(Guard::Deletion, &Item::new(key, deletion.clone()).work(Some(work)))
    }

    /// Requires that the offering is not marked as being deleted. Refused by [`Guard::Deletion`].
    pub fn require_no_deletion<T: Offering>(self, id: &T::Id) -> Self {
        self.require(Guard::Deletion, &keys::deletion(&T::key(id)), "attribute_not_exists(PK)")
    }

    /// Removes the mark of [`Transaction::begin_deletion`], together with the offering.
    pub fn end_deletion<T: Offering>(self, id: &T::Id) -> Self {
        self.delete_if(Guard::Deletion, &keys::deletion(&T::key(id)), "attribute_exists(PK)", None)
    }

    /// Removes the mark of `deletion` by itself: there is no offering any more. Refused by [`Guard::Deletion`] when it is gone
    /// too.
    pub fn drop_deletion<T: Offering>(self, id: &T::Id, deletion: &Deletion) -> Self {
        let began_at = Some((":began_at", AttributeValue::S(deletion.began_at.to_string())));
        self.delete_if(Guard::Deletion, &keys::deletion(&T::key(id)), "began_at = :began_at", began_at)
    }
}

impl Store {
    /// The deletion of an offering that has begun and is not finished, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deletion<T: Offering>(&self, id: &T::Id) -> Result<Option<Deletion>, StoreError> {
        let stored: Option<Item<Deletion>> = self.get(&keys::deletion(&T::key(id))).await?;
        Ok(stored.map(|item| item.content))
    }
}
