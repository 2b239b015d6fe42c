//! `GET /v1/health`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The API is available.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Health check.
#[utoipa::path(get, path = "/v1/health", tag = "service", operation_id = "health", responses((status = 200, body = Health)))]
pub(crate) async fn get() -> Json<Health> {
    Json(Health { status: "ok" })
}
