//! `GET /v1/admin/access-requests/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::requests;
use gatepass_domain::id::RequestId;
use gatepass_http::{Id, NoFilter, PageQuery, Problem};

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::AccessRequestDetail;
use crate::state::Api;

/// One request, with a page of its history.
#[utoipa::path(get, path = "/v1/admin/access-requests/{id}", tag = "admin: access requests", operation_id = "admin_get_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, PageQuery<NoFilter>), responses((status = 200, body = AccessRequestDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    id: Id<RequestId>,
    query: PageQuery<NoFilter>,
) -> Result<Json<AccessRequestDetail>, Problem> {
    let dossier = requests::get_for(&api.store, &reviewer, id.parse()?).await?;
    Ok(Json(AccessRequestDetail::of(&api, &reviewer.person().id, dossier, &query).await?))
}
