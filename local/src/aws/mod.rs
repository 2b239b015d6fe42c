//! The AWS services that functions call, as one endpoint on a free loopback port.
//!
//! The real SDK clients talk to it over HTTP. EventBridge, SES and KMS are answered here; DynamoDB
//! and its streams are passed on to the DynamoDB that the stack uses. A call must be signed with the secret of this run,
//! and a function is refused what its role in the template does not grant.

mod dynamodb;
mod eventbridge;
mod kms;
mod roles;
mod ses;
mod signature;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use dynamodb::DynamoDb;
pub(crate) use kms::Vault;
pub(crate) use roles::Roles;
pub(crate) use signature::RunSecret;

use crate::bus::Buses;
use crate::clock::StackClock;
use crate::crash::FaultPoint;
use crate::fresh::fresh_id;
use crate::guard::only_local_callers;
use crate::journal::Journal;

/// More than any of these services takes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// The service behind the endpoint.
pub(crate) struct Services {
    pub(crate) buses: Arc<Buses>,
    pub(crate) clock: StackClock,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) fault: Arc<FaultPoint>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) roles: Roles,
    pub(crate) secret: RunSecret,
    pub(crate) vault: Vault,
    /// Counts the writes of items.
    pub(crate) writes: watch::Sender<u64>,
}

/// The endpoint, on `port`.
pub(crate) fn router(services: Arc<Services>, port: u16) -> Router {
    Router::new()
        .route("/", post(by_target))
        .route("/v2/email/outbound-emails", post(ses::send))
        .layer(middleware::from_fn_with_state(Arc::clone(&services), roles::check))
        .layer(middleware::from_fn_with_state(port, only_local_callers))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(services)
}

/// The JSON protocols name the operation in a header: `AWSEvents.PutEvents`.
async fn by_target(State(services): State<Arc<Services>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    match (service, operation) {
        ("AWSEvents", "PutEvents") => eventbridge::put_events(&services, &body).await,
        ("TrentService", "Encrypt") => kms::encrypt(&services.vault, &body),
        ("TrentService", "Decrypt") => kms::decrypt(&services.vault, &body),
        ("DynamoDB_20120810" | "DynamoDBStreams_20120810", _) => {
            dynamodb::pass_on(&services, operation, &headers, body).await
        }
        _ => failed(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            &format!("the local stack has no operation `{target}`"),
        ),
    }
}

fn answer(body: &Value) -> Response {
    let headers =
        [("x-amzn-requestid", fresh_id()), (header::CONTENT_TYPE.as_str(), "application/x-amz-json-1.1".into())];
    (headers, body.to_string()).into_response()
}

/// An error as the JSON protocols write it; the header is for SES's.
fn failed(status: StatusCode, code: &str, message: &str) -> Response {
    let headers = [
        ("x-amzn-requestid", fresh_id()),
        ("x-amzn-errortype", code.to_owned()),
        (header::CONTENT_TYPE.as_str(), "application/x-amz-json-1.1".into()),
    ];
    (status, headers, json!({ "__type": code, "message": message }).to_string()).into_response()
}

fn malformed(error: &serde_json::Error) -> Response {
    failed(StatusCode::BAD_REQUEST, "SerializationException", &error.to_string())
}
