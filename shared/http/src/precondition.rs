//! `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1): an entity's tag is its quoted version.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gatepass_app::Precondition;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use crate::problem::Problem;

/// The version that a change is meant for. A request that does not say is answered with 428, before
/// its body is looked at.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Precondition);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let detail = "Say which version you mean to change: send If-Match with the ETag that GET answered, or `*`.";
        let missing = || Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-required", detail);
        parts.headers.get(header::IF_MATCH).ok_or_else(missing).and_then(parse)
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(Required::True, Type::String.into())]
    }
}

/// The version that a change is meant for, where any version will do unless the client names one.
#[derive(Debug, Clone, Copy)]
pub struct OptionalIfMatch(pub Precondition);

impl<S: Send + Sync> FromRequestParts<S> for OptionalIfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let named = parts.headers.get(header::IF_MATCH).map(parse).transpose()?;
        Ok(Self(named.map_or(Precondition::Any, |IfMatch(precondition)| precondition)))
    }
}

impl IntoParams for OptionalIfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(Required::False, SchemaType::from_iter([Type::String, Type::Null]))]
    }
}

fn parameter(required: Required, schema_type: SchemaType) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(schema_type).pattern(Some("^([*]|\"[0-9]+\")$"));
    let header = ParameterBuilder::new().name("If-Match").parameter_in(ParameterIn::Header);
    header.required(required).schema(Some(schema)).build()
}

fn parse(value: &HeaderValue) -> Result<IfMatch, Problem> {
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(IfMatch(Precondition::Any));
    }
    let version = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    version.map(|version| IfMatch(Precondition::Version(version))).ok_or_else(|| {
        let detail = format!("`{value}` is no ETag of ours: send the one that GET answered, or `*`.");
        Problem::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", detail)
    })
}

/// An entity with its `ETag`.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    /// Its version.
    pub version: u64,
    /// What is answered.
    pub entity: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.entity).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.version)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}
