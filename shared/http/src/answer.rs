//! What is answered when all went well.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gatepass_store::Answer;
use serde::Serialize;

/// An answer in JSON that may have been recorded for an idempotency key.
#[derive(Debug, Clone)]
pub struct Reply(pub Answer);

/// `200` with `value`.
pub fn ok<T: Serialize>(value: &T) -> Answer {
    Answer { status: 200, body: json(value), location: None }
}

/// `201` with `value`, which stands at `location` from now on.
pub fn created<T: Serialize>(value: &T, location: String) -> Answer {
    Answer { status: 201, body: json(value), location: Some(location) }
}

fn json<T: Serialize>(value: &T) -> String {
    // Our own types serialise: maps have text keys, and there are no fractions that JSON lacks.
    serde_json::to_string(value).unwrap_or_default()
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let Answer { status, body, location } = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
