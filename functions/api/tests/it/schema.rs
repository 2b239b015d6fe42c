//! Every answer is as the OpenAPI document says: documented status, media type and body, and no
//! member more.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::harness::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(gatepass_api::document);

/// Validators by status and endpoint: making one takes far longer than using it.
static VALIDATORS: LazyLock<Mutex<HashMap<String, jsonschema::Validator>>> = LazyLock::new(Mutex::default);

/// Holds `answer` against the document.
pub(crate) fn check(answer: &Answer) {
    let (route, status) = (&answer.route, answer.status);
    let operation = &DOCUMENT["paths"][route.path.as_str()][route.method.to_lowercase()];
    let documented = &operation["responses"][status.to_string()];
    assert!(documented.is_object(), "{route} answers {status}, which is not documented: {:#}", answer.body);
    let Some(contents) = documented.get("content") else {
        assert_eq!(answer.body, json!(""), "{route} answers {status} with a body, which is not documented");
        return;
    };
    let media_type = answer.headers.get("content-type").map(String::as_str).unwrap_or_default();
    let content = &contents[media_type];
    assert!(content.is_object(), "{route} answers {status} as `{media_type}`, which is not documented");
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = validators.entry(format!("{status} {route}")).or_insert_with(|| validator(&content["schema"]));
    let faults = listed(validator, &answer.body);
    assert!(faults.is_empty(), "{route} answers {status} not as documented: {faults:#?} in {:#}", answer.body);
    if let Some(slug) = answer.body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")) {
        assert!(content["examples"][slug].is_object(), "{route} answers {status} `{slug}`, which is not documented");
    }
}

/// The faults of `value`, by `schema` of the document.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    listed(&validator(schema), value)
}

fn listed(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn validator(schema: &Value) -> jsonschema::Validator {
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [closed(schema)],
        "components": { "schemas": schemas() },
    });
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&root)
        .expect("the document's schemas are schemas")
}

fn schemas() -> Value {
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    schemas.iter().map(|(name, schema)| (name.clone(), opened(schema))).collect()
}

/// A named schema: open itself, since others may be made of it, with all that it holds closed.
fn opened(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let members = members.iter().map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), closed(schema))).collect()
            }
            ("items" | "additionalProperties", schema) => closed(schema),
            ("allOf", Value::Array(parts)) => parts.iter().map(opened).collect(),
            ("oneOf" | "anyOf", Value::Array(parts)) => parts.iter().map(closed).collect(),
            (_, other) => other.clone(),
        };
        (name.clone(), value)
    });
    members.collect()
}

/// A schema where it is used: whoever reads the document expects no member that it does not name.
fn closed(schema: &Value) -> Value {
    let mut schema = opened(schema);
    let holds_members = ["$ref", "properties", "allOf"].iter().any(|word| schema.get(word).is_some());
    if holds_members && let Value::Object(members) = &mut schema {
        members.insert("unevaluatedProperties".into(), json!(false));
    }
    schema
}

#[test]
fn members_that_are_not_documented_are_noticed() {
    let schema = json!({ "$ref": "#/components/schemas/AccessRequestDetail" });
    let noticed = |value| faults(&schema, &value).iter().any(|fault| fault.contains("surprise"));
    assert!(noticed(json!({ "surprise": 1 })));
    assert!(noticed(json!({ "requester": { "surprise": 1 } })));
}
