//! `DELETE /v1/apps/{id}`

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use gatepass_app::{Precondition, apps};
use gatepass_http::{Caller, ExchangeId, Id, Problem};

use crate::routes::problems::Writing;
use crate::state::Api;

/// Deletes an app; its owner alone may. What it awaits is withdrawn, what it holds is revoked, and
/// only then is it gone.
#[utoipa::path(delete, path = "/v1/apps/{id}", tag = "apps", operation_id = "delete_app", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid")), responses((status = 204), Writing))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
) -> Result<StatusCode, Problem> {
    let mut context = api.context(&exchange)?;
    apps::delete(&api.store, &mut context, &caller, id.uuid("app")?, Precondition::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}
