//! A stand-in for Amazon SES, API version 2: `SendEmail`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Config, Region};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::loopback;

/// A stand-in for Amazon SES that ends with the test.
#[derive(Debug, Clone)]
pub struct Ses {
    /// The SDK's client, which tries nothing twice.
    pub client: Client,
    state: Arc<Mutex<Outbox>>,
}

#[derive(Debug, Default)]
struct Outbox {
    refusals: VecDeque<(u16, &'static str)>,
    mails: Vec<Value>,
}

/// A mail as SES was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// The recipient.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The tag that names the template.
    pub template: String,
}

impl Ses {
    /// Starts one.
    pub async fn new() -> Self {
        let state: Arc<Mutex<Outbox>> = Arc::default();
        let router = Router::new().route("/v2/email/outbound-emails", post(send)).with_state(Arc::clone(&state));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(loopback::credentials())
            .region(Region::new("eu-central-1"))
            .endpoint_url(loopback::serve(router).await)
            .retry_config(RetryConfig::disabled())
            .build();
        Self { client: Client::from_conf(config), state }
    }

    /// The next mail is not taken: SES answers with `status` and the error `code`.
    pub fn refuse(&self, status: u16, code: &'static str) {
        self.outbox().refusals.push_back((status, code));
    }

    /// The mails taken since this was last asked, in order.
    pub fn mails(&self) -> Vec<SentMail> {
        std::mem::take(&mut self.outbox().mails).iter().map(SentMail::of).collect()
    }

    fn outbox(&self) -> std::sync::MutexGuard<'_, Outbox> {
        self.state.lock().expect("no test panics while it holds the outbox")
    }
}

impl SentMail {
    fn of(mail: &Value) -> Self {
        let text = |pointer: &str| mail.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let to = mail["Destination"]["ToAddresses"].as_array().into_iter().flatten();
        Self {
            to: to.filter_map(|address| address.as_str().map(str::to_owned)).collect(),
            subject: text("/Content/Simple/Subject/Data"),
            text: text("/Content/Simple/Body/Text/Data"),
            html: text("/Content/Simple/Body/Html/Data"),
            template: text("/EmailTags/0/Value"),
        }
    }
}

async fn send(State(state): State<Arc<Mutex<Outbox>>>, Json(mail): Json<Value>) -> Response {
    let mut outbox = state.lock().expect("no test panics while it holds the outbox");
    if let Some((status, code)) = outbox.refusals.pop_front() {
        // SES names addresses in its messages.
        let body = Json(json!({ "message": "Email address is not verified: ada@example.com" }));
        let status = StatusCode::from_u16(status).expect("the test plans a status code");
        return (status, [("x-amzn-errortype", code)], body).into_response();
    }
    outbox.mails.push(mail);
    Json(json!({ "MessageId": format!("message-{}", outbox.mails.len()) })).into_response()
}
