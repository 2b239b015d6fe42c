//! A cart as its owner sees it.

use gatepass_app::cart::FilledCart;
use gatepass_domain::cart::CartItem;
use gatepass_domain::id::PlanId;
use gatepass_domain::product::AuthMethod;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::catalogues::views::PlanSummary;

/// The products that a person has collected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartView {
    /// The collected items, oldest first.
    items: Vec<CartItemView>,
    /// The one plan; `null` as long as the cart is empty.
    plan_id: Option<PlanId>,
    /// The one plan's terms, as far as it still exists.
    plan: Option<PlanSummary>,
    /// The authentication method that all products share; `null` as long as the cart is empty.
    auth_method: Option<AuthMethod>,
    /// Expiry, unless the cart changes before.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A product in a cart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartItemView {
    #[serde(flatten)]
    item: CartItem,
    /// The product's name; `null` when it is no longer on offer.
    name: Option<String>,
    /// True when it can be asked for now. An item that cannot must be removed before the cart is submitted.
    available: bool,
}

impl From<FilledCart> for CartView {
    fn from(FilledCart { stored, items, plan }: FilledCart) -> Self {
        let auth_method = items.iter().find_map(|(_, product)| product.as_ref().map(|product| product.auth_method));
        Self {
            plan_id: items.first().map(|(item, _)| item.plan_id.clone()),
            plan: plan.map(PlanSummary::from),
            auth_method,
            expires_at: stored.expires_at,
            items: items
                .into_iter()
                .map(|(item, product)| CartItemView {
                    item,
                    available: product.is_some(),
                    name: product.map(|product| product.content.name),
                })
                .collect(),
        }
    }
}
