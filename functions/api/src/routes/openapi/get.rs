//! `GET /v1/openapi.json`

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value;

/// The committed document, less what makes it easy to read.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let committed = include_str!("../../../openapi.json");
    serde_json::from_str::<Value>(committed).map_or_else(|_| committed.to_owned(), |document| document.to_string())
});

/// This OpenAPI document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "service", operation_id = "openapi", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn get() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
