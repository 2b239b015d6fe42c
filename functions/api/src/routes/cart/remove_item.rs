//! `DELETE /v1/cart/items/{product_id}`

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use gatepass_app::cart;
use gatepass_domain::id::ProductId;
use gatepass_http::{Caller, ExchangeId, Id, Problem};

use crate::state::Api;

/// Takes a product out of the cart.
#[utoipa::path(delete, path = "/v1/cart/items/{product_id}", tag = "cart", operation_id = "remove_cart_item",
    security(("bearer" = [])), params(("product_id" = ProductId, Path)), responses((status = 204)))]
pub(crate) async fn remove_item(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    product_id: Id,
) -> Result<StatusCode, Problem> {
    let product_id = product_id.slug("product in your cart")?;
    cart::remove(&api.store, &mut api.context(&exchange)?, &caller, &product_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
