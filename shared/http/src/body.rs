//! JSON bodies, parsed to the last member: what is not understood is not ignored.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use gatepass_openapi::Format;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::BODY_LIMIT;
use crate::json::{Json, Refusal};
use crate::problem::{InvalidParam, Problem};

/// A JSON body that must be there, with its bytes for the fingerprint of an idempotency key.
#[derive(Debug)]
pub struct JsonBody<T> {
    /// The parsed body.
    pub value: T,
    /// The body as it was sent.
    pub bytes: Bytes,
}

/// An OpenAPI document as it was sent, in JSON or YAML, of at most 2 MiB.
#[derive(Debug)]
pub struct DocumentBody {
    /// The text of the document.
    pub text: String,
    /// Its notation.
    pub format: Format,
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

impl<S: Send + Sync> FromRequest<S> for DocumentBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, bytes) = read_at_most(request, gatepass_openapi::MAX_BYTES, "2 MiB").await?;
        let media_type = media_type(&headers);
        let format = match essence(media_type).as_str() {
            "application/json" | "application/openapi+json" | "application/vnd.oai.openapi+json" => Format::Json,
            "application/yaml"
            | "application/x-yaml"
            | "text/yaml"
            | "text/x-yaml"
            | "application/openapi+yaml"
            | "application/vnd.oai.openapi" => Format::Yaml,
            _ => {
                let detail = format!(
                    "Send the document with `Content-Type: application/json` or `application/yaml`; this says `{media_type}`."
                );
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
            }
        };
        let text = String::from_utf8(bytes.into()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
            Problem::from(gatepass_app::Refused::Document {
                format,
                refusal: gatepass_openapi::Refusal::Malformed { line, detail: "this is not UTF-8".to_owned() },
            })
        })?;
        Ok(Self { text, format })
    }
}

async fn read(request: Request) -> Result<(HeaderMap, Bytes), Problem> {
    read_at_most(request, BODY_LIMIT, "256 KiB").await
}

async fn read_at_most(request: Request, limit: usize, named: &str) -> Result<(HeaderMap, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    // API Gateway has read the body whole; it is at most 6 MB here.
    let bytes = axum::body::to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|cause| Problem::internal("the body could not be read", &cause))?;
    if bytes.len() > limit {
        let detail = format!("The body has {} bytes; at most {limit} ({named}) are accepted.", bytes.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail));
    }
    Ok((parts.headers, bytes))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = media_type(headers);
    if essence(media_type) == "application/json" {
        return Ok(());
    }
    let detail = format!("The body must be JSON, with `Content-Type: application/json`; this says `{media_type}`.");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
}

fn media_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A media type without its parameters.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let json: Json = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    json.read().map_err(|refusal| match refusal {
        Refusal::Unusable { path, why } => {
            let place = if path == "." { String::new() } else { pointer(&path) };
            Problem::invalid_body(vec![fault(place, why.to_string())])
        }
        Refusal::Unknown(paths) => {
            let unknown = |path: String| fault(pointer(&path), "is not a member that this operation knows".to_owned());
            Problem::invalid_body(paths.into_iter().map(unknown).collect())
        }
    })
}

fn fault(pointer: String, detail: String) -> InvalidParam {
    InvalidParam { pointer: Some(pointer), parameter: None, line: None, detail }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let detail = match error.is_eof() {
        true => "The body is not JSON: it ends too early.".to_owned(),
        false if error.to_string().starts_with("recursion limit exceeded") => {
            "The body is nested too deeply: at most 127 levels are read.".to_owned()
        }
        false => format!("The body is not JSON: see line {}, column {}.", error.line(), error.column()),
    };
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json", detail)
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
        assert_eq!(faults("{}")[0], (String::new(), "`name` is missing".into()));
        assert_eq!(faults(r#"{"name": 7}"#)[0].0, "/name");
        assert_eq!(faults(r#"{"name": "a", "name": "b"}"#)[0].1, "`name` is there twice");
    }

    #[test]
    fn ill_typed_members_are_explained_in_plain_words() {
        let fault = |text: &str| faults(text)[0].1.clone();
        assert_eq!(fault(r#"{"name": 7}"#), "must be a text");
        for number in ["-1", "256", "1.5", "\"1\"", "1e300"] {
            let text = format!(r#"{{"name": "a", "inner": {{"numbers": [{number}]}}}}"#);
            assert_eq!(fault(&text), "must be a whole number, not negative and not too large", "{number}");
        }
        assert_eq!(fault(r#"{"name": "a", "inner": {"numbers": {}}}"#), "must be a list");
        assert_eq!(fault(r#"{"name": null}"#), "must be a text");
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
        assert_eq!(faults(r#"{"name": "a", "choice": "two"}"#), [("/choice".into(), "must be `one`".into())]);
    }

    #[test]
    fn what_is_no_json_is_called_so() {
        let deep = format!("{{\"x\": {}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
        for text in ["", "{", "[", "{} {}", "nonsense", "{\"name\": \"a\",}", "{\"name\": \"\\ud800\"}", &deep] {
            assert_eq!(parse::<Outer>(text.as_bytes()).expect_err(text).body.problem_type, "/problems/malformed-json");
        }
    }
}
