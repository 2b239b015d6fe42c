//! `DELETE /v1/cart/items/{product_id}`

use axum::extract::State;
use axum::http::StatusCode;
use gatepass_app::cart;
use gatepass_http::{Caller, PathParams, Problem, RequestContext};

use super::path::CartItemPath;
use crate::state::Api;

/// Removes a product from the cart.
#[utoipa::path(delete, path = "/v1/cart/items/{product_id}", tag = "cart", operation_id = "remove_cart_item",
    security(("bearer" = [])), params(CartItemPath), responses((status = 204)))]
pub(crate) async fn remove_item(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CartItemPath { product_id }): PathParams<CartItemPath>,
) -> Result<StatusCode, Problem> {
    let product_id = product_id.parse().map_err(|_| Problem::not_found("product in your cart"))?;
    cart::remove(&api.store, &mut context, &caller, &product_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
