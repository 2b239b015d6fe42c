//! `GET /v1/admin/gateways`

use axum::Json;
use axum::extract::State;
use gatepass_domain::gateway::GatewayKind;
use gatepass_domain::product::AuthMethod;
use gatepass_http::{Owner, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The kinds of gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateways {
    /// Every kind.
    items: Vec<GatewayResponse>,
    /// Always `null`: there is one page.
    next_cursor: Option<String>,
}

/// A kind of gateway.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GatewayAvailability)]
pub(crate) struct GatewayResponse {
    /// The kind.
    kind: GatewayKind,
    /// The authentication method of products that it guards.
    auth_method: AuthMethod,
    /// True when this installation can provision access there. A product with another gateway cannot be saved.
    available: bool,
}

/// The kinds of gateway, and whether this installation can provision access there.
#[utoipa::path(get, path = "/v1/admin/gateways", tag = "admin: offerings", operation_id = "list_gateways",
    security(("bearer" = ["administrator"])), responses((status = 200, body = Gateways)))]
pub(crate) async fn list(State(api): State<Api>, Owner(_owner): Owner) -> Result<Json<Gateways>, Problem> {
    let response = |kind: GatewayKind| GatewayResponse {
        kind,
        auth_method: kind.auth_method(),
        available: api.installation.provisions(kind),
    };
    Ok(Json(Gateways { items: GatewayKind::ALL.into_iter().map(response).collect(), next_cursor: None }))
}
