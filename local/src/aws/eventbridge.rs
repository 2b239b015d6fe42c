//! `PutEvents` of EventBridge.
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Services, answer, failed, malformed};
use crate::bus::{Entry, NotTaken};
use crate::crash::Call;

/// The most entries of one call.
const MOST: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

pub(super) async fn put_events(services: &Services, body: &[u8]) -> Response {
    let call: PutEvents = match serde_json::from_slice(body) {
        Ok(call) => call,
        Err(error) => return malformed(&error),
    };
    if call.entries.is_empty() || call.entries.len() > MOST {
        let text = format!("a call takes 1 to {MOST} entries");
        return failed(StatusCode::BAD_REQUEST, "ValidationException", &text);
    }
    let mut results = Vec::new();
    let mut failures = 0;
    for entry in call.entries {
        results.push(match services.buses.publish(entry) {
            Ok(id) => json!({ "EventId": id }),
            Err(not_taken) => {
                failures += 1;
                refusal(&not_taken)
            }
        });
    }
    if failures == 0 {
        services.fault.passed(Call::PutEvents).await;
    }
    answer(&json!({ "FailedEntryCount": failures, "Entries": results }))
}

fn refusal(not_taken: &NotTaken) -> Value {
    let code = match not_taken {
        NotTaken::Refused { code, .. } => code,
        NotTaken::Journal(_) => "InternalFailure",
    };
    json!({ "ErrorCode": code, "ErrorMessage": not_taken.to_string() })
}
