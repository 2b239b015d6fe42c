//! The cart: products collected for one request.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CatalogueId, PlanId, ProductId};
use crate::product::Product;
use crate::rule::{self, Violation};

/// How long a cart lives after it was last touched.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Products that a person has collected, under one plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The collected products, oldest first; each once.
    pub items: Vec<CartItem>,
}

/// A product in a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartItem {
    /// The product.
    pub product_id: ProductId,
    /// The catalogue that offered it.
    pub catalogue_id: CatalogueId,
    /// The plan chosen with it.
    pub plan_id: PlanId,
    /// Time at which it was added.
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Timestamp,
}

impl Cart {
    /// The cart with `item` in it, in place of the same product with another catalogue or plan.
    /// `products` are those of the items, as far as they still exist.
    ///
    /// # Errors
    /// `mixed-authentication-methods` and `mixed-plans`, in this order.
    pub fn with(mut self, item: CartItem, products: &[&Product]) -> Result<Self, Violation> {
        match self.items.iter_mut().find(|held| held.product_id == item.product_id) {
            Some(held) => *held = item,
            None => self.items.push(item),
        }
        let held = |product: &&Product| self.items.iter().any(|item| item.product_id == product.id);
        rule::one_auth_method(products.iter().copied().filter(held))?;
        rule::one_plan(self.items.iter().map(|item| &item.plan_id))?;
        Ok(self)
    }

    /// The cart without `product`; `None` when it is not in it.
    pub fn without(mut self, product: &ProductId) -> Option<Self> {
        let before = self.items.len();
        self.items.retain(|item| &item.product_id != product);
        (self.items.len() < before).then_some(self)
    }
}
