//! The way to DynamoDB: calls are passed on as they are, and answers come back as they are.
//!
//! Standing in between, the stack learns of every commit: it wakes the readers of the stream, and can
//! end the process just then. The embedded DynamoDB is called in this process: a port of its own would answer anybody.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dynoxide::{Database, DynoxideError};
use gatepass_iam::as_nobody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Services, failed};
use crate::crash::Call;

/// The part of an answer that a caller needs to see; `x-amz-crc32` guards its body.
const ANSWER_HEADERS: [&str; 3] = ["content-type", "x-amz-crc32", "x-amzn-requestid"];
/// The parts of a call that DynamoDB needs to see, besides a signature.
const CALL_HEADERS: [&str; 3] = ["content-type", "x-amz-date", "x-amz-target"];

/// The DynamoDB that the stack uses.
pub(crate) enum DynamoDb {
    /// In this process.
    Embedded(Database),
    /// Somebody's, such as Amazon's DynamoDB Local.
    At { address: String, client: reqwest::Client },
}

pub(super) async fn pass_on(services: &Services, operation: &str, headers: &HeaderMap, body: Bytes) -> Response {
    let answer = match &services.dynamodb {
        DynamoDb::Embedded(database) => embedded(database, operation, &body),
        DynamoDb::At { address, client } => remote(address, client, operation, headers, body).await,
    };
    if answer.status().is_success() && writes_items(operation) {
        services.writes.send_modify(|count| *count = count.wrapping_add(1));
    }
    if answer.status().is_success() && operation == "TransactWriteItems" {
        services.fault.passed(Call::Commit).await;
    }
    answer
}

/// Calls the embedded DynamoDB, which answers without waiting for anything but the disk.
fn embedded(database: &Database, operation: &str, body: &[u8]) -> Response {
    const JSON: [(&str, &str); 1] = [("content-type", "application/x-amz-json-1.0")];
    match carry_out(database, operation, body) {
        None => {
            let text = format!("the local stack has no operation `{operation}`");
            failed(StatusCode::BAD_REQUEST, "UnknownOperationException", &text)
        }
        Some(Ok(answer)) => (JSON, answer).into_response(),
        Some(Err(error)) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, JSON, error.to_json()).into_response()
        }
    }
}

/// The answer of `operation`; `None` for one that the stack does not have.
fn carry_out(database: &Database, operation: &str, body: &[u8]) -> Option<Result<String, DynoxideError>> {
    Some(match operation {
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeStream" => call(body, |request| database.describe_stream(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "GetRecords" => call(body, |request| database.get_records(request)),
        "GetShardIterator" => call(body, |request| database.get_shard_iterator(request)),
        "ListStreams" => call(body, |request| database.list_streams(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "UpdateTable" => call(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        _ => return None,
    })
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    carry_out: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let unreadable = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(unreadable)?;
    serde_json::to_string(&carry_out(request)?).map_err(unreadable)
}

/// Calls a DynamoDB at another address.
async fn remote(
    address: &str,
    client: &reqwest::Client,
    operation: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
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
