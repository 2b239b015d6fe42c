//! A protected API as a team would run it: behind API Gateway and the authorizer that Gatepass deploys.

use std::convert::Infallible;

use axum::Json;
use axum::extract;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gatepass_ratelimit::{AuthorizerContext, RateLimitLayer};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::function::Function;
use crate::gateway::{Call, message};
use crate::template::{ACCOUNT, REGION};

/// The places of the key, and of the product's name in the API's configuration.
const KEY_HEADER: &str = gatepass_authorizer::KEY_HEADER;
const PRODUCT_VARIABLE: &str = gatepass_authorizer::PRODUCT_VARIABLE;

/// A simple response of an authorizer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    is_authorized: bool,
    #[serde(default)]
    context: Map<String, Value>,
}

/// Answers a call to `path` of the API of `product_id`, if `authorizer` lets it through. No verdict is kept.
pub(crate) async fn answer(
    authorizer: &Function,
    product_id: &str,
    path: &str,
    request: extract::Request,
    now: Timestamp,
) -> Response {
    let mut call = Call::read(request, now).await;
    call.path = format!("/{path}");
    // Without its identity source a call never reaches the authorizer.
    let Some(key) = call.header(KEY_HEADER).filter(|key| !key.is_empty()) else {
        return message(StatusCode::UNAUTHORIZED, "Unauthorized");
    };
    let verdict = authorizer.invoke(event(&call, product_id, &key).to_string()).await;
    let verdict = verdict.map_err(|error| error.to_string()).and_then(|verdict| {
        serde_json::from_str::<Verdict>(&verdict).map_err(|error| format!("the answer cannot be read: {error}"))
    });
    match verdict {
        Ok(Verdict { is_authorized: true, context }) => {
            let body = json!({
                "product_id": product_id,
                "method": call.method.as_str(),
                "path": call.path,
                "context": context,
            });
            within_limits(context, body).await
        }
        Ok(Verdict { is_authorized: false, .. }) => message(StatusCode::FORBIDDEN, "Forbidden"),
        Err(error) => {
            tracing::error!(function = authorizer.name, error, "a call could not be authorized");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The answer of the API, which tells its callers of the limits that the authorizer counts.
async fn within_limits(context: Map<String, Value>, body: Value) -> Response {
    let texts = context.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    let mut request = Request::new(());
    request.extensions_mut().insert(AuthorizerContext(texts.collect()));
    let api = service_fn(move |_| {
        let body = body.clone();
        async { Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()) }
    });
    let Ok(response) = RateLimitLayer.layer(api).oneshot(request).await.map_err(|never: Infallible| match never {});
    response
}

/// The event of an authorizer in payload format 2.0 ("Controlling and managing access to HTTP APIs with
/// Lambda authorizers", API Gateway developer guide).
fn event(call: &Call, product_id: &str, key: &str) -> Value {
    let mut event = call.event("$default");
    let arn = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:local/$default/{}{}", call.method, call.path);
    event["type"] = json!("REQUEST");
    event["routeArn"] = json!(arn);
    event["identitySource"] = json!([key]);
    event["stageVariables"] = json!({ PRODUCT_VARIABLE: product_id });
    event
}
