//! A stand-in for Amazon EventBridge: `PutEvents`, which succeeds as a whole while entries fail.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::{BehaviorVersion, Config, Region};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::loopback;

/// A stand-in for Amazon EventBridge that ends with the test.
#[derive(Debug, Clone)]
pub struct EventBridge {
    /// The SDK's client, which tries nothing twice.
    pub client: Client,
    state: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    refused_ids: HashSet<String>,
    throttled_ids: HashSet<String>,
    out_of_order: bool,
    loses_answers: bool,
    batches: Vec<usize>,
    entries: Vec<Value>,
}

impl EventBridge {
    /// Starts one.
    pub async fn new() -> Self {
        let state: Arc<Mutex<Book>> = Arc::default();
        let router = Router::new().route("/", post(put_events)).with_state(Arc::clone(&state));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(loopback::credentials())
            .region(Region::new("eu-central-1"))
            .endpoint_url(loopback::serve(router).await)
            .retry_config(RetryConfig::disabled())
            .build();
        Self { client: Client::from_conf(config), state }
    }

    /// From now on entries whose detail carries one of these event ids fail, and only they.
    pub fn refuse_entries(&self, ids: impl IntoIterator<Item = impl ToString>) {
        self.book().refused_ids = ids.into_iter().map(|id| id.to_string()).collect();
    }

    /// From now on entries whose detail carries one of these event ids are throttled, and only they.
    pub fn throttle_entries(&self, ids: impl IntoIterator<Item = impl ToString>) {
        self.book().throttled_ids = ids.into_iter().map(|id| id.to_string()).collect();
    }

    /// True when entries are taken from now on and no answer can be read.
    pub fn lose_answers(&self, loses_answers: bool) {
        self.book().loses_answers = loses_answers;
    }

    /// True when every call fails as a whole from now on.
    pub fn out_of_order(&self, out_of_order: bool) {
        self.book().out_of_order = out_of_order;
    }

    /// The entries taken since this was last asked, in order, as `PutEvents` was given them, with
    /// `Detail` parsed.
    pub fn entries(&self) -> Vec<Value> {
        std::mem::take(&mut self.book().entries)
    }

    /// The sizes of the batches received since this was last asked, refused ones included.
    pub fn batches(&self) -> Vec<usize> {
        std::mem::take(&mut self.book().batches)
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.state.lock().expect("no test panics while it holds the book")
    }
}

async fn put_events(State(state): State<Arc<Mutex<Book>>>, body: String) -> Response {
    let call: HashMap<String, Value> = serde_json::from_str(&body).expect("the SDK sends JSON");
    let entries = call.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut book = state.lock().expect("no test panics while it holds the book");
    book.batches.push(entries.len());
    if book.out_of_order {
        let problem = json!({ "__type": "InternalException", "message": "arn:aws:events:eu-central-1:123456789012" });
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(problem)).into_response();
    }
    let mut answers = Vec::new();
    for mut entry in entries {
        let detail = entry["Detail"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        entry["Detail"] = detail.expect("EventBridge takes JSON objects alone");
        let id = entry["Detail"]["metadata"]["id"].as_str().unwrap_or_default();
        if book.refused_ids.contains(id) {
            answers.push(json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." }));
        } else if book.throttled_ids.contains(id) {
            answers.push(json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded" }));
        } else {
            answers.push(json!({ "EventId": format!("entry-{}", book.entries.len()) }));
            book.entries.push(entry);
        }
    }
    if book.loses_answers {
        return "{".into_response();
    }
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    Json(json!({ "FailedEntryCount": failed, "Entries": answers })).into_response()
}
