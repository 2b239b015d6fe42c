//! `GET /v1/access-requests`

use axum::Json;
use axum::extract::{Extension, State};
use gatepass_app::requests;
use gatepass_domain::access_request::{AccessRequestView, Order};
use gatepass_http::{Caller, ExchangeId, Listed, Params, Problem};
use gatepass_store::Listing;

use super::views::{PageParams, page_size};
use crate::state::Api;

/// The caller's requests, newest first.
#[utoipa::path(get, path = "/v1/access-requests", tag = "access requests", operation_id = "list_access_requests",
    security(("bearer" = [])), params(PageParams), responses((status = 200, body = Listed<AccessRequestView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    Params(params): Params<PageParams>,
) -> Result<Json<Listed<AccessRequestView>>, Problem> {
    let mut context = api.context(&exchange)?;
    let list = format!("access-requests?status={:?}", params.status);
    let limit = page_size(params.limit)?;
    let cursors = api.cursor_key(&mut context).await?;
    let after = cursors.position(params.cursor.as_deref(), &caller.id, &list)?;
    let listing = Listing { status: params.status, order: Order::Newest, limit, after };
    let page = requests::list_own(&api.store, &caller, &listing).await?;
    Ok(Json(cursors.page(page, &caller.id, &list)))
}
