//! What a person holds at the moment, as far as the caps of the settings need to know.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::PersonId;
use gatepass_domain::access_request::Status;
use gatepass_domain::id::RequestId;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Item, set_aside};
use crate::keys;
use crate::read::{Index, Query, Span};
use crate::requests;
use crate::transaction::Transaction;

/// A person's pending requests and apps. Every submit and every new app writes it under its version, so that parallel
/// calls of one person are counted one after the other.
///
/// A request stays listed after it was decided, until the list is full and is looked through: a decision then writes
/// nothing here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Holdings {
    /// Counts the changes, from 1; 0 before the first.
    version: u64,
    /// Requests that were pending when they were listed.
    pending: Vec<RequestId>,
    /// How many apps the person has. It is counted when it is needed and never stored; otherwise 0.
    #[serde(skip)]
    apps: u64,
}

impl Holdings {
    /// How many requests count as pending.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many apps the person has; 0 unless they were counted.
    pub fn apps(&self) -> u64 {
        self.apps
    }

    /// The same with another pending request, if there is one.
    pub fn with(&self, request: Option<RequestId>) -> Self {
        let pending = self.pending.iter().copied().chain(request).collect();
        Self { version: self.version + 1, pending, apps: self.apps }
    }
}

impl Transaction {
    /// Writes the holdings of `who` over the version that these came from.
    pub fn holdings(self, who: &PersonId, holdings: Holdings) -> Self {
        let expected = AttributeValue::N((holdings.version - 1).to_string());
        let item = Item::new(keys::holdings(who), holdings);
        self.put(
            Guard::Holdings,
            &item,
            "attribute_not_exists(PK) OR version = :expected",
            Some((":expected", expected)),
        )
    }
}

impl Store {
    /// The holdings of `who`, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holdings(&self, who: &PersonId) -> Result<Holdings, StoreError> {
        let stored: Option<Item<Holdings>> = self.get(&keys::holdings(who)).await?;
        Ok(stored.map(|item| item.content).unwrap_or_default())
    }

    /// The holdings without the requests that are no longer pending. They are looked at when `cap` of them are listed;
    /// before that it does not matter.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holdings_against(&self, holdings: Holdings, cap: usize) -> Result<Holdings, StoreError> {
        if holdings.pending.len() < cap {
            return Ok(holdings);
        }
        let keys: Vec<_> = holdings.pending.iter().copied().map(keys::request).collect();
        let mut pending = Vec::with_capacity(keys.len());
        for row in self.batch_get(&keys).await?.into_values() {
            // A request that cannot be read counts no longer: it keeps nobody from asking.
            let Some(request) = set_aside(requests::parse(row)) else { continue };
            if request.view().status == Status::Pending {
                pending.push(request.facts().id);
            }
        }
        Ok(Holdings { pending, ..holdings })
    }

    /// The holdings of `who` with their apps counted, by the names that are reserved for them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn with_apps_counted(&self, who: &PersonId, holdings: Holdings) -> Result<Holdings, StoreError> {
        let names = Span::Prefix(keys::APP_NAMES.into());
        let apps = self.count_rows(&Query::new(Index::Table, keys::person(who), names)).await?;
        Ok(Holdings { apps, ..holdings })
    }
}
