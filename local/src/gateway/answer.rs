//! From a function's answer to an HTTP response.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The response that `answer` describes in payload format 2.0; `None` when it describes none.
///
/// An answer without `statusCode` is itself the body ("AWS Lambda function response for format 2.0").
pub(super) fn to_http(answer: &str) -> Option<Response> {
    let value: Value = serde_json::from_str(answer).ok()?;
    let Some(status) = value.get("statusCode") else {
        let mut response = Response::new(Body::from(answer.to_owned()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Some(response);
    };
    let status = u16::try_from(status.as_u64()?).ok()?;
    let text = value.get("body").and_then(Value::as_str).unwrap_or_default();
    let is_base64 = value.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let body = if is_base64 { STANDARD.decode(text).ok()? } else { text.as_bytes().to_vec() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    let none = Map::new();
    for (name, value) in value.get("headers").and_then(Value::as_object).unwrap_or(&none) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name: HeaderName = name.parse().ok()?;
        response.headers_mut().insert(name, value.parse().ok()?);
    }
    for cookie in value.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie.as_str()?.parse().ok()?);
    }
    // Its length is that of the body that is sent here.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    Some(response)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;

    async fn body(response: Response) -> Vec<u8> {
        to_bytes(response.into_body(), 100).await.unwrap().to_vec()
    }

    #[tokio::test]
    async fn an_answer_becomes_a_response() {
        let answer = json!({
            "statusCode": 201, "headers": {"Location": "/v1/apps/1", "x-n": 7, "content-length": "99"},
            "cookies": ["a=1", "b=2"], "body": "aGk=", "isBase64Encoded": true,
        });
        let response = to_http(&answer.to_string()).unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["location"], "/v1/apps/1");
        assert_eq!(response.headers()["x-n"], "7");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert!(!response.headers().contains_key("content-length"));
        assert_eq!(body(response).await, b"hi");
    }

    #[tokio::test]
    async fn an_answer_without_status_is_the_body() {
        let response = to_http(r#"{"a":1}"#).unwrap();
        assert_eq!(
            (response.status(), response.headers()["content-type"].as_bytes()),
            (StatusCode::OK, &b"application/json"[..])
        );
        assert_eq!(body(response).await, br#"{"a":1}"#);
    }

    #[test]
    fn nonsense_is_no_answer() {
        for answer in
            [r#"{"statusCode":"ok"}"#, r#"{"statusCode":99999}"#, "{", r#"{"statusCode":200,"headers":{"a b":"c"}}"#]
        {
            assert!(to_http(answer).is_none(), "{answer}");
        }
    }
}
