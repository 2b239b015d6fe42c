//! `GET /v1/health`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The API is there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Is the API there?
#[utoipa::path(get, path = "/v1/health", tag = "service", operation_id = "health", responses((status = 200, body = Health)))]
pub(crate) async fn get() -> Json<Health> {
    Json(Health { status: "ok" })
}
