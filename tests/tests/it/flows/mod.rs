//! Flows of people through Gatepass, over HTTP against the real local stack. Requirements are named as
//! `R15`, …

mod automatic;
mod cart;
mod correlation;
mod endings;
mod extending;
mod gateway;
mod holding;
mod idempotency;
mod mails;
mod managing;
mod manual;
mod policy;
mod refusals;
mod template;

use serde_json::Value;

/// The types of what happened to a request, oldest first, with consecutive doubles shown.
fn history(request: &Value) -> Vec<&str> {
    let history = request["history"].as_array().expect("a single request has its history");
    history.iter().map(|entry| entry["type"].as_str().expect("an entry has a type")).collect()
}
