//! API Gateway's HTTP API, imitated: routes and authorizers of the template, functions behind them,
//! payload format 2.0 in between.
//!
//! See "Working with HTTP APIs" in the API Gateway developer guide.

mod answer;
mod authorizer;
mod call;
mod routes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

pub(crate) use call::{Body, Call};
use routes::RouteTable;

use crate::clock::StackClock;
use crate::function::Function;
use crate::oidc::Issuer;
use crate::template::{JwtAuthorizer, Wiring};

/// The longest that a request waits for its function ("Quotas for configuring and running an HTTP API").
const PATIENCE: Duration = Duration::from_secs(29);
/// The largest answer of a function that is invoked synchronously, in bytes ("Lambda quotas": 6 MB).
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// The gateway.
pub(crate) struct Gateway {
    routes: RouteTable,
    authorizers: BTreeMap<String, JwtAuthorizer>,
    issuer: Arc<Issuer>,
    clock: StackClock,
}

impl Gateway {
    /// The gateway of `wiring`, with its functions by logical id.
    pub(crate) fn new(
        wiring: &Wiring,
        functions: &BTreeMap<String, Arc<Function>>,
        issuer: Arc<Issuer>,
        clock: StackClock,
    ) -> Self {
        let routes = RouteTable::new(&wiring.functions, functions);
        Self { routes, authorizers: wiring.authorizers.clone(), issuer, clock }
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, request: Request) -> Response {
        let call = Call::read(request, self.clock.now()).await;
        let mut response = self.answer(&call).await;
        if let Ok(id) = HeaderValue::from_str(&call.request_id) {
            response.headers_mut().insert(HeaderName::from_static("apigw-requestid"), id);
        }
        response
    }

    async fn answer(&self, call: &Call) -> Response {
        let body = match &call.body {
            Body::Whole(bytes) => bytes,
            Body::TooLong => return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long"),
            Body::Broken => return message(StatusCode::BAD_REQUEST, "Bad Request"),
        };
        let Some((route, parameters)) = self.routes.find(&call.method, &call.path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let claims = match route.authorizer.as_ref().and_then(|name| self.authorizers.get(name)) {
            Some(authorizer) => match authorizer::admit(authorizer, &self.issuer, call) {
                Ok(claims) => Some(claims),
                Err(why) => return refused(&why),
            },
            None => None,
        };
        let event = event(call, &route.key, parameters, claims, body);
        invoke(&route.function, event.to_string()).await
    }
}

/// Invokes `function` with `event`, within the limits of API Gateway and Lambda, and answers as they do.
async fn invoke(function: &Function, event: String) -> Response {
    let failed = || message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    let Ok(invoked) = tokio::time::timeout(PATIENCE, function.invoke(event)).await else {
        tracing::error!(function = function.name, "no answer within the time that API Gateway waits");
        return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    };
    match invoked {
        Ok(answered) if answered.len() > LARGEST_ANSWER => {
            let bytes = answered.len();
            tracing::error!(function = function.name, bytes, "the answer is larger than Lambda hands over");
            failed()
        }
        Ok(answered) => answer::to_http(&answered).unwrap_or_else(|| {
            tracing::error!(function = function.name, "the answer is not one that API Gateway understands");
            failed()
        }),
        Err(error) => {
            tracing::error!(function = function.name, %error, "a request failed");
            failed()
        }
    }
}

/// The event of payload format 2.0 ("Working with AWS Lambda proxy integrations for HTTP APIs").
fn event(
    call: &Call,
    route_key: &str,
    parameters: Map<String, Value>,
    claims: Option<Map<String, Value>>,
    body: &[u8],
) -> Value {
    let mut event = call.event(route_key);
    if let Some(claims) = claims {
        event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    if !parameters.is_empty() {
        event["pathParameters"] = Value::Object(parameters);
    }
    let (body, is_base64_encoded) = call.text_or_base64(body);
    if !body.is_empty() {
        event["body"] = Value::String(body);
    }
    event["isBase64Encoded"] = Value::Bool(is_base64_encoded);
    event
}

/// The answers of API Gateway itself. Here they forbid caching too, because nothing on localhost may outlive a change.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    let body = json!({ "message": text }).to_string();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

fn refused(refused: &authorizer::Refused) -> Response {
    let mut response = match refused {
        authorizer::Refused::Scope => message(StatusCode::FORBIDDEN, "Forbidden"),
        _ => message(StatusCode::UNAUTHORIZED, "Unauthorized"),
    };
    if let Ok(challenge) = HeaderValue::from_str(&refused.challenge()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::test_function;

    #[tokio::test]
    async fn an_answer_is_at_most_six_megabytes() {
        for (bytes, status) in [(LARGEST_ANSWER, 200), (LARGEST_ANSWER + 1, 500)] {
            let answer = format!("\"{}\"", "x".repeat(bytes - 2));
            let function = test_function("large", move |_| Ok(answer.clone()));
            assert_eq!(invoke(&function, String::new()).await.status(), status, "{bytes} bytes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_waits_29_seconds_at_most() {
        let mut wiring = routes::tests::wiring(&[]);
        wiring.timeout = Duration::from_secs(60);
        let function = Function::new("slow".into(), &wiring, Box::new(|_| Box::pin(std::future::pending())));
        assert_eq!(invoke(&function, String::new()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
