//! The query parameters of paged lists.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::params::read;
use crate::problem::Problem;

/// Rows of a page when the caller names no number.
const DEFAULT_LIMIT: usize = 25;
/// The most rows of a page.
const MAX_LIMIT: usize = 100;

/// The query of a paged list: `limit`, `cursor` and the filters `F` of the list.
#[derive(Debug, Clone)]
pub struct PageQuery<F> {
    /// The filters.
    pub filter: F,
    /// At most so many rows, 1 to 100.
    pub limit: usize,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// The list that the page belongs to: its path and its filters. Cursors are bound to it.
    pub list: String,
}

/// The filters of a list that has none.
#[derive(Debug, Clone, Deserialize)]
pub struct NoFilter {}

impl IntoParams for NoFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// Maximum number of rows, 1 to 100; 25 by default.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl<S: Send + Sync, F: DeserializeOwned> FromRequestParts<S> for PageQuery<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned();
        let (paging, mut filters): (Vec<_>, Vec<_>) =
            query.partition(|(name, _)| ["limit", "cursor"].contains(&&**name));
        // The same filters in another order are the same list.
        filters.sort_unstable();
        let list = form_urlencoded::Serializer::new(format!("{}?", parts.uri.path())).extend_pairs(&filters).finish();
        let filter = read(filters)?;
        let Paging { limit, cursor } = read(paging)?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::parameter("limit", "must be between 1 and 100"));
        }
        Ok(Self { filter, limit, cursor, list })
    }
}

impl<F: IntoParams> IntoParams for PageQuery<F> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = F::into_params(&place);
        parameters.extend(Paging::into_params(place));
        parameters
    }
}
