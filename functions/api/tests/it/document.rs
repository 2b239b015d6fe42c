//! `openapi.json` is what the code says.

use std::collections::BTreeSet;
use std::path::Path;

use gatepass_api::{document, endpoints};
use serde_json::Value;

const UPDATE: &str = "GATEPASS_UPDATE=1 cargo nextest run -p gatepass-api document";

fn current() -> Value {
    document()
}

#[test]
fn the_committed_document_is_the_current_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("GATEPASS_UPDATE").is_some() {
        std::fs::write(&path, sorted(&current(), 0) + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(committed == current(), "functions/api/openapi.json is not what the code says. Update it with: {UPDATE}");
}

/// Indented JSON with members by name: equal whatever features serde_json was built with.
fn sorted(value: &Value, depth: usize) -> String {
    let (outer, inner) = ("  ".repeat(depth), "  ".repeat(depth + 1));
    let block = |open: char, lines: Vec<String>, close: char| match lines.is_empty() {
        true => format!("{open}{close}"),
        false => format!("{open}\n{inner}{}\n{outer}{close}", lines.join(&format!(",\n{inner}"))),
    };
    match value {
        Value::Object(members) => {
            let names: BTreeSet<_> = members.keys().collect();
            let line = |name: &String| format!("{}: {}", Value::from(name.as_str()), sorted(&members[name], depth + 1));
            block('{', names.into_iter().map(line).collect(), '}')
        }
        Value::Array(items) => block('[', items.iter().map(|item| sorted(item, depth + 1)).collect(), ']'),
        scalar => scalar.to_string(),
    }
}

#[test]
fn every_endpoint_is_in_the_document_and_nothing_else_is() {
    let document = current();
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let served: Vec<_> = endpoints().iter().map(|endpoint| endpoint.route.to_string()).collect();
    assert_eq!(served.iter().cloned().collect::<BTreeSet<_>>(), documented);
    assert_eq!(documented.len(), served.len(), "an endpoint is served twice");
}

#[test]
fn operations_have_names_of_their_own_and_say_who_may_call_them() {
    let document = current();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            assert!(operation["summary"].is_string(), "{name} is not explained");
            let open = path.starts_with("/v1/public/") || path == "/v1/health" || path == "/v1/openapi.json";
            assert_eq!(operation.get("security").is_some(), !open, "{name}");
            assert!(operation.as_object().unwrap().values().all(|part| !part.is_null()), "{name} has an empty part");
            let declared: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
            for parameter in path.split(['{', '}']).skip(1).step_by(2) {
                let named = |one: &&&Value| one["name"] == parameter && one["in"] == "path" && one["required"] == true;
                assert!(declared.iter().any(|one| named(&one)), "{name} does not declare {parameter}");
            }
        }
    }
}

/// Every reference leads somewhere.
#[test]
fn the_document_is_complete() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.insert(reference.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = current();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("references stay inside of the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}
