//! `GET /v1/apps/{id}`

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::Json;
use gatepass_app::apps;
use gatepass_domain::{App, Versioned};
use gatepass_http::{Caller, Id, Problem};

use crate::routes::problems::Reading;
use crate::state::Api;

/// One app.
#[utoipa::path(get, path = "/v1/apps/{id}", tag = "apps", operation_id = "get_app", security(("bearer" = [])),
    params(("id" = String, Path)), responses((status = 200, body = Versioned<App>, headers(("ETag" = String))), Reading))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id,
) -> Result<impl IntoResponse, Problem> {
    let app = apps::get(&api.store, &caller, id.uuid("app")?).await?;
    let etag = HeaderValue::from_str(&format!("\"{}\"", app.version));
    let etag = etag.map_err(|cause| Problem::internal("an ETag is no header value", &cause))?;
    Ok(([(header::ETAG, etag)], Json(app)))
}
