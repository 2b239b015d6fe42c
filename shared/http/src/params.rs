//! Query parameters.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::json::{Json, Refusal};
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
    read(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// The value that the named parameters stand for.
pub(crate) fn read<T: DeserializeOwned>(parameters: Vec<(String, String)>) -> Result<T, Problem> {
    let mut seen = BTreeSet::new();
    if let Some((name, _)) = parameters.iter().find(|(name, _)| !seen.insert(name)) {
        return Err(Problem::parameter(name, "must be given once"));
    }
    let parameters = parameters.into_iter().map(|(name, text)| (name, Json::Parameter(text)));
    Json::Object(parameters.collect()).read().map_err(|refusal| match refusal {
        Refusal::Unusable { path, why } => Problem::parameter(name_in(&path), &why.to_string()),
        Refusal::Unknown(names) => {
            let first = names.first().map(String::as_str).unwrap_or_default();
            Problem::parameter(first, "this operation has no parameter of that name")
        }
    })
}

/// `limit` out of `limit` or `limit.?`: the `?` stands for an optional value on the way.
fn name_in(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Query {
        limit: Option<usize>,
        #[serde(default)]
        force: bool,
        colour: Option<Colour>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        Green,
    }

    fn fault(query: &str) -> (String, String) {
        let problem = parse_query::<Query>(query).expect_err(query);
        let error = &problem.body.errors[0];
        (error.parameter.clone().unwrap_or_default(), error.detail.clone())
    }

    #[test]
    fn parameters_are_read_and_explained_in_plain_words() {
        let query = parse_query::<Query>("limit=25&force=true&colour=%67reen").unwrap();
        assert!(query.limit == Some(25) && query.force && matches!(query.colour, Some(Colour::Green)));
        let whole = "must be a whole number, not negative and not too large";
        for (query, name, detail) in [
            ("limit=ten", "limit", whole),
            ("limit=", "limit", whole),
            ("limit=-1", "limit", whole),
            ("limit=99999999999999999999", "limit", whole),
            ("force=yes", "force", "must be `true` or `false`"),
            ("colour=blue", "colour", "must be one of `red`, `green`"),
            ("size=1", "size", "this operation has no parameter of that name"),
            ("limit=1&limit=2", "limit", "must be given once"),
        ] {
            assert_eq!(fault(query), (name.into(), detail.into()), "{query}");
        }
    }
}
