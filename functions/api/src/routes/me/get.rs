//! `GET /v1/me`

use axum::Json;
use gatepass_domain::Person;
use gatepass_http::Caller;

use crate::routes::problems::Reading;

/// Who am I, as the API sees me?
#[utoipa::path(get, path = "/v1/me", tag = "me", operation_id = "me", security(("bearer" = [])),
    responses((status = 200, body = Person), Reading))]
pub(crate) async fn get(Caller(person): Caller) -> Json<Person> {
    Json(person)
}
