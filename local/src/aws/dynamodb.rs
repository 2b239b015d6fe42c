//! The way to DynamoDB: calls are passed on as they are, and answers come back as they are.
//!
//! Standing in between, the stack learns of every commit: it wakes the readers of the stream, and can
//! end the process just then.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gatepass_iam::as_nobody;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::{Services, failed};
use crate::crash::Call;

/// What a caller needs to see of an answer; `x-amz-crc32` guards its body.
const ANSWER_HEADERS: [&str; 3] = ["content-type", "x-amz-crc32", "x-amzn-requestid"];
/// What DynamoDB needs to see of a call, besides a signature.
const CALL_HEADERS: [&str; 3] = ["content-type", "x-amz-date", "x-amz-target"];

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
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    if let Some(authorization) = authorization {
        call = call.header("authorization", as_nobody(authorization));
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
    let repaired = if operation == "GetRecords" { repaired(&body) } else { None };
    if status.is_success() && writes_items(operation) {
        writes.send_modify(|count| *count = count.wrapping_add(1));
    }
    if status.is_success() && operation == "TransactWriteItems" {
        services.fault.passed(Call::Commit).await;
    }
    let checksum_holds = repaired.is_none();
    let mut answer = Response::new(Body::from(repaired.unwrap_or(body)));
    *answer.status_mut() = status;
    let kept = headers.iter().filter(|(name, _)| ANSWER_HEADERS.contains(&name.as_str()));
    answer.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    if !checksum_holds {
        answer.headers_mut().remove("x-amz-crc32");
    }
    answer
}

/// In stream records DynamoDB Local writes an empty map as `{}`, which no SDK can read; DynamoDB
/// writes `{"M":{}}`. Gives the body as DynamoDB would have written it, if it differs.
fn repaired(body: &[u8]) -> Option<Bytes> {
    if !body.windows(2).any(|pair| pair == b"{}") {
        return None;
    }
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let mut repairs = 0;
    for record in answer.get_mut("Records")?.as_array_mut()? {
        for image in ["Keys", "NewImage", "OldImage"] {
            let item = record.get_mut("dynamodb").and_then(|change| change.get_mut(image)?.as_object_mut());
            repairs += item.into_iter().flat_map(Map::values_mut).map(repair).sum::<u32>();
        }
    }
    (repairs > 0).then(|| answer.to_string().into())
}

/// Repairs an attribute value and those in it; gives how many were in need.
fn repair(value: &mut Value) -> u32 {
    let Some(attribute) = value.as_object_mut() else { return 0 };
    if attribute.is_empty() {
        attribute.insert("M".into(), json!({}));
        return 1;
    }
    attribute
        .iter_mut()
        .map(|(kind, content)| match (kind.as_str(), content) {
            ("M", Value::Object(members)) => members.values_mut().map(repair).sum(),
            ("L", Value::Array(items)) => items.iter_mut().map(repair).sum(),
            _ => 0,
        })
        .sum()
}

fn writes_items(operation: &str) -> bool {
    matches!(operation, "TransactWriteItems" | "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem")
}

fn unreachable(address: &str, error: &reqwest::Error) -> Response {
    tracing::warn!(address, %error, "DynamoDB does not answer");
    failed(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "DynamoDB does not answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_maps_of_dynamodb_local_are_repaired() {
        let answer = |map: Value| {
            let deep = json!({"L": [{"M": {"inner": map}}]});
            json!({"Records": [{"dynamodb": {"NewImage": {"map": map, "deep": deep, "text": {"S": "{}"}}}}]})
                .to_string()
        };
        let (local, aws) = (answer(json!({})), answer(json!({"M": {}})));
        assert_eq!(repaired(local.as_bytes()).unwrap(), aws);
        assert_eq!(repaired(aws.as_bytes()), None);
        assert_eq!(repaired(b"{\"Records\":[]}"), None);
        assert_eq!(repaired(b"{}"), None);
    }
}
