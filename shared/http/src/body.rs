//! JSON bodies, parsed to the last member: what is not understood is not ignored.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::BODY_LIMIT;
use crate::json::Json;
use crate::problem::{InvalidParam, Problem};

/// A JSON body that must be there, with its bytes for the fingerprint of an idempotency key.
#[derive(Debug)]
pub struct JsonBody<T> {
    /// The parsed body.
    pub value: T,
    /// The body as it was sent.
    pub bytes: Bytes,
}

/// A JSON body that may be missing: `{}` then.
#[derive(Debug)]
pub struct OptionalBody<T> {
    /// The parsed body.
    pub value: T,
    /// The body as it was sent.
    pub bytes: Bytes,
}

/// Empty request body.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Empty)]
pub struct EmptyBody {}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = read(request).await?;
        check_media_type(&headers)?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = read(request).await?;
        if bytes.is_empty() {
            return Ok(Self { value: parse(b"{}")?, bytes });
        }
        check_media_type(&headers)?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

async fn read(request: Request) -> Result<(HeaderMap, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    // API Gateway has read the body whole; it is at most 6 MB here.
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|cause| Problem::internal("the body could not be read", &cause))?;
    if bytes.len() > BODY_LIMIT {
        let detail = format!("The body has {} bytes; at most {BODY_LIMIT} (256 KiB) are accepted.", bytes.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail));
    }
    Ok((parts.headers, bytes))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" {
        return Ok(());
    }
    let detail = format!("The body must be JSON, with `Content-Type: application/json`; this says `{media_type}`.");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let json: Json = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    let mut unknown = Vec::new();
    let parsed: Result<T, _> = {
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(pointer(&path.to_string()));
        serde_path_to_error::deserialize(serde_ignored::Deserializer::new(json, &mut note))
    };
    let value = parsed.map_err(|error| Problem::invalid_body(vec![ill_typed(&error)]))?;
    if unknown.is_empty() {
        return Ok(value);
    }
    let detail = "is not a member that this operation knows";
    let error = |pointer| InvalidParam { pointer: Some(pointer), parameter: None, detail: detail.to_owned() };
    Err(Problem::invalid_body(unknown.into_iter().map(error).collect()))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json", format!("The body is not JSON: {error}."))
}

fn ill_typed(error: &serde_path_to_error::Error<serde_json::Error>) -> InvalidParam {
    let path = error.path().to_string();
    let place = if path == "." { String::new() } else { pointer(&path) };
    InvalidParam { pointer: Some(place), parameter: None, detail: error.inner().to_string() }
}

/// `new_app.redirect_uris[0]` or `new_app.redirect_uris.0` → `/new_app/redirect_uris/0`. The `?`
/// that stands for an optional value on the way is no place in the document.
fn pointer(path: &str) -> String {
    path.replace('[', ".")
        .replace(']', "")
        .split('.')
        .filter(|step| !step.is_empty() && *step != "?")
        .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        inner: Option<Inner>,
        choice: Option<Choice>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        numbers: Vec<u8>,
        #[serde(default)]
        more: Vec<Self>,
    }

    fn faults(text: &str) -> Vec<(String, String)> {
        let problem = parse::<Outer>(text.as_bytes()).expect_err(text);
        let pairs = problem.body.errors.iter();
        pairs.map(|error| (error.pointer.clone().unwrap_or_default(), error.detail.clone())).collect()
    }

    #[test]
    fn faults_are_pointed_at() {
        assert_eq!(faults(r#"{"name": "a", "x": 1, "inner": {"numbers": [], "y": 2}}"#).len(), 2);
        assert_eq!(faults(r#"{"name": "a", "inner": {"numbers": [], "y": 2}}"#)[0].0, "/inner/y");
        assert_eq!(faults(r#"{"name": "a", "inner": {"numbers": [1, "b"]}}"#)[0].0, "/inner/numbers/1");
        assert_eq!(faults("{}")[0], (String::new(), "missing field `name`".into()));
        assert_eq!(faults(r#"{"name": 7}"#)[0].0, "/name");
        assert_eq!(faults(r#"{"name": "a", "name": "b"}"#)[0].1, "duplicate field `name`");
    }

    /// Serde would take a list for an object, its items for the members.
    #[test]
    fn a_list_is_no_object_however_deep() {
        let not_an_object = |pointer: &str| (pointer.to_owned(), "must be a JSON object".to_owned());
        assert_eq!(faults(r#" ["a", null]"#), [not_an_object("")]);
        assert_eq!(faults(r#"{"name": "a", "inner": [[1]]}"#), [not_an_object("/inner")]);
        assert_eq!(
            faults(r#"{"name": "a", "inner": {"numbers": [], "more": [[1, 2], ["x"]]}}"#),
            [not_an_object("/inner/more/0")]
        );
        assert_eq!(faults(r#"{"name": "a", "inner": 1}"#), [not_an_object("/inner")]);
        assert_eq!(faults("null"), [not_an_object("")]);
    }

    /// Serde would take `{"one": null}` for `"one"`.
    #[test]
    fn a_choice_is_a_text() {
        assert_eq!(faults(r#"{"name": "a", "choice": {"one": null}}"#), [("/choice".into(), "must be a text".into())]);
        assert_eq!(
            faults(r#"{"name": "a", "choice": "two"}"#),
            [("/choice".into(), "unknown variant `two`, expected `one`".into())]
        );
    }

    #[test]
    fn what_is_no_json_is_called_so() {
        let deep = format!("{{\"x\": {}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
        for text in ["", "{", "[", "{} {}", "nonsense", "{\"name\": \"a\",}", "{\"name\": \"\\ud800\"}", &deep] {
            assert_eq!(parse::<Outer>(text.as_bytes()).expect_err(text).body.problem_type, "/problems/malformed-json");
        }
    }
}
