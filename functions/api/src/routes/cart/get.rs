//! `GET /v1/cart`

use axum::extract::State;
use gatepass_app::cart;
use gatepass_http::{Caller, Problem, Tagged};

use super::views::CartView;
use crate::state::Api;

/// The caller's cart.
#[utoipa::path(get, path = "/v1/cart", tag = "cart", operation_id = "get_cart", security(("bearer" = [])),
    responses((status = 200, body = CartView, headers(("ETag" = String)))))]
pub(crate) async fn get(State(api): State<Api>, Caller(caller): Caller) -> Result<Tagged<CartView>, Problem> {
    let filled = cart::get(&api.store, api.clock.now(), &caller).await?;
    Ok(Tagged { version: filled.stored.version, entity: filled.into() })
}
