//! Query parameters.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Query parameters, all of them known.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The parameters in `query`, the part of an address behind its question mark.
pub(crate) fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build();
    let uri = uri.map_err(|_| Problem::parameter("", "the query is not part of an address"))?;
    let parsed = Query::<T>::try_from_uri(&uri);
    parsed.map(|Query(value)| value).map_err(|rejection| {
        let text = std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
        let (name, detail) = fault(&text);
        Problem::parameter(name, detail)
    })
}

/// The parameter that a message of serde is about, and what the message says: either
/// ``limit: invalid digit``, or ``unknown field `colour`, …``.
fn fault(text: &str) -> (&str, &str) {
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match text.split_once(": ").filter(|(name, _)| is_name(name)) {
        Some(named) => named,
        None => (text.split('`').nth(1).unwrap_or_default(), text),
    }
}
