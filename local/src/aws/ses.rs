//! `SendEmail` of SES, API version 2: mails are kept for people to read.
//!
//! See <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Services, answer, failed, malformed};
use crate::crash::Call;
use crate::fresh::fresh_id;
use crate::journal::Log;

/// The most recipients of one message.
const MOST: usize = 50;

/// A mail that was sent.
#[derive(Debug, Serialize)]
struct Mail {
    to: Vec<String>,
    subject: String,
    text: String,
    html: String,
    /// The value of the tag `template`.
    template: Option<String>,
    sent_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: EmailContent,
    #[serde(default)]
    email_tags: Vec<Tag>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    to_addresses: Vec<String>,
    cc_addresses: Vec<String>,
    bcc_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailContent {
    simple: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    subject: Content,
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    #[serde(default)]
    text: Option<Content>,
    #[serde(default)]
    html: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    name: String,
    value: String,
}

pub(super) async fn send(State(services): State<Arc<Services>>, body: Bytes) -> Response {
    let call: SendEmail = match serde_json::from_slice(&body) {
        Ok(call) => call,
        Err(error) => return malformed(&error),
    };
    let refuse = |message: &str| failed(StatusCode::BAD_REQUEST, "BadRequestException", message);
    let Destination { to_addresses, cc_addresses, bcc_addresses } = call.destination;
    let to: Vec<_> = to_addresses.into_iter().chain(cc_addresses).chain(bcc_addresses).collect();
    if to.is_empty() || to.len() > MOST {
        return refuse("a message has 1 to 50 recipients");
    }
    if let Some(address) = to.iter().chain([&call.from_email_address]).find(|address| !address.contains('@')) {
        return refuse(&format!("`{address}` is not a mail address"));
    }
    let Message { subject, body } = call.content.simple;
    let text = |content: Option<Content>| content.map(|content| content.data).unwrap_or_default();
    let mail = Mail {
        to,
        subject: subject.data,
        text: text(body.text),
        html: text(body.html),
        template: call.email_tags.into_iter().find(|tag| tag.name == "template").map(|tag| tag.value),
        sent_at: services.clock.now(),
    };
    if let Err(error) = services.journal.append(Log::Mails, &mail) {
        return failed(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceErrorException", &error.to_string());
    }
    services.fault.passed(Call::Mail).await;
    answer(&json!({ "MessageId": fresh_id() }))
}
