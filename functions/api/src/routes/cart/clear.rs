//! `DELETE /v1/cart`

use axum::extract::State;
use axum::http::StatusCode;
use gatepass_app::cart;
use gatepass_http::{Caller, Problem, RequestContext};

use crate::state::Api;

/// Empties the cart.
#[utoipa::path(delete, path = "/v1/cart", tag = "cart", operation_id = "clear_cart", security(("bearer" = [])),
    responses((status = 204)))]
pub(crate) async fn clear(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
) -> Result<StatusCode, Problem> {
    cart::clear(&api.store, &mut context, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
