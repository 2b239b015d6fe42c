//! Faults that AWS shows and an emulator does not, injected at the SDK's HTTP connector.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use gatepass_iam::{CallLog, NOBODY, as_nobody, caller, needs};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// The faults of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call is throttled and does nothing.
    Throttle,
    /// The transaction meets another one on the same item and does nothing.
    TransactionConflict,
    /// If the transaction is refused, its last part is said to have met another one, and so not to have been judged.
    LastPartUnjudged,
    /// The call is carried out, and its reply is lost.
    LostReply,
    /// The call never arrives.
    Unreachable,
    /// A `BatchGetItem` that does one half of its work and hands the other back.
    HalfProcessed,
}

/// A call that is held back until the test lets it go: the moment in which somebody gets in between.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Gate>);

#[derive(Debug, Default)]
struct Gate {
    arrived: Notify,
    open: Notify,
}

impl Held {
    /// Waits until the call is about to be made.
    pub async fn arrived(&self) {
        self.0.arrived.notified().await;
    }

    /// Lets the call go.
    pub fn release(&self) {
        self.0.open.notify_one();
    }

    async fn pass(&self) {
        self.0.arrived.notify_one();
        self.0.open.notified().await;
    }
}

/// A script of faults for the calls of one client, by operation.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    planned: VecDeque<(String, Fault)>,
    held: Vec<HeldCall>,
    calls: Vec<String>,
    /// Capacity units consumed; `None` while nobody measures.
    consumed: Option<f64>,
    /// Capacity units of transactions, which are what use cases write with.
    written: f64,
}

#[derive(Debug)]
struct HeldCall {
    operation: String,
    calls_before: usize,
    held: Held,
}

impl Faults {
    /// The next `times` calls of `operation` (`TransactWriteItems`, …) go wrong.
    pub fn plan(&self, operation: &str, fault: Fault, times: usize) {
        let mut script = self.script();
        script.planned.extend((0..times).map(|_| (operation.to_owned(), fault)));
    }

    /// Holds a call of `operation` back: the first after `calls_before` others of it.
    pub fn hold(&self, operation: &str, calls_before: usize) -> Held {
        let held = Held::default();
        self.script().held.push(HeldCall { operation: operation.to_owned(), calls_before, held: held.clone() });
        held
    }

    /// The calls made since this was last asked, attempts of the SDK included.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.script().calls)
    }

    /// The capacity units that the table says it took since this was last asked; the first time, zero.
    pub fn consumed(&self) -> f64 {
        self.script().consumed.replace(0.0).unwrap_or_default()
    }

    /// The capacity units of the transactions since this was last asked, as far as [`Faults::consumed`] measures.
    pub fn written(&self) -> f64 {
        std::mem::take(&mut self.script().written)
    }

    fn measures(&self) -> bool {
        self.script().consumed.is_some()
    }

    fn add_consumed(&self, operation: &str, units: f64) {
        let mut script = self.script();
        if let Some(consumed) = &mut script.consumed {
            *consumed += units;
        }
        if operation == "TransactWriteItems" {
            script.written += units;
        }
    }

    /// True when every planned fault has happened.
    pub fn are_over(&self) -> bool {
        self.script().planned.is_empty()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().expect("no test panics while it holds the script")
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(FaultyClient { inner: Builder::new().build_http(), faults: self.clone() })
    }

    fn next(&self, operation: &str) -> (Option<Held>, Option<Fault>) {
        let mut script = self.script();
        script.calls.push(operation.to_owned());
        let mut held = None;
        if let Some(index) = script.held.iter().position(|call| call.operation == operation) {
            match script.held[index].calls_before.checked_sub(1) {
                Some(fewer) => script.held[index].calls_before = fewer,
                None => held = Some(script.held.remove(index).held),
            }
        }
        let index = script.planned.iter().position(|(planned, _)| planned == operation);
        let fault = index.and_then(|index| script.planned.remove(index)).map(|(_, fault)| fault);
        (held, fault)
    }
}

#[derive(Debug)]
struct FaultyClient {
    inner: SharedHttpClient,
    faults: Faults,
}

impl HttpClient for FaultyClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.faults.clone() })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        write_down(&request);
        let authorization = as_nobody(request.headers().get("authorization").unwrap_or_default());
        request.headers_mut().insert("authorization", authorization);
        let (held, fault) = self.faults.next(&operation);
        let (inner, faults) = (self.inner.clone(), self.faults.clone());
        HttpConnectorFuture::new(async move {
            if let Some(held) = held {
                held.pass().await;
            }
            if !faults.measures() {
                return send(inner, request, &operation, fault).await;
            }
            let answer = send(inner, asking_for_capacity(request), &operation, fault).await?;
            let (answer, units) = capacity_of(answer).await;
            faults.add_consumed(&operation, units);
            Ok(answer)
        })
    }
}

/// For the grants report, which wants to know what each function calls.
fn write_down(request: &HttpRequest) {
    static LOG: LazyLock<Option<CallLog>> = LazyLock::new(CallLog::from_env);
    let header = |name| request.headers().get(name).unwrap_or_default();
    let caller = caller(header("authorization")).filter(|caller| *caller != NOBODY);
    if let Some((log, caller)) = LOG.as_ref().zip(caller) {
        for need in needs(header("x-amz-target"), "/", request.body().bytes().unwrap_or_default()) {
            log.add(caller, &need).expect("the call log can be written");
        }
    }
}

async fn send(
    inner: SharedHttpConnector,
    request: HttpRequest,
    operation: &str,
    fault: Option<Fault>,
) -> Result<HttpResponse, ConnectorError> {
    assert_ne!(operation, "Scan", "nothing in Gatepass reads a whole table");
    if operation == "Query" && has_empty_value(&request) {
        return Ok(refusal("ValidationException", ""));
    }
    match fault {
        None => inner.call(request).await,
        Some(Fault::Throttle) => Ok(refusal("ThrottlingException", "")),
        Some(Fault::TransactionConflict) => {
            let reasons = r#", "CancellationReasons": [{"Code": "TransactionConflict"}]"#;
            Ok(refusal("TransactionCanceledException", reasons))
        }
        Some(Fault::LastPartUnjudged) => Ok(without_last_verdict(inner.call(request).await?).await),
        Some(Fault::Unreachable) => Err(ConnectorError::io("unreachable".into())),
        Some(Fault::LostReply) => {
            inner.call(request).await?;
            Err(ConnectorError::io("the reply was lost".into()))
        }
        Some(Fault::HalfProcessed) => {
            let (request, left) = split_batch(request);
            let answer = inner.call(request).await?;
            Ok(with_unprocessed(answer, left).await)
        }
    }
}

/// DynamoDB takes no empty text where a key is meant; the embedded one does. The store's queries have
/// no values beside keys.
fn has_empty_value(request: &HttpRequest) -> bool {
    let values = &body(request)["ExpressionAttributeValues"];
    values.as_object().is_some_and(|values| values.values().any(|value| value["S"] == ""))
}

fn body(request: &HttpRequest) -> Value {
    let bytes = request.body().bytes().expect("a call of DynamoDB is in memory");
    serde_json::from_slice(bytes).expect("a call of DynamoDB is JSON")
}

fn with_body(mut request: HttpRequest, body: &Value) -> HttpRequest {
    let text = body.to_string();
    request.headers_mut().insert("content-length", text.len().to_string());
    *request.body_mut() = SdkBody::from(text);
    request
}

fn asking_for_capacity(request: HttpRequest) -> HttpRequest {
    let mut asked = body(&request);
    asked["ReturnConsumedCapacity"] = json!("TOTAL");
    with_body(request, &asked)
}

/// The answer, and the capacity units that it names.
async fn capacity_of(answer: HttpResponse) -> (HttpResponse, f64) {
    let (answer, body) = read(answer).await;
    let consumed = &body["ConsumedCapacity"];
    let tables = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed.clone()]);
    (answer, tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum())
}

/// The answer unchanged, and what it says.
async fn read(answer: HttpResponse) -> (HttpResponse, Value) {
    let status = answer.status();
    let bytes = ByteStream::new(answer.into_body()).collect().await.expect("the table answers in full").into_bytes();
    let body = serde_json::from_slice(&bytes).expect("an answer of DynamoDB is JSON");
    (HttpResponse::new(status, SdkBody::from(bytes.to_vec())), body)
}

/// Takes every other key out of a `BatchGetItem`; gives those, as DynamoDB hands them back.
fn split_batch(request: HttpRequest) -> (HttpRequest, Value) {
    let mut kept = body(&request);
    let mut left = kept["RequestItems"].clone();
    for (items, parity) in [(&mut kept["RequestItems"], 0), (&mut left, 1)] {
        for table in items.as_object_mut().expect("it names tables").values_mut() {
            let keys = table["Keys"].as_array().expect("it names keys");
            let chosen = keys.iter().skip(parity).step_by(2).cloned().collect::<Vec<_>>();
            table["Keys"] = Value::Array(chosen);
        }
    }
    (with_body(request, &kept), left)
}

async fn with_unprocessed(answer: HttpResponse, left: Value) -> HttpResponse {
    let status = answer.status();
    let (_, mut body) = read(answer).await;
    if left.as_object().is_some_and(|tables| tables.values().any(|table| table["Keys"] != json!([]))) {
        body["UnprocessedKeys"] = left;
    }
    HttpResponse::new(status, SdkBody::from(body.to_string()))
}

async fn without_last_verdict(answer: HttpResponse) -> HttpResponse {
    let (answer, mut body) = read(answer).await;
    match body["CancellationReasons"].as_array_mut().and_then(|reasons| reasons.last_mut()) {
        Some(last) => *last = json!({ "Code": "TransactionConflict" }),
        None => return answer,
    }
    HttpResponse::new(answer.status(), SdkBody::from(body.to_string()))
}

fn refusal(code: &str, more: &str) -> HttpResponse {
    let body = format!(r#"{{"__type": "com.amazonaws.dynamodb.v20120810#{code}", "message": "injected"{more}}}"#);
    let status = 400.try_into().expect("400 is a status code");
    HttpResponse::new(status, SdkBody::from(body))
}
