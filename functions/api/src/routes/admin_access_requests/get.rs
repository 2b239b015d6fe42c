//! `GET /v1/admin/access-requests/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::requests;
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, NoFilter, Owner, PageQuery, Problem};

use crate::routes::access_requests::response::AccessRequestDetail;
use crate::state::Api;

/// One request, with a page of its history.
#[utoipa::path(get, path = "/v1/admin/access-requests/{id}", tag = "admin: access requests", operation_id = "admin_get_access_request",
    security(("bearer" = [])), params(Id<RequestId>, PageQuery<NoFilter>), responses((status = 200, body = AccessRequestDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Owner(owner): Owner,
    id: Id<RequestId>,
    query: PageQuery<NoFilter>,
) -> Result<Json<AccessRequestDetail>, Problem> {
    let dossier = requests::get_any(&api.store, &owner, id.parse()?).await?;
    Ok(Json(AccessRequestDetail::of(&api, &owner.person().id, dossier, &query).await?))
}
