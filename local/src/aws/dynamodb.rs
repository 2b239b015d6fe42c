//! The way to DynamoDB: calls are passed on as they are, and answers come back as they are.
//!
//! Standing in between, the stack learns of every commit: it wakes the readers of the stream, and can
//! end the process just then.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::sync::watch;

use super::{Services, failed};
use crate::crash::Call;

/// What a caller needs to see of an answer; `x-amz-crc32` guards its body.
const ANSWER_HEADERS: [&str; 3] = ["content-type", "x-amz-crc32", "x-amzn-requestid"];
/// What DynamoDB needs to see of a call.
const CALL_HEADERS: [&str; 4] = ["authorization", "content-type", "x-amz-date", "x-amz-target"];

/// The DynamoDB that the stack uses.
pub(crate) struct DynamoDb {
    pub(crate) address: String,
    pub(crate) client: reqwest::Client,
    /// Counts the writes.
    pub(crate) writes: watch::Sender<u64>,
}

pub(super) async fn pass_on(services: &Services, operation: &str, headers: &HeaderMap, body: Bytes) -> Response {
    let DynamoDb { address, client, writes } = &services.dynamodb;
    let mut call = client.post(address).body(body);
    for name in CALL_HEADERS {
        if let Some(value) = headers.get(name) {
            call = call.header(name, value);
        }
    }
    let answered = match call.send().await {
        Ok(answered) => answered,
        Err(error) => return unreachable(address, &error),
    };
    let (status, headers) = (answered.status(), answered.headers().clone());
    let body = match answered.bytes().await {
        Ok(body) => body,
        Err(error) => return unreachable(address, &error),
    };
    if status.is_success() && writes_items(operation) {
        writes.send_modify(|count| *count = count.wrapping_add(1));
    }
    if status.is_success() && operation == "TransactWriteItems" {
        services.fault.passed(Call::Commit).await;
    }
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    let kept = headers.iter().filter(|(name, _)| ANSWER_HEADERS.contains(&name.as_str()));
    answer.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    answer
}

fn writes_items(operation: &str) -> bool {
    matches!(operation, "TransactWriteItems" | "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem")
}

fn unreachable(address: &str, error: &reqwest::Error) -> Response {
    tracing::warn!(address, %error, "DynamoDB does not answer");
    failed(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "DynamoDB does not answer")
}
