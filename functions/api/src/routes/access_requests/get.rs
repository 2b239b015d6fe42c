//! `GET /v1/access-requests/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::requests;
use gatepass_domain::id::RequestId;
use gatepass_http::{Caller, Id, NoFilter, PageQuery, Problem};

use super::response::AccessRequestDetail;
use crate::state::Api;

/// One of the caller's requests, or one for an app that was reassigned to them, with a page of its history.
#[utoipa::path(get, path = "/v1/access-requests/{id}", tag = "access requests", operation_id = "get_access_request",
    security(("bearer" = [])), params(Id<RequestId>, PageQuery<NoFilter>), responses((status = 200, body = AccessRequestDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<RequestId>,
    query: PageQuery<NoFilter>,
) -> Result<Json<AccessRequestDetail>, Problem> {
    let dossier = requests::get_own(&api.store, &caller, id.parse()?).await?;
    Ok(Json(AccessRequestDetail::of(&api, &caller.id, dossier, &query).await?))
}
