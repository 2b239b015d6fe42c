//! The JSON that AWS hands to functions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::units::Item;

/// A call of the HTTP API.
pub(crate) struct HttpCall<'a> {
    /// The route as the template spells it: `GET /v1/apps/{id}`.
    pub(crate) route: &'a str,
    /// The path, with its query.
    pub(crate) path: String,
    /// The id of the caller.
    pub(crate) who: &'a str,
    /// The groups of the caller.
    pub(crate) groups: &'a [&'a str],
    /// The body; `Null` for none.
    pub(crate) body: Value,
}

impl HttpCall<'_> {
    /// The call as API Gateway hands it over, payload format 2.0.
    pub(crate) fn event(&self, now: Timestamp) -> Value {
        let (method, route_path) = self.route.split_once(' ').unwrap_or(("GET", self.route));
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let issued = now.as_second();
        let claims = json!({
            "sub": self.who, "token_use": "access", "name": self.who, "email": format!("{}@example.com", self.who),
            "email_verified": true, "cognito:groups": self.groups, "scope": "openid", "iat": issued,
            "jti": format!("{}-{issued}", self.who), "exp": issued + 3600,
        });
        let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.c2lnbmF0dXJl", segment(&json!({ "alg": "RS256" })), segment(&claims));
        let parts = route_path.split('/').zip(path.split('/'));
        let parameters: Map<_, _> = parts.filter_map(|(name, value)| parameter(name, value)).collect();
        let queries: Map<_, _> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.into(), json!(value)))
            .collect();
        let flat: Map<_, _> = claims.as_object().into_iter().flatten().map(flattened).collect();
        json!({
            "version": "2.0", "routeKey": self.route, "rawPath": path, "rawQueryString": query,
            "headers": {
                "accept": "*/*", "host": "api.example.com", "authorization": format!("Bearer {token}"),
                "content-type": "application/json", "user-agent": "bench", "x-forwarded-proto": "https",
            },
            "queryStringParameters": queries, "pathParameters": parameters,
            "body": if self.body.is_null() { Value::Null } else { json!(self.body.to_string()) },
            "isBase64Encoded": false,
            "requestContext": {
                "accountId": "000000000000", "apiId": "bench", "domainName": "api.example.com", "domainPrefix": "api",
                "requestId": "JKJaXmPLvHcESHA=", "routeKey": self.route, "stage": "$default", "time": "",
                "timeEpoch": now.as_millisecond(),
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench",
                },
                "authorizer": { "jwt": { "claims": flat, "scopes": null } },
            },
        })
    }
}

/// A call of a protected API with a key, as API Gateway asks the authorizer about it.
pub(crate) fn authorizer_call(key: &str, product: &str) -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:us-east-1:000000000000:bench/$default/GET/",
        "headers": { "x-api-key": key }, "stageVariables": { "gatepass_product_id": product },
        "requestContext": { "stage": "$default" },
    })
}

/// One record of the table's stream: an event item that has appeared.
pub(crate) fn stream_batch(image: &Item, number: usize) -> Value {
    json!({ "Records": [{
        "eventID": number.to_string(), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_435_200.0, "Keys": { "PK": image["PK"], "SK": image["SK"] },
            "NewImage": image, "SequenceNumber": format!("{number:028}"), "SizeBytes": 1024, "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/bench/stream/2026-11-23T11:59:00.000",
    }] })
}

/// The repository's sample event for `program`, about `request` instead of the one it names.
pub(crate) fn sample(program: &str, request: &str) -> Outcome<String> {
    let text = std::fs::read_to_string(format!("events/{program}.json"))?;
    Ok(text.replace("019ab1c2-6c40-7a3e-9d52-0c1f7be40001", request))
}

fn parameter(name: &str, value: &str) -> Option<(String, Value)> {
    let name = name.strip_prefix('{')?.strip_suffix('}')?;
    Some((name.to_owned(), json!(value)))
}

/// A claim as API Gateway hands it to functions: text.
fn flattened((name, claim): (&String, &Value)) -> (String, Value) {
    let text = match claim {
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    };
    (name.clone(), json!(text))
}
