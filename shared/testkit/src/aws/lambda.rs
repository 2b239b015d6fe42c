//! The JSON that AWS hands to the functions.

use gatepass_domain::Event;
use serde_json::{Value, json};

/// An event as EventBridge delivers it to a rule's target
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>).
pub fn bus_event(event: &Event) -> Value {
    json!({
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": event.detail.event_type(),
        "source": "gatepass",
        "account": "123456789012",
        "time": event.occurred_at,
        "region": "eu-central-1",
        "resources": [],
        "detail": event.bus_detail(),
    })
}

/// The call of a schedule's target, as a rule with a schedule expression makes it.
pub fn schedule_call() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-23T12:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/expire"],
        "detail": {},
    })
}
