//! The examples of the OpenAPI document: what to send, what is answered, and every problem that may be
//! answered instead.
//!
//! `examples/<resource>.json` gives them by `operationId`. In place of a thing that many operations
//! answer with stands `{"like": "app", …}`: the one of that name in `things.json`, with the members
//! beside `like` in place of its own. Problems that follow from an operation's shape (a body may be
//! malformed) are found here; its file names those that are its own.

use std::collections::BTreeMap;

use gatepass_http::title;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Every file with examples.
const FILES: [&str; 13] = [
    include_str!("examples/access_requests.json"),
    include_str!("examples/admin_access_requests.json"),
    include_str!("examples/admin_apps.json"),
    include_str!("examples/admin_credentials.json"),
    include_str!("examples/admin_offerings.json"),
    include_str!("examples/admin_policy.json"),
    include_str!("examples/admin_settings.json"),
    include_str!("examples/admin_statistics.json"),
    include_str!("examples/apps.json"),
    include_str!("examples/cart.json"),
    include_str!("examples/catalogues.json"),
    include_str!("examples/credentials.json"),
    include_str!("examples/service.json"),
];

/// The examples of one operation.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Example {
    parameters: Map<String, Value>,
    request: Option<Value>,
    answer: Option<Value>,
    problems: Vec<String>,
}

/// Adds examples and problems to every operation of `document`.
pub(crate) fn illustrate(document: &mut Value) {
    let mut examples: BTreeMap<String, Example> = FILES.into_iter().flat_map(parse::<BTreeMap<_, _>>).collect();
    let things: Map<String, Value> = parse(include_str!("examples/things.json"));
    let problems: Map<String, Value> = parse(include_str!("examples/problems.json"));
    for (path, item) in members(document.get_mut("paths")) {
        for (_, operation) in members(Some(item)) {
            let example = examples.remove(operation["operationId"].as_str().unwrap_or_default()).unwrap_or_default();
            let slugs = [implied(path, operation), example.problems.clone()].concat();
            add_parameters(operation, &example, &things);
            add_request(operation, &example, &things);
            add_answer(operation, &example, &things);
            add_problems(operation, &slugs, &problems);
        }
    }
    if let Some(kind) = document.pointer_mut("/components/schemas/Problem/properties/type") {
        kind["enum"] = problems.keys().map(|slug| json!(format!("/problems/{slug}"))).collect();
    }
}

/// The text of a file. A file that cannot be read says nothing, and the tests miss its examples.
fn parse<T: Default + for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

fn members(object: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    object.and_then(Value::as_object_mut).into_iter().flatten()
}

/// `value` with each `{"like": …}` written out.
fn resolved(value: &Value, things: &Map<String, Value>) -> Value {
    match value {
        Value::Object(own) => {
            let like = own.get("like").and_then(Value::as_str).and_then(|name| things.get(name));
            let mut whole = match like.map(|thing| resolved(thing, things)) {
                Some(Value::Object(thing)) => thing,
                _ => Map::new(),
            };
            let own = own.iter().filter(|(name, _)| *name != "like");
            whole.extend(own.map(|(name, value)| (name.clone(), resolved(value, things))));
            whole.into()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, things)).collect(),
        scalar => scalar.clone(),
    }
}

fn add_parameters(operation: &mut Value, example: &Example, things: &Map<String, Value>) {
    // A key is for one operation.
    let key = operation["operationId"].as_str().map(|operation| format!("{operation}-1"));
    let answered = example.answer.as_ref().map(|answer| resolved(answer, things)).unwrap_or_default();
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = match name {
            _ if example.parameters.contains_key(name) => example.parameters[name].clone(),
            "id" => answered["id"].clone(),
            "If-Match" => json!("\"1\""),
            "Idempotency-Key" => json!(key),
            _ => continue,
        };
        parameter["example"] = value;
    }
}

fn add_request(operation: &mut Value, example: &Example, things: &Map<String, Value>) {
    let Some(request) = &example.request else { return };
    for (media_type, content) in members(operation.pointer_mut("/requestBody/content")) {
        let value = resolved(request, things);
        content["example"] = match media_type.as_str() {
            // Every JSON text is YAML.
            "application/yaml" => json!(format!("{value:#}")),
            _ => value,
        };
    }
}

fn add_answer(operation: &mut Value, example: &Example, things: &Map<String, Value>) {
    for (status, response) in members(operation.get_mut("responses")).filter(|(status, _)| status.starts_with('2')) {
        response["description"] = json!(meaning(status));
        let Some(answer) = &example.answer else { continue };
        for (_, content) in members(response.get_mut("content")) {
            content["example"] = resolved(answer, things);
        }
    }
}

/// The problems that follow from the shape of an operation.
fn implied(path: &str, operation: &Value) -> Vec<String> {
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let any_in = |place: &str| parameters().any(|one| one["in"] == place);
    let has = |name: &str| parameters().any(|one| one["name"] == name);
    let requires = |name: &str| parameters().any(|one| one["name"] == name && one["required"] == true);
    let by_occasion: [(bool, &[&str]); 9] = [
        (path.starts_with("/v1/admin/"), &["forbidden"]),
        (any_in("path"), &["not-found"]),
        (any_in("query"), &["invalid-parameter"]),
        (has("cursor"), &["invalid-cursor"]),
        (
            operation["requestBody"].is_object(),
            &["malformed-json", "invalid-body", "body-too-large", "unsupported-media-type"],
        ),
        (has("Idempotency-Key"), &["invalid-idempotency-key", "idempotency-key-reused"]),
        (has("If-Match"), &["version-mismatch"]),
        (requires("If-Match"), &["if-match-required"]),
        (operation["tags"] != json!(["service"]), &["internal-error", "unavailable"]),
    ];
    let occasions = by_occasion.into_iter().filter(|(occurs, _)| *occurs);
    occasions.flat_map(|(_, slugs)| slugs.iter().map(ToString::to_string)).collect()
}

fn add_problems(operation: &mut Value, slugs: &[String], problems: &Map<String, Value>) {
    let needs_token = operation.get("security").is_some();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    if needs_token {
        let schema = json!({ "$ref": "#/components/schemas/GatewayMessage" });
        let content = json!({ "schema": schema, "example": { "message": "Unauthorized" } });
        let answer = json!({ "description": meaning("401"), "content": { "application/json": content } });
        responses.insert("401".into(), answer);
    }
    for slug in slugs {
        let mut body = problems.get(slug).cloned().unwrap_or_default();
        let status = body["status"].to_string();
        body["type"] = json!(format!("/problems/{slug}"));
        body["title"] = json!(title(slug));
        body["request_id"] = json!("JKJaXmPLvHcESHA=");
        let response = responses.entry(&status).or_insert_with(|| problem_response(&status));
        response["content"]["application/problem+json"]["examples"][slug] =
            json!({ "summary": title(slug), "value": body });
    }
}

fn problem_response(status: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    let mut response = json!({
        "description": meaning(status),
        "content": { "application/problem+json": { "schema": schema, "examples": {} } },
    });
    if ["429", "503"].contains(&status) {
        let seconds = json!({ "type": "integer", "minimum": 1 });
        let header = json!({ "description": "Seconds after which to try again.", "schema": seconds });
        response["headers"] = json!({ "Retry-After": header });
    }
    response
}

/// The meaning of a status code here.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Success.",
        "201" => "Created.",
        "204" => "Success, without a body.",
        "400" => "The body, a parameter or a header is invalid.",
        "401" => "The access token is missing or invalid. API Gateway answers.",
        "403" => "The caller is not allowed to do this.",
        "404" => "It does not exist, or the caller has no access to it.",
        "409" => "The current state does not allow it.",
        "412" => "It has changed since it was read: `If-Match` does not name the current version.",
        "413" => "The body is larger than 256 KiB; an OpenAPI document, than 2 MiB.",
        "415" => "The media type of the body is not one that the operation takes.",
        "422" => "The request breaks a rule, or the `Idempotency-Key` was used for a different request.",
        "428" => "`If-Match` is missing.",
        "429" => "The plan's request allowance is used up, or a limit per person is reached.",
        "503" => "Temporarily unavailable. Try again.",
        _ => "Internal error. The log has the cause.",
    }
}
