//! `GET /v1/access-requests`

use axum::Json;
use axum::extract::State;
use gatepass_app::requests;
use gatepass_domain::access_request::{Order, Status};
use gatepass_http::{Caller, Listed, PageQuery, Problem};
use gatepass_store::Listing;
use serde::Deserialize;
use utoipa::IntoParams;

use super::response::AccessRequestResponse;
use crate::state::Api;

/// The requests to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusFilter {
    /// Only requests in this status.
    status: Option<Status>,
}

/// The caller's requests, and those for apps that were reassigned to them; newest first.
#[utoipa::path(get, path = "/v1/access-requests", tag = "access requests", operation_id = "list_access_requests",
    security(("bearer" = [])), params(PageQuery<StatusFilter>), responses((status = 200, body = Listed<AccessRequestResponse>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    query: PageQuery<StatusFilter>,
) -> Result<Json<Listed<AccessRequestResponse>>, Problem> {
    let (store, who, status) = (&api.store, &caller, query.filter.status);
    let load = |limit, after| async move {
        requests::list_own(store, who, &Listing { status, provisioning: None, order: Order::Newest, limit, after })
            .await
    };
    api.page(&caller.id, &query, load, |(request, awaiting)| AccessRequestResponse::new(&request, awaiting)).await
}
