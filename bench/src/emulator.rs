//! The AWS services that functions call, at one address on loopback: DynamoDB embedded, the others by an answer that means
//! success. It tells what was called, and what it took.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Outcome;
use crate::units::{self, Item, Write};

/// Bytes that AWS KMS adds to what it encrypts under a symmetric key.
const SEAL_BYTES: usize = 152;

/// A call of AWS.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The operation, as AWS names it.
    pub(crate) operation: String,
    /// Read units of DynamoDB, by the published rules.
    pub(crate) read_units: f64,
    /// Write units of DynamoDB, by the published rules.
    pub(crate) write_units: f64,
    /// The units that the emulator itself reports.
    pub(crate) reported_units: Option<f64>,
}

/// The emulator. It serves as long as the runtime lives.
#[derive(Clone)]
pub(crate) struct Emulator {
    pub(crate) address: SocketAddr,
    state: Arc<Services>,
}

struct Services {
    database: Database,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    busy: Duration,
    /// The calls, while they are written down.
    calls: Option<Vec<Call>>,
}

impl Emulator {
    /// Starts one, with no table.
    pub(crate) async fn start() -> Outcome<Self> {
        let state = Arc::new(Services { database: Database::memory()?, log: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        let without_delay = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(without_delay, router).await });
        Ok(Self { address, state })
    }

    /// The address at which SDK clients find it.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The time spent on answers since this was last asked.
    pub(crate) fn busy(&self) -> Duration {
        std::mem::take(&mut self.state.log().busy)
    }

    /// Writes calls down from now on.
    pub(crate) fn record(&self) {
        self.state.log().calls = Some(Vec::new());
    }

    /// The calls since [`Emulator::record`], which are no longer written down.
    pub(crate) fn recorded(&self) -> Vec<Call> {
        self.state.log().calls.take().unwrap_or_default()
    }

    /// The item under `pk` and `sk`.
    pub(crate) fn item(&self, table: &str, pk: &str, sk: &str) -> Option<Item> {
        self.state.item(table, &json!({ "PK": { "S": pk }, "SK": { "S": sk } }))
    }
}

impl Services {
    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn item(&self, table: &str, key: &Value) -> Option<Item> {
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let request = serde_json::from_value(request).ok()?;
        let answer = serde_json::to_value(self.database.get_item(request).ok()?).ok()?;
        answer.get("Item")?.as_object().cloned()
    }

    /// Carries the call out and counts its units, which takes longer.
    fn counted(&self, operation: &str, body: &[u8]) -> (StatusCode, String) {
        let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
        if operation != "CreateTable" {
            request["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        let writes = written_keys(operation, &request);
        let images = || writes.iter().map(|(table, key)| self.item(table, key)).collect::<Vec<_>>();
        let before = images();
        let (status, text) = carry_out(&self.database, operation, request.to_string().as_bytes());
        let after = images();
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let write = if operation == "TransactWriteItems" { Write::Transaction } else { Write::Single };
        let images = before.iter().zip(&after);
        let call = Call {
            operation: operation.to_owned(),
            read_units: read_units(operation, &request, &answer),
            write_units: images.map(|(old, new)| units::written(old.as_ref(), new.as_ref(), write)).sum(),
            reported_units: reported(&answer),
        };
        if let Some(calls) = &mut self.log().calls {
            calls.push(call);
        }
        (status, text)
    }
}

async fn answer(State(services): State<Arc<Services>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let begun = Instant::now();
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let recording = services.log().calls.is_some();
    let (status, text) = if target.starts_with("DynamoDB") {
        if recording { services.counted(operation, &body) } else { carry_out(&services.database, operation, &body) }
    } else {
        let operation = if target.is_empty() { uri.path() } else { operation };
        if let Some(calls) = &mut services.log().calls {
            let operation = if uri.path().ends_with("/outbound-emails") { "SendEmail" } else { operation };
            let call = Call { operation: operation.into(), read_units: 0.0, write_units: 0.0, reported_units: None };
            calls.push(call);
        }
        (StatusCode::OK, other_service(operation, &body).to_string())
    };
    services.log().busy += begun.elapsed();
    (status, [("content-type", "application/x-amz-json-1.0")], text).into_response()
}

/// The answers of EventBridge, KMS and SES. What is sealed here is as long as what AWS seals, and hides nothing.
fn other_service(operation: &str, body: &[u8]) -> Value {
    let call: Value = serde_json::from_slice(body).unwrap_or_default();
    match operation {
        "PutEvents" => {
            let entries = call["Entries"].as_array().map_or(0, Vec::len);
            json!({ "FailedEntryCount": 0, "Entries": vec![json!({ "EventId": "1" }); entries] })
        }
        "Encrypt" => {
            let plaintext = call["Plaintext"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            let sealed = [vec![0; SEAL_BYTES], plaintext].concat();
            json!({ "KeyId": call["KeyId"], "CiphertextBlob": STANDARD.encode(sealed) })
        }
        "Decrypt" => {
            let sealed =
                call["CiphertextBlob"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
            let plaintext = sealed.get(SEAL_BYTES..).unwrap_or_default();
            json!({ "KeyId": call["KeyId"], "Plaintext": STANDARD.encode(plaintext) })
        }
        _ => json!({ "MessageId": "1" }),
    }
}

fn carry_out(database: &Database, operation: &str, body: &[u8]) -> (StatusCode, String) {
    let answer = match operation {
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        other => Err(DynoxideError::ValidationException(format!("the benchmark has no operation {other}"))),
    };
    match answer {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => (StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
    }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    carry_out: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let unreadable = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(unreadable)?;
    serde_json::to_string(&carry_out(request)?).map_err(unreadable)
}

/// The tables and keys that the call writes or checks.
fn written_keys(operation: &str, request: &Value) -> Vec<(String, Value)> {
    let one = |part: &Value| {
        let table = part["TableName"].as_str()?.to_owned();
        let key = part.get("Key").cloned().or_else(|| {
            let item = part.get("Item")?;
            Some(json!({ "PK": item["PK"], "SK": item["SK"] }))
        });
        Some((table, key?))
    };
    match operation {
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().into_iter().flatten();
            parts.filter_map(|part| one(part.as_object()?.values().next()?)).collect()
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => one(request).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn read_units(operation: &str, request: &Value, answer: &Value) -> f64 {
    let item_bytes = |item: &Value| item.as_object().map_or(0, units::bytes);
    let consistent = |request: &Value| request["ConsistentRead"].as_bool().unwrap_or(false);
    match operation {
        "GetItem" => units::read(item_bytes(&answer["Item"]), consistent(request)),
        "Query" => {
            let items = answer["Items"].as_array().into_iter().flatten();
            units::read(items.map(item_bytes).sum(), consistent(request))
        }
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let each = tables.map(|(table, asked)| {
                let found = answer["Responses"][table].as_array().cloned().unwrap_or_default();
                let missing = asked["Keys"].as_array().map_or(0, Vec::len).saturating_sub(found.len());
                let sizes = found.iter().map(item_bytes).chain(std::iter::repeat_n(0, missing));
                sizes.map(|size| units::read(size, consistent(asked))).sum::<f64>()
            });
            each.sum()
        }
        "TransactGetItems" => {
            let found = answer["Responses"].as_array().into_iter().flatten();
            found.map(|one| 2.0 * units::read(item_bytes(&one["Item"]), true)).sum()
        }
        _ => 0.0,
    }
}

fn reported(answer: &Value) -> Option<f64> {
    let consumed = answer.get("ConsumedCapacity")?;
    let tables = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed.clone()]);
    Some(tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum())
}
