//! `GET /v1/openapi.json`

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| crate::document().to_string());

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "service", operation_id = "openapi", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn get() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
