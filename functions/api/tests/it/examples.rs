//! Every operation of the document has examples, and they are as its schemas say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::schema::faults;

/// Every operation of the document.
fn operations() -> Vec<Value> {
    let document = gatepass_api::document();
    let paths = document["paths"].as_object().unwrap();
    paths.values().flat_map(|item| item.as_object().unwrap().values().cloned()).collect()
}

fn name(operation: &Value) -> &str {
    operation["operationId"].as_str().unwrap()
}

#[track_caller]
fn fits(content: &Value, example: &Value, what: &str) {
    assert!(!example.is_null(), "{what} has no example: give one in functions/api/src/examples");
    let faults = faults(&content["schema"], example);
    assert!(faults.is_empty(), "the example of {what} is not as its schema says: {faults:#?}");
}

#[test]
fn every_operation_shows_what_to_send() {
    for operation in operations() {
        let name = name(&operation);
        for content in members(&operation["requestBody"]["content"]).values() {
            fits(content, &content["example"], &format!("the body of {name}"));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["required"] == true {
                fits(parameter, &parameter["example"], &format!("the parameter {} of {name}", parameter["name"]));
            }
        }
    }
}

#[test]
fn every_operation_shows_what_is_answered() {
    for operation in operations() {
        let name = name(&operation);
        for (status, response) in members(&operation["responses"]) {
            assert!(response["description"].is_string(), "{name} does not say what {status} means");
            for (media_type, content) in members(&response["content"]) {
                if media_type == "application/json" {
                    fits(&content, &content["example"], &format!("the answer {status} of {name}"));
                    continue;
                }
                let problems = members(&content["examples"]);
                assert!(!problems.is_empty(), "{name} answers {status} with no problem");
                for (slug, example) in problems {
                    fits(&content, &example["value"], &format!("the problem {slug} of {name}"));
                    assert_eq!(example["value"]["status"].to_string(), status, "{slug} of {name}");
                }
            }
        }
    }
}

/// An example that is given is in the document: no name is misspelt, and no problem is left over.
#[test]
fn every_example_is_shown() {
    let (mut given, mut problems) = (BTreeSet::new(), BTreeSet::new());
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/examples")).unwrap() {
        let path = file.unwrap().path();
        let content: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).expect("an example is JSON");
        let names = members(&content).into_keys();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("things.json") => {}
            Some("problems.json") => problems.extend(names),
            _ => given.extend(names),
        }
    }
    assert_eq!(given, operations().iter().map(|operation| name(operation).to_owned()).collect());
    let responses = operations().into_iter().flat_map(|operation| members(&operation["responses"]).into_values());
    let shown = responses
        .flat_map(|response| members(&response["content"]["application/problem+json"]["examples"]).into_keys());
    assert_eq!(problems, shown.collect());
}

fn members(object: &Value) -> BTreeMap<String, Value> {
    object.as_object().cloned().unwrap_or_default().into_iter().collect()
}
