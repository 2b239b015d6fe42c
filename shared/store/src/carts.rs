//! Carts.

use gatepass_domain::cart::LIFETIME;
use gatepass_domain::{Cart, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Item;
use crate::keys;
use crate::transaction::Transaction;

/// A cart as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCart {
    /// The content.
    #[serde(flatten)]
    pub cart: Cart,
    /// Counts its changes, from 1; 0 when there is none.
    pub version: u64,
    /// When it expires, unless it is touched before; `None` when it is empty.
    pub expires_at: Option<Timestamp>,
}

impl Transaction {
    /// Writes a cart over the one that was read. An empty one stays until it expires: its version is not used again,
    /// so that whoever saw an earlier cart does not take the next one for it.
    pub fn cart(self, who: &PersonId, read: &StoredCart, cart: Cart, now: Timestamp) -> Self {
        let expires_at = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let next = StoredCart { cart, version: read.version + 1, expires_at: Some(expires_at) };
        let item = Item::new(keys::cart(who), next).expiring(expires_at);
        match read.version {
            0 => self.create(Guard::Cart, &item),
            version => self.replace(Guard::Cart, &item, version),
        }
    }
}

impl Store {
    /// The cart of a person; one that has expired is empty, and still has its version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cart(&self, who: &PersonId, now: Timestamp) -> Result<StoredCart, StoreError> {
        let stored: Option<Item<StoredCart>> = self.get(&keys::cart(who)).await?;
        let mut stored = stored.map(|item| item.content).unwrap_or_default();
        if stored.expires_at.is_some_and(|end| end <= now) {
            stored.cart = Cart::default();
        }
        if stored.cart.items.is_empty() {
            stored.expires_at = None;
        }
        Ok(stored)
    }
}
