//! A call from outside, as API Gateway sees it and tells functions of it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::fresh::fresh_id;
use crate::template::ACCOUNT;

/// The largest body that API Gateway takes.
const LONGEST_BODY: usize = 10 * 1024 * 1024;
/// How much more is read, and dropped, so that the caller hears that it was too much.
const PATIENCE: usize = 64 * 1024 * 1024;
/// The headers that belong to one connection, or have a place of their own in the event.
const NOT_PASSED_ON: [&str; 6] = ["connection", "cookie", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// A call.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Percent-decoded: an HTTP API hands it over so.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: String,
    pub(crate) body: Body,
    query: String,
    protocol: String,
    at: Timestamp,
}

/// A body that was read.
pub(crate) enum Body {
    Whole(Bytes),
    TooLong,
    /// It ended before its end.
    Broken,
}

impl Call {
    /// Reads a request to its end.
    pub(crate) async fn read(request: Request, at: Timestamp) -> Self {
        let (parts, body) = request.into_parts();
        let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned();
        Self {
            method: parts.method,
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            protocol: format!("{:?}", parts.version),
            headers: parts.headers,
            request_id: fresh_id(),
            body: read(body).await,
            at,
        }
    }

    /// The value of the header `name`, where it is given once.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The common part of events of routes and of authorizers.
    pub(crate) fn event(&self, route_key: &str) -> Value {
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": self.passed_headers(),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "domainName": self.header("host").unwrap_or_default(),
                "domainPrefix": "local",
                "http": {
                    "method": self.method.as_str(),
                    "path": self.path,
                    "protocol": self.protocol,
                    "sourceIp": "127.0.0.1",
                    "userAgent": self.header("user-agent").unwrap_or_default(),
                },
                "requestId": self.request_id,
                "routeKey": route_key,
                "stage": "$default",
                "time": self.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.at.as_millisecond(),
            },
        });
        let cookies = self.cookies();
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        let parameters = self.query_parameters();
        if !parameters.is_empty() {
            event["queryStringParameters"] = json!(parameters);
        }
        event
    }

    /// The body as an event carries it, and whether that is base64.
    pub(crate) fn text_or_base64(&self, body: &[u8]) -> (String, bool) {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let text = kind.starts_with("text/")
            || ["application/json", "application/javascript", "application/xml"].contains(&kind)
            || kind.ends_with("+json")
            || kind.ends_with("+xml");
        match std::str::from_utf8(body) {
            Ok(body) if text || body.is_empty() => (body.to_owned(), false),
            _ => (STANDARD.encode(body), true),
        }
    }

    /// Names in lower case, values of one name joined by commas.
    fn passed_headers(&self) -> Map<String, Value> {
        let mut headers = Map::new();
        for name in self.headers.keys().filter(|name| !NOT_PASSED_ON.contains(&name.as_str())) {
            let values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            headers.insert(name.to_string(), Value::String(values.collect::<Vec<_>>().join(",")));
        }
        headers.insert("x-forwarded-for".into(), json!("127.0.0.1"));
        headers.insert("x-forwarded-proto".into(), json!("http"));
        headers
    }

    fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies = lines.flat_map(|line| line.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty());
        cookies.map(str::to_owned).collect()
    }

    /// Decoded, values of one name joined by commas.
    fn query_parameters(&self) -> BTreeMap<String, String> {
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let joined = parameters.entry(name.into_owned());
            joined
                .and_modify(|values| {
                    values.push(',');
                    values.push_str(&value);
                })
                .or_insert_with(|| value.clone().into_owned());
        }
        parameters
    }
}

async fn read(mut body: axum::body::Body) -> Body {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Body::Broken };
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length > PATIENCE {
            break;
        }
        if length <= LONGEST_BODY {
            bytes.extend_from_slice(data);
        } else {
            bytes = Vec::new();
        }
    }
    if length > LONGEST_BODY { Body::TooLong } else { Body::Whole(bytes.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(request: axum::http::request::Builder, body: &'static str) -> Call {
        Call::read(request.body(body.into()).unwrap(), Timestamp::from_millisecond(1_583_348_638_390).unwrap()).await
    }

    #[tokio::test]
    async fn an_event_looks_as_api_gateway_sends_it() {
        let request = axum::http::Request::get("/v1/apps/a%20b?x=1&y=%C3%A4&x=2")
            .header("Host", "127.0.0.1:3000")
            .header("X-Twice", "a")
            .header("X-Twice", "b")
            .header("Cookie", "c=1; d=2")
            .header("User-Agent", "curl");
        let call = call(request, "").await;
        let event = call.event("GET /v1/apps/{id}");
        let request_id = &call.request_id;
        assert_eq!(
            event,
            json!({
                "version": "2.0", "routeKey": "GET /v1/apps/{id}", "rawPath": "/v1/apps/a b",
                "rawQueryString": "x=1&y=%C3%A4&x=2",
                "cookies": ["c=1", "d=2"],
                "headers": {
                    "host": "127.0.0.1:3000", "x-twice": "a,b", "user-agent": "curl",
                    "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http",
                },
                "queryStringParameters": {"x": "1,2", "y": "ä"},
                "requestContext": {
                    "accountId": ACCOUNT, "apiId": "local", "domainName": "127.0.0.1:3000", "domainPrefix": "local",
                    "http": {
                        "method": "GET", "path": "/v1/apps/a b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                        "userAgent": "curl",
                    },
                    "requestId": request_id, "routeKey": "GET /v1/apps/{id}", "stage": "$default",
                    "time": "04/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_i64,
                },
            })
        );
    }

    #[tokio::test]
    async fn only_text_goes_as_text() {
        for (kind, base64) in [
            ("application/json; charset=utf-8", false),
            ("application/problem+json", false),
            ("text/plain", false),
            ("application/octet-stream", true),
            ("application/x-www-form-urlencoded", true),
        ] {
            let call = call(axum::http::Request::post("/").header("Content-Type", kind), "").await;
            assert_eq!(call.text_or_base64(b"{}").1, base64, "{kind}");
        }
        let call = call(axum::http::Request::post("/").header("Content-Type", "application/json"), "").await;
        assert_eq!(call.text_or_base64(&[0xff]), ("/w==".into(), true), "what is not text after all");
    }
}
