//! `DELETE /v1/apps/{id}`

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use gatepass_app::{Precondition, apps};
use gatepass_http::{Caller, ExchangeId, Id, IfMatch, Problem};

use crate::state::Api;

/// Deletes an app; its owner alone may. What it awaits is withdrawn, what it holds is revoked, and
/// only then is it gone.
#[utoipa::path(delete, path = "/v1/apps/{id}", tag = "apps", operation_id = "delete_app", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid"), ("If-Match" = Option<String>, Header, pattern = "^([*]|\"[0-9]+\")$")), responses((status = 204)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    if_match: Option<IfMatch>,
) -> Result<StatusCode, Problem> {
    let mut context = api.context(&exchange)?;
    let precondition = if_match.map_or(Precondition::Any, |IfMatch(precondition)| precondition);
    apps::delete(&api.store, &mut context, &caller, id.uuid("app")?, precondition).await?;
    Ok(StatusCode::NO_CONTENT)
}
