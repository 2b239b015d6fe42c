//! `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1): an entity's tag is its quoted version.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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
#[derive(Debug, Clone)]
pub struct IfMatch(pub Precondition);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let detail = "Say which version you mean to change: send If-Match with the ETag that GET answered, or `*`.";
        let missing = || Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-required", detail);
        parse(&parts.headers)?.map(Self).ok_or_else(missing)
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(Required::True, Type::String.into())]
    }
}

/// The version that a change is meant for, where any version will do unless the client names one.
#[derive(Debug, Clone)]
pub struct OptionalIfMatch(pub Precondition);

impl<S: Send + Sync> FromRequestParts<S> for OptionalIfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parse(&parts.headers)?.unwrap_or(Precondition::Any)))
    }
}

impl IntoParams for OptionalIfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(Required::False, SchemaType::from_iter([Type::String, Type::Null]))]
    }
}

fn parameter(required: Required, schema_type: SchemaType) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(schema_type).pattern(Some(r#"^([*]|"[0-9]+"(, *"[0-9]+")*)$"#));
    let header = ParameterBuilder::new().name("If-Match").parameter_in(ParameterIn::Header);
    header.required(required).schema(Some(schema)).build()
}

/// The versions that the header names. Tags are compared as RFC 9110 (8.8.3.2) compares them strongly: character by
/// character, so that `"01"` and `W/"1"` are no tags of version 1.
fn parse(headers: &HeaderMap) -> Result<Option<Precondition>, Problem> {
    let lines: Vec<_> =
        headers.get_all(header::IF_MATCH).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let value = lines.join(", ");
    if value.trim() == "*" {
        return Ok(Some(Precondition::Any));
    }
    let versions: Vec<u64> = value.split(',').filter_map(|tag| version(tag.trim())).collect();
    if versions.is_empty() {
        let detail = format!("`{value}` is no ETag of ours: send the one that GET answered, or `*`.");
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", detail));
    }
    Ok(Some(Precondition::OneOf(versions)))
}

/// The version whose tag is `tag`.
fn version(tag: &str) -> Option<u64> {
    let version = tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
    (tag == self::tag(version)).then_some(version)
}

/// The entity tag of a version.
pub(crate) fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// An entity with its `ETag`.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    /// Its version.
    pub version: u64,
    /// The answer.
    pub entity: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.entity).into_response();
        if let Ok(tag) = HeaderValue::from_str(&tag(self.version)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(lines: &[&str]) -> Option<Precondition> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, line.parse().unwrap());
        }
        parse(&headers).ok().flatten()
    }

    #[test]
    fn tags_are_compared_character_by_character() {
        let one = Some(Precondition::OneOf(vec![1]));
        assert_eq!(named(&[r#""1""#]), one);
        for other in [r#""01""#, r#""0001""#, r#""+1""#, r#"W/"1""#, r#""1"#, "1", r#""""#, r#""1 ""#, ""] {
            assert_eq!(named(&[other]), None, "{other}");
        }
    }

    #[test]
    fn a_list_of_tags_names_each_of_them() {
        assert_eq!(named(&[r#""7", W/"8", "9""#]), Some(Precondition::OneOf(vec![7, 9])));
        assert_eq!(named(&[r#""7""#, r#""9""#]), Some(Precondition::OneOf(vec![7, 9])));
        assert_eq!(named(&["*"]), Some(Precondition::Any));
        assert_eq!(parse(&HeaderMap::new()).ok(), Some(None));
    }
}
