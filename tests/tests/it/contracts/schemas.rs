//! The JSON Schema of each event, committed in `events/schemas` for those who add rules of their own.
//!
//! `GATEPASS_UPDATE=1` writes the files anew.

use gatepass_domain::event::{
    AttemptFailed, CredentialSubject, Detail, EntitySubject, Narrowed, ProductRemoved, RequestSubject, SCHEMA_VERSION,
    Submitted,
};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::repository;

const DIRECTORY: &str = "events/schemas";

/// The schema of the `detail` of an event type, as it follows from the code.
fn derived(event_type: &str, data: &Value) -> Value {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event_type,
        "description": format!("`detail` of EventBridge events with source `gatepass` and detail-type `{event_type}`."),
        "type": "object",
        "required": ["metadata", "data"],
        "properties": {
            "metadata": {
                "type": "object",
                "required": [
                    "id", "type", "version", "occurred_at", "correlation_id", "causation_id", "aggregate", "seq", "hash",
                ],
                "properties": {
                    "id": { "type": "string", "format": "uuid", "description": "Equal for every delivery of the same event." },
                    "type": { "const": event_type },
                    "version": { "const": SCHEMA_VERSION },
                    "occurred_at": { "type": "string", "format": "date-time" },
                    "correlation_id": { "type": "string", "description": "The HTTP request that it all began with." },
                    "causation_id": { "type": ["string", "null"], "format": "uuid", "description": "The event that this one is a reaction to." },
                    "aggregate": {
                        "type": "object",
                        "description": "The request, app, credential, offering or settings that it happened to.",
                        "required": ["kind"],
                        "properties": { "kind": { "type": "string" }, "id": { "type": "string" } },
                    },
                    "seq": { "type": "integer", "minimum": 1, "description": "Counts the aggregate's events, without gaps." },
                    "hash": { "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the event as it is recorded, which also covers the hash of the event before it." },
                },
            },
            "data": data,
        },
    });
    with_definitions(schema)
}

/// The schema with all that it refers to in `$defs`.
fn with_definitions(mut schema: Value) -> Value {
    let known = definitions();
    let mut needed = Map::new();
    let mut left = references(&schema);
    while let Some(name) = left.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        let definition = known.get(&name).unwrap_or_else(|| panic!("nothing defines {name}"));
        left.extend(references(definition));
        needed.insert(name, definition.clone());
    }
    if !needed.is_empty() {
        schema["$defs"] = Value::Object(needed);
    }
    let text = schema.to_string().replace("#/components/schemas/", "#/$defs/");
    serde_json::from_str(&text).expect("it was JSON before")
}

/// Everything that the data of events is made of.
fn definitions() -> Map<String, Value> {
    let mut found = Vec::new();
    Submitted::schemas(&mut found);
    RequestSubject::schemas(&mut found);
    AttemptFailed::schemas(&mut found);
    CredentialSubject::schemas(&mut found);
    Narrowed::schemas(&mut found);
    ProductRemoved::schemas(&mut found);
    EntitySubject::schemas(&mut found);
    found.push((EntitySubject::name().into(), <EntitySubject as utoipa::PartialSchema>::schema()));
    found.push((RequestSubject::name().into(), <RequestSubject as utoipa::PartialSchema>::schema()));
    found.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap())).collect()
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(target)) => vec![target.rsplit('/').next().unwrap_or_default().to_owned()],
                (_, value) => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).expect("a value is JSON"))
}

/// Data of an event of this type that fits it.
pub(crate) fn example(event_type: &str, review: &str) -> Value {
    let everything = json!({
        "request_id": "019ab1c2-0000-7000-8000-000000000002",
        "kind": "new",
        "requester_id": "ada",
        "app_id": "019ab1c2-0000-7000-8000-000000000003",
        "product_ids": ["weather-api"],
        "product_id": "weather-api",
        "plan_id": "free",
        "credential_id": "019ab1c2-0000-7000-8000-000000000004",
        "review": review,
        "dropped_product_ids": ["maps-api"],
        "former_plan_id": "gold",
        "access_expires_at": "2026-12-24T12:00:00Z",
        "attempts": 1,
        "code": "gateway-not-configured",
        "id": "free",
        "version": 2,
        "before": "0".repeat(64),
        "after": "1".repeat(64),
        "changed": ["description"],
        "from": "ada",
        "to": "grace",
    });
    // What does not belong to the type is dropped on the way.
    Detail::read(event_type, everything).expect(event_type).data()
}

/// Holds the `detail` of an event against the committed schema of its type.
pub(crate) fn check(event_type: &str, detail: &Value) {
    let schema = repository::json(&format!("{DIRECTORY}/{event_type}.json"));
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect(event_type);
    let faults: Vec<_> =
        validator.iter_errors(detail).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{event_type} is not as its schema says: {faults:#?} in {detail:#}");
}

#[test]
fn the_committed_schemas_follow_from_the_code() {
    let update = std::env::var_os("GATEPASS_UPDATE").is_some_and(|value| value == "1");
    let mut expected = Vec::new();
    for (event_type, data) in Detail::schemas() {
        let schema = derived(event_type, &serde_json::to_value(data).unwrap());
        let path = format!("{DIRECTORY}/{event_type}.json");
        if update {
            std::fs::create_dir_all(repository::root().join(DIRECTORY)).unwrap();
            std::fs::write(repository::root().join(&path), pretty(&schema)).unwrap();
        }
        let advice = "GATEPASS_UPDATE=1 cargo test -p gatepass-tests writes it anew";
        assert_eq!(repository::json(&path), schema, "{path} is out of date: {advice}");
        expected.push(format!("{event_type}.json"));
    }
    expected.sort();
    let committed: Vec<_> = repository::files(DIRECTORY)
        .iter()
        .map(|path| path.file_name().and_then(|name| name.to_str()).unwrap().to_owned())
        .collect();
    assert_eq!(committed, expected, "a schema is of an event that exists");
}

#[test]
fn every_type_of_event_fits_its_schema_and_nothing_less_does() {
    for (event_type, _) in Detail::schemas() {
        let whole = json!({
            "metadata": {
                "id": "019ab1c2-0000-7000-8000-000000000001", "type": event_type, "version": SCHEMA_VERSION,
                "occurred_at": "2026-11-23T12:00:00Z", "correlation_id": "JKJaXmPLvHcESHA=", "causation_id": null,
                "aggregate": { "kind": "settings" }, "seq": 1, "hash": "0".repeat(64),
            },
            "data": example(event_type, "manual"),
        });
        check(event_type, &whole);
        let schema = repository::json(&format!("{DIRECTORY}/{event_type}.json"));
        let validator = jsonschema::validator_for(&schema).expect(event_type);
        for member in whole["data"].as_object().unwrap().keys().filter(|name| *name != "credential_id") {
            let mut less = whole.clone();
            less["data"].as_object_mut().unwrap().remove(member);
            assert!(!validator.is_valid(&less), "{event_type} without {member} passes");
        }
    }
}

#[test]
fn no_schema_has_room_for_what_is_personal() {
    for (event_type, _) in Detail::schemas() {
        let text = repository::text(&format!("{DIRECTORY}/{event_type}.json"));
        for word in ["email", "\"name\"", "reason", "secret", "justification"] {
            assert!(!text.contains(word), "{event_type} mentions {word}");
        }
    }
}
