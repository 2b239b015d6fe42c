//! Deletions of catalogues, products and plans, which take more than one transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Actor;
use gatepass_domain::catalogue::Audience;
use gatepass_domain::id::CatalogueId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Item;
use crate::keys::{self, WorkKind};
use crate::offerings::Offering;
use crate::transaction::Transaction;

/// The mark of an offering that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// The person who deletes it.
    pub by: Actor,
    /// The time at which the deletion began.
    pub began_at: Timestamp,
    /// How far it got.
    #[serde(flatten)]
    pub stage: DeletionStage,
}

/// How far a deletion got, with what a process that takes it over has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deletion_stage", rename_all = "snake_case")]
pub enum DeletionStage {
    /// The requests that need the offering are being ended, and then it is deleted.
    Forced,
    /// It is deleted if no request needs it. It is being withdrawn from these catalogues.
    IfUnused(Withdrawn),
    /// Requests need it: it stays, and is being put back into these catalogues.
    PuttingBack(Withdrawn),
    /// It is deleted. The requests that needed it are looked for once more, because they are found by an index that lags.
    Finished,
}

/// The catalogues that offered something, as far as that has to be known to offer it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The catalogues that offered the product or plan; of a catalogue, itself.
    pub catalogue_ids: Vec<CatalogueId>,
    /// The audience that the catalogue had; absent for products and plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
}

impl DeletionStage {
    /// The name in the stored form.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::IfUnused(_) => "if_unused",
            Self::PuttingBack(_) => "putting_back",
            Self::Finished => "finished",
        }
    }

    fn expected(&self) -> AttributeValue {
        AttributeValue::S(self.as_str().to_owned())
    }
}

/// The offering is not being deleted. The mark of a finished deletion may still be there.
const NONE: &str = "attribute_not_exists(PK) OR deletion_stage = :expected";
/// The deletion is at the stage that was read.
const AT_STAGE: &str = "deletion_stage = :expected";

impl Transaction {
    /// Marks an offering as being deleted, or moves its deletion on from the stage `from`; and lists it for the background
    /// work that takes over at `due_at`. Refused by [`Guard::Deletion`] when the deletion is not at that stage.
    pub fn mark_deletion<T: Offering>(
        self,
        id: &T::Id,
        from: Option<&DeletionStage>,
        to: &Deletion,
        due_at: Timestamp,
    ) -> Self {
        let key = keys::deletion(&T::key(id));
        let work = keys::work(WorkKind::DeleteOffering, due_at, &key);
        let item = Item::new(key, to.clone()).work(Some(work));
        let (condition, expected) = match from {
            None => (NONE, DeletionStage::Finished.expected()),
            Some(stage) => (AT_STAGE, stage.expected()),
        };
        self.put(Guard::Deletion, &item, condition, Some((":expected", expected)))
    }

    /// Requires that the offering is not being deleted. Refused by [`Guard::Deletion`].
    pub fn require_no_deletion<T: Offering>(self, id: &T::Id) -> Self {
        let key = keys::deletion(&T::key(id));
        self.require_value(Guard::Deletion, &key, NONE, DeletionStage::Finished.expected())
    }

    /// Requires that the deletion is at this stage. Refused by [`Guard::Deletion`].
    pub fn require_deletion<T: Offering>(self, id: &T::Id, stage: &DeletionStage) -> Self {
        self.require_value(Guard::Deletion, &keys::deletion(&T::key(id)), AT_STAGE, stage.expected())
    }

    /// Removes the mark of a deletion that is at this stage. Refused by [`Guard::Deletion`].
    pub fn drop_deletion<T: Offering>(self, id: &T::Id, stage: &DeletionStage) -> Self {
        let key = keys::deletion(&T::key(id));
        self.delete_if(Guard::Deletion, &key, AT_STAGE, Some((":expected", stage.expected())))
    }
}

impl Store {
    /// The mark of a deletion, also of one that is finished; read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deletion<T: Offering>(&self, id: &T::Id) -> Result<Option<Deletion>, StoreError> {
        let stored: Option<Item<Deletion>> = self.get(&keys::deletion(&T::key(id))).await?;
        Ok(stored.map(|item| item.content))
    }
}
