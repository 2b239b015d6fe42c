//! `DELETE /v1/apps/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use gatepass_app::apps;
use gatepass_domain::id::AppId;
use gatepass_http::{Caller, Id, OptionalIfMatch, Problem, RequestContext};

use crate::state::Api;

/// Deletes an app. Only its owner may. The app is gone at once. Its pending requests are withdrawn and
/// its access is revoked; if there are many, in the background.
#[utoipa::path(delete, path = "/v1/apps/{id}", tag = "apps", operation_id = "delete_app", security(("bearer" = [])),
    params(Id<AppId>, OptionalIfMatch), responses((status = 204)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    OptionalIfMatch(precondition): OptionalIfMatch,
) -> Result<StatusCode, Problem> {
    apps::delete(&api.store, &mut context, &caller, id.parse()?, precondition).await?;
    Ok(StatusCode::NO_CONTENT)
}
