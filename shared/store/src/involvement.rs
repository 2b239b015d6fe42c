//! The parts of people in credentials: an item for each person and credential, so that any number of people can be shown a key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::PersonId;
use gatepass_domain::conflict::Involvement;
use gatepass_domain::id::CredentialId;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item};
use crate::keys::{self, Key};
use crate::read::take;
use crate::transaction::Transaction;

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    involvement: Involvement,
}

/// The part that the item under `key` records, of the items that were found.
pub(crate) fn take_involvement(
    found: &mut HashMap<Key, Attributes>,
    key: Option<&Key>,
) -> Result<Option<Involvement>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let item: Option<Item<Part>> = take(found, key)?;
    Ok(item.map(|item| item.content.involvement))
}

impl Transaction {
    /// Records the part of `person` in a credential. It must not be the other part that they have so far: of two calls at the same
    /// time, one that decides and one that shows the key, one is refused.
    pub fn involve(self, id: CredentialId, person: &PersonId, involvement: Involvement) -> Self {
        let text = match involvement {
            Involvement::Decided => "decided",
            Involvement::SawKey => "saw_key",
        };
        let same = AttributeValue::S(text.to_owned());
        let item = Item::new(keys::involvement(id, person), Part { involvement });
        let condition = "attribute_not_exists(PK) OR involvement = :same";
        self.put(Guard::Involvement, &item, condition, Some((":same", same)))
    }
}

impl Store {
    /// The part of `person` in a credential, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn involvement(&self, id: CredentialId, person: &PersonId) -> Result<Option<Involvement>, StoreError> {
        let item: Option<Item<Part>> = self.get(&keys::involvement(id, person)).await?;
        Ok(item.map(|item| item.content.involvement))
    }
}
