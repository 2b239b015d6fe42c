//! `GET /v1/me`

use axum::Json;
use axum::extract::State;
use gatepass_app::settings;
use gatepass_domain::Person;
use gatepass_domain::settings::AccessFlow;
use gatepass_http::{Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The caller, and the settings that concern them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    person: Person,
    /// The ways to submit requests: from the cart, directly, or both.
    access_flow: AccessFlow,
}

/// The caller as the API sees them, and the ways in which access can be asked for.
#[utoipa::path(get, path = "/v1/me", tag = "me", operation_id = "me", security(("bearer" = [])),
    responses((status = 200, body = Me)))]
pub(crate) async fn get(State(api): State<Api>, Caller(person): Caller) -> Result<Json<Me>, Problem> {
    let access_flow = settings::access_flow(&api.store).await?;
    Ok(Json(Me { person, access_flow }))
}
