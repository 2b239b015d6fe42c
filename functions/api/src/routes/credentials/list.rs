//! `GET /v1/apps/{id}/credentials`

use axum::Json;
use axum::extract::State;
use gatepass_app::credentials;
use gatepass_domain::id::AppId;
use gatepass_http::{Caller, Id, Listed, NoFilter, PageQuery, Problem};

use super::response::CredentialResponse;
use crate::state::Api;

/// The credentials of an app, newest first; without their keys.
#[utoipa::path(get, path = "/v1/apps/{id}/credentials", tag = "credentials", operation_id = "list_credentials",
    security(("bearer" = [])), params(Id<AppId>, PageQuery<NoFilter>),
    responses((status = 200, body = Listed<CredentialResponse>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<AppId>,
    query: PageQuery<NoFilter>,
) -> Result<Json<Listed<CredentialResponse>>, Problem> {
    let (store, who, id) = (&api.store, &caller, id.parse()?);
    let now = api.clock.now();
    let load =
        |limit, after: Option<_>| async move { credentials::list(store, now, who, id, limit, after.as_ref()).await };
    api.page(&caller.id, &query, load, CredentialResponse::from).await
}
