//! A stand-in for AWS KMS: `Encrypt` and `Decrypt`, bound to key and encryption context.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Config, Region};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::loopback;

/// A stand-in for AWS KMS that ends with the test. What it seals opens only with the same key id and
/// encryption context, and does not show what is in it.
#[derive(Debug, Clone)]
pub struct Kms {
    /// The SDK's client, which tries nothing twice.
    pub client: Client,
    state: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    refusals: VecDeque<&'static str>,
    calls: Vec<String>,
}

impl Kms {
    /// Starts one.
    pub async fn new() -> Self {
        let state: Arc<Mutex<Script>> = Arc::default();
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&state));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(loopback::credentials())
            .region(Region::new("eu-central-1"))
            .endpoint_url(loopback::serve(router).await)
            .retry_config(RetryConfig::disabled())
            .build();
        Self { client: Client::from_conf(config), state }
    }

    /// The next `times` calls are refused with the error `code`: `ThrottlingException`,
    /// `AccessDeniedException`, …
    pub fn refuse(&self, code: &'static str, times: usize) {
        self.script().refusals.extend(std::iter::repeat_n(code, times));
    }

    /// The calls made since this was last asked: `Encrypt`, `Decrypt`.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.script().calls)
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.state.lock().expect("no test panics while it holds the script")
    }
}

async fn answer(State(state): State<Arc<Mutex<Script>>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let refusal = {
        let mut script = state.lock().expect("no test panics while it holds the script");
        script.calls.push(operation.clone());
        script.refusals.pop_front()
    };
    let call: Value = serde_json::from_str(&body).expect("the SDK sends JSON");
    match (refusal, operation.as_str()) {
        (Some(code), _) => refuse(code),
        (None, "Encrypt") => Json(json!({ "KeyId": call["KeyId"], "CiphertextBlob": seal(&call) })).into_response(),
        (None, "Decrypt") => match unseal(&call) {
            Some(plaintext) => Json(json!({ "KeyId": call["KeyId"], "Plaintext": plaintext })).into_response(),
            None => refuse("InvalidCiphertextException"),
        },
        (None, _) => refuse("UnsupportedOperationException"),
    }
}

fn refuse(code: &str) -> Response {
    // AWS names accounts and keys in its messages.
    let message = format!("{code}: arn:aws:kms:eu-central-1:123456789012:key/secret");
    let status = match code {
        "DependencyTimeoutException" | "KMSInternalException" | "KeyUnavailableException" => 500,
        _ => 400,
    };
    let status = StatusCode::from_u16(status).expect("400 and 500 are status codes");
    (status, Json(json!({ "__type": code, "message": message }))).into_response()
}

fn seal(call: &Value) -> String {
    let sealed = json!({ "key": call["KeyId"], "context": call["EncryptionContext"], "plaintext": call["Plaintext"] });
    STANDARD.encode(disguised(sealed.to_string().into_bytes()))
}

fn unseal(call: &Value) -> Option<String> {
    let blob = STANDARD.decode(call["CiphertextBlob"].as_str()?).ok()?;
    let sealed: Value = serde_json::from_slice(&disguised(blob)).ok()?;
    let same = sealed["key"] == call["KeyId"] && sealed["context"] == call["EncryptionContext"];
    same.then(|| sealed["plaintext"].as_str().map(str::to_owned)).flatten()
}

/// No cipher: enough that a key does not stand in an item to be found by chance.
fn disguised(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.iter_mut().for_each(|byte| *byte ^= 0x5a);
    bytes
}
