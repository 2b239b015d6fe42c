//! The answer to a call that succeeded.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::precondition::tag;

/// A status, a JSON body, and the address of what was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// The JSON body.
    pub body: String,
    /// The `Location` header.
    pub location: Option<String>,
    /// The version, for the `ETag` header.
    pub version: Option<u64>,
}

/// A use case's result as its endpoint answers it.
#[derive(Debug, Clone)]
pub struct Reply(pub Answer);

/// `200` with `value`.
pub fn ok<T: Serialize>(value: &T) -> Answer {
    Answer { status: 200, body: json(value), location: None, version: None }
}

/// `201` with `value`, which stands at `location` from now on.
pub fn created<T: Serialize>(value: &T, location: String) -> Answer {
    Answer { status: 201, body: json(value), location: Some(location), version: None }
}

impl Answer {
    /// The same with the `ETag` of this version.
    #[must_use]
    pub fn tagged(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }
}

fn json<T: Serialize>(value: &T) -> String {
    // Our own types serialise: maps have text keys, and there are no fractions that JSON lacks.
    serde_json::to_string(value).unwrap_or_default()
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let Answer { status, body, location, version } = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if let Some(tag) = version.and_then(|version| HeaderValue::from_str(&tag(version)).ok()) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}
