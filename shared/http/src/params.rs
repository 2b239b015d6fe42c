//! Path and query parameters.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use newtype_uuid::{TypedUuid, TypedUuidKind};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// An id from the path, not yet parsed: a malformed id is something that does not exist, and is
/// answered after the body was checked.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// The UUID.
    ///
    /// # Errors
    /// 404 `not-found` for what is none: `what` of that id cannot exist.
    pub fn uuid<K: TypedUuidKind>(&self, what: &str) -> Result<TypedUuid<K>, Problem> {
        self.0.parse().map_err(|_| Problem::not_found(what))
    }

    /// The slug.
    ///
    /// # Errors
    /// 404 `not-found` for what is none: `what` of that id cannot exist.
    pub fn slug<T: std::str::FromStr>(&self, what: &str) -> Result<T, Problem> {
        self.0.parse().map_err(|_| Problem::not_found(what))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Self>::from_request_parts(parts, state).await;
        path.map(|Path(id)| id).map_err(|_| Problem::not_found("address"))
    }
}

/// Query parameters, all of them known.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| {
            let text = std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
            let (name, detail) = fault(&text);
            Problem::parameter(name, detail)
        })
    }
}

/// The parameter that a message of serde is about, and what it says of it: either
/// ``limit: invalid digit``, or ``unknown field `colour`, …``.
fn fault(text: &str) -> (&str, &str) {
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match text.split_once(": ").filter(|(name, _)| is_name(name)) {
        Some(named) => named,
        None => (text.split('`').nth(1).unwrap_or_default(), text),
    }
}
