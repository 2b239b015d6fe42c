//! API Gateway: a call of the HTTP API by a signed-in person, and of a protected API with a key.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::world::World;

/// API Gateway waits no longer for a function.
const LONGEST: Duration = Duration::from_secs(29);
/// A caller who hears nothing, or that it was too much, tries so often.
const TRIES: usize = 4;
/// And no later than this, because an `Idempotency-Key` is kept for a day.
const TRIES_END: SignedDuration = SignedDuration::from_hours(20);

/// Somebody who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: &'static str,
    /// Their groups.
    pub groups: &'static [&'static str],
}

/// A call of the API.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, with its query.
    pub path: String,
    /// The body; `Null` for none.
    pub body: Value,
    /// The `Idempotency-Key`, under which the call may be repeated.
    pub key: Option<String>,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

/// What the caller heard.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status; `None` when no answer arrived.
    pub status: Option<u16>,
    /// The body; `Null` when there is none.
    pub body: Value,
    /// The `ETag` header.
    pub etag: Option<String>,
}

impl Reply {
    /// Whether the call is known to have done what was asked.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the call is known to have done nothing.
    pub fn is_refusal(&self) -> bool {
        self.status.is_some_and(|status| (400..500).contains(&status))
    }

    /// The text at `pointer`, or nothing.
    pub fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Call {
    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: Value::Null, key: None, if_match: None }
    }

    /// A change.
    pub fn change(method: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body, key: None, if_match: None }
    }

    /// The same call under an `Idempotency-Key`.
    pub fn keyed(self, key: String) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The same call for the version that the caller knows.
    pub fn if_match(self, etag: Option<String>) -> Self {
        Self { if_match: etag, ..self }
    }
}

impl World {
    /// Makes a call, again when nothing was heard and the call can be repeated.
    pub async fn call(self: &Arc<Self>, who: Person, call: &Call) -> Reply {
        let repeatable = call.method != "POST" || call.key.is_some();
        let begun = self.now();
        let mut reply = self.call_once(who, call).await;
        for _ in 1..TRIES {
            let unheard = reply.status.is_none_or(|status| status >= 500);
            if !(unheard && repeatable) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100 + self.chaos.below(1_000))).await;
            let _under_way = self.busy.read().await;
            if self.now().duration_since(begun) > TRIES_END {
                break;
            }
            reply = self.call_under_way(who, call).await;
        }
        reply
    }

    async fn call_once(self: &Arc<Self>, who: Person, call: &Call) -> Reply {
        let _under_way = self.busy.read().await;
        self.call_under_way(who, call).await
    }

    async fn call_under_way(self: &Arc<Self>, who: Person, call: &Call) -> Reply {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let (function, route) = self.route(call.method, path);
        let event = self.event(who, call, path, query, &route).to_string();
        self.trace(|| format!("{} calls {} {} {}", who.id, call.method, call.path, call.body));
        let invoked = self.run(&self.functions[&function], &event);
        let answer = tokio::time::timeout(LONGEST, invoked).await;
        let reply = match answer {
            Ok(Ok(answer)) if !self.chaos.strikes("HTTP answer lost", 10) => {
                let answer: Value = serde_json::from_str(&answer).expect("functions answer JSON");
                let body = answer["body"].as_str().unwrap_or_default();
                let headers = answer["headers"].as_object().cloned().unwrap_or_default();
                let etag = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag"));
                Reply {
                    status: answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()),
                    body: serde_json::from_str(body).unwrap_or_default(),
                    etag: etag.and_then(|(_, value)| value.as_str()).map(str::to_owned),
                }
            }
            _ => Reply { status: None, body: Value::Null, etag: None },
        };
        self.trace(|| {
            let said = if reply.is_success() { reply.text("/id") } else { reply.text("/type") };
            format!("{} hears {:?} {said}", who.id, reply.status)
        });
        reply
    }

    /// The function and the route, as the template spells it, that answer `method` and `path`.
    fn route(&self, method: &str, path: &str) -> (String, String) {
        let candidates = self.wiring.functions.iter().flat_map(|function| {
            let routes = function.routes.iter().filter(|route| route.method == method && fits(&route.path, path));
            routes.map(|route| (function.logical_id.clone(), route.path.clone()))
        });
        // API Gateway prefers the route with fewer parameters.
        let best = candidates.min_by_key(|(_, route)| route.matches('{').count());
        best.unwrap_or_else(|| panic!("no route answers {method} {path}"))
    }

    fn event(&self, who: Person, call: &Call, path: &str, query: &str, route: &str) -> Value {
        let issued = self.now().as_second();
        let claims = json!({
            "sub": who.id, "token_use": "access", "name": who.id, "email": format!("{}@example.com", who.id),
            "email_verified": true, "cognito:groups": who.groups, "scope": "gatepass/use", "iat": issued,
            "jti": format!("{}-{issued}", who.id), "exp": issued + 3600,
        });
        let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.c2lnbmF0dXJl", segment(&json!({ "alg": "RS256" })), segment(&claims));
        let mut headers = Map::new();
        headers.insert("host".into(), json!("api.example.com"));
        headers.insert("authorization".into(), json!(format!("Bearer {token}")));
        if !call.body.is_null() {
            headers.insert("content-type".into(), json!("application/json"));
        }
        if let Some(key) = &call.key {
            headers.insert("idempotency-key".into(), json!(key));
        }
        if let Some(etag) = &call.if_match {
            headers.insert("if-match".into(), json!(etag));
        }
        let parameters: Map<_, _> =
            route.split('/').zip(path.split('/')).filter_map(|(name, value)| parameter(name, value)).collect();
        let queries: Map<_, _> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), json!(v))).collect();
        let flat: Map<_, _> = claims.as_object().expect("claims are an object").iter().map(flattened).collect();
        let key = format!("{} {route}", call.method);
        json!({
            "version": "2.0", "routeKey": key, "rawPath": path, "rawQueryString": query, "headers": headers,
            "queryStringParameters": queries, "pathParameters": parameters,
            "body": if call.body.is_null() { Value::Null } else { json!(call.body.to_string()) },
            "isBase64Encoded": false,
            "requestContext": {
                "accountId": "000000000000", "apiId": "simulated", "domainName": "api.example.com",
                "domainPrefix": "api", "requestId": format!("call-{}", self.chaos.seed()), "routeKey": key,
                "stage": "$default", "time": "", "timeEpoch": self.now_millis(),
                "http": {
                    "method": call.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "simulation",
                },
                "authorizer": { "jwt": { "claims": flat, "scopes": null } },
            },
        })
    }

    /// Whether the authorizer lets a call of `product` with `key` through.
    pub async fn opens(&self, key: &str, product: &str) -> bool {
        let event = json!({
            "version": "2.0", "type": "REQUEST", "routeArn": "arn", "headers": { "x-api-key": key },
            "stageVariables": { "gatepass_product_id": product }, "requestContext": { "stage": "$default" },
        });
        let answer = self.invoke(self.function_of("authorizer"), &event.to_string()).await;
        let answer: Value = serde_json::from_str(&answer.unwrap_or_default()).unwrap_or_default();
        answer["isAuthorized"].as_bool().unwrap_or(false)
    }
}

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len() && route.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}

fn parameter(name: &str, value: &str) -> Option<(String, Value)> {
    let name = name.strip_prefix('{')?.strip_suffix('}')?;
    Some((name.to_owned(), json!(value)))
}

/// A claim as API Gateway hands it to functions: text.
fn flattened((name, claim): (&String, &Value)) -> (String, Value) {
    let text = match claim {
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            format!("[{}]", list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    };
    (name.clone(), json!(text))
}
