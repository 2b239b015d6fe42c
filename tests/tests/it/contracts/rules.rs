//! Every rule, and the stream's filter, takes exactly the events that it should.

use gatepass_domain::event::{Detail, SCHEMA_VERSION};
use quamina::Quamina;
use serde_json::{Value, json};

use crate::contracts::schemas;
use crate::template;

/// Which functions are to hear of an event of this type and review.
fn listeners(event_type: &str, review: &str) -> Vec<&'static str> {
    match (event_type, review) {
        ("AccessRequestSubmitted", "automatic") => vec!["auto-approve"],
        ("AccessRequestSubmitted", "manual") => vec!["notify"],
        (
            "AccessRequestReferred"
            | "AccessRequestRejected"
            | "AccessRequestReminded"
            | "AccessRequestEscalated"
            | "AccessRequestExpired"
            | "ProvisioningDeferred"
            | "AccessProvisioned"
            | "ProvisioningFailed"
            | "AccessRevoked"
            | "CredentialExpiring"
            | "CredentialExpired"
            | "CredentialSuspended"
            | "CredentialResumed",
            _,
        ) => vec!["notify"],
        ("AccessRequestApproved", _) => vec!["provision"],
        ("ProvisioningRequeued" | "AppReassigned", _) => vec!["notify", "provision"],
        _ => vec![],
    }
}

/// An event of `event_type` as EventBridge delivers it.
fn envelope(event_type: &str, review: &str) -> Value {
    json!({
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": event_type,
        "source": "gatepass",
        "account": "123456789012",
        "time": "2026-11-23T12:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {
            "metadata": {
                "id": "019ab1c2-0000-7000-8000-000000000001",
                "type": event_type,
                "version": SCHEMA_VERSION,
                "occurred_at": "2026-11-23T12:00:00Z",
                "correlation_id": "JKJaXmPLvHcESHA=",
                "causation_id": null,
                "aggregate": { "kind": "settings" },
                "seq": 1,
                "hash": "0".repeat(64),
            },
            "data": schemas::example(event_type, review),
        },
    })
}

/// The programs whose rules take the event, each as often as it is taken.
fn takers(event: &Value) -> Vec<String> {
    let mut takers = Vec::new();
    for function in template::functions() {
        for (_, rule) in function.events("EventBridgeRule") {
            if matches(&rule["Pattern"], event) {
                takers.push(function.binary.clone());
            }
        }
    }
    takers
}

fn matches(pattern: &Value, event: &Value) -> bool {
    let mut matcher = Quamina::new();
    matcher.add_pattern((), &pattern.to_string()).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    !matcher.matches_for_event(event.to_string().as_bytes()).expect("an event is JSON").is_empty()
}

#[test]
fn every_event_reaches_whom_it_concerns_once() {
    for (event_type, _) in Detail::schemas() {
        for review in ["automatic", "manual"] {
            let event = envelope(event_type, review);
            assert_eq!(takers(&event), listeners(event_type, review), "{event_type}, {review}");
        }
    }
}

#[test]
fn events_of_others_reach_nobody() {
    for (event_type, _) in Detail::schemas() {
        let mut event = envelope(event_type, "automatic");
        event["source"] = json!("somebody.else");
        assert_eq!(takers(&event), Vec::<String>::new(), "{event_type}");
    }
}

#[test]
fn rules_name_only_events_that_exist() {
    let known: Vec<_> = Detail::schemas().into_iter().map(|(event_type, _)| event_type).collect();
    for function in template::functions() {
        for (name, rule) in function.events("EventBridgeRule") {
            let place = format!("{}.{name}", function.id);
            assert_eq!(rule["EventBusName"]["Ref"], "Bus", "{place}");
            for event_type in rule["Pattern"]["detail-type"].as_array().expect(&place) {
                assert!(known.contains(&event_type.as_str().expect(&place)), "{place} waits for {event_type}");
            }
        }
    }
}

#[test]
fn the_stream_hands_over_event_items_that_are_new_and_nothing_else() {
    let relay = template::functions().into_iter().find(|function| function.binary == "relay").unwrap();
    let streams = relay.events("DynamoDB");
    let filters = streams[0].1["FilterCriteria"]["Filters"].as_array().unwrap().clone();
    let takes = |record: &Value| {
        filters.iter().any(|filter| {
            let pattern: Value = serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap();
            matches(&pattern, record)
        })
    };
    let record = |name: &str, partition: &str| json!({ "eventName": name, "dynamodb": { "Keys": { "PK": { "S": partition }, "SK": { "S": "00000001" } } } });
    assert!(takes(&record("INSERT", "E#R#1")));
    for (name, partition) in [("MODIFY", "E#R#1"), ("REMOVE", "E#R#1"), ("INSERT", "R#1"), ("INSERT", "ASIDE#E#R#1")] {
        assert!(!takes(&record(name, partition)), "{name} {partition}");
    }
    assert_eq!(streams[0].1["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(streams[0].1["StartingPosition"], "TRIM_HORIZON", "what was written before the first poll counts too");
}
