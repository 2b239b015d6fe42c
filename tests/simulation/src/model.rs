//! What should be, by the contracts of the product: the states of requests, credentials and claims, and the mails that are due.
//!
//! It reads what the API shows and knows nothing of the code. `oracle.rs` holds it against what the world shows.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::linear::{Claims, End, Recorded, State};

/// More than the clocks of two functions differ by.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(11);
/// No access of the crowd ends sooner after its submit.
const SHORTEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A request as the specification of its lifecycle has it, without the products that were taken from its credential.
pub fn recorded(request: &Value, credential: Option<&Value>, renewed: bool, removed: &BTreeSet<&str>) -> Recorded {
    let asked = if request["asked"].is_null() { request } else { &request["asked"] };
    let last = last_state(request, credential);
    let may_lapse = renewed || last == State::Ended(End::Revoked) && may_have_ended(request, credential);
    Recorded {
        asked: products(asked),
        products: products(request).into_iter().filter(|product| !removed.contains(product.as_str())).collect(),
        claims: if request["extends_credential_id"].is_null() { Claims::All } else { Claims::WhatIsFree },
        may_lapse,
        may_return: renewed,
        last,
    }
}

/// The state in which the record leaves a request.
fn last_state(request: &Value, credential: Option<&Value>) -> State {
    match (&*text(request, "/status"), &*text(request, "/provisioning/status")) {
        ("pending", _) => State::Pending,
        ("rejected", _) => State::Ended(End::Rejected),
        ("withdrawn", _) => State::Ended(End::Withdrawn),
        ("expired", _) => State::Ended(End::Undecided),
        ("approved", "revoked") => State::Ended(End::Revoked),
        _ if credential.is_some_and(|credential| text(credential, "/status") == "expired") => {
            State::Ended(End::Expired)
        }
        _ => State::Approved,
    }
}

/// The mails of which one is due by what became of a request, whose access `credential` gives.
pub fn due_mails(request: &Value, credential: Option<&Value>) -> &'static [&'static str] {
    match (&*text(request, "/status"), &*text(request, "/provisioning/status")) {
        ("pending", _) if text(request, "/policy/review") == "manual" => &["submitted"],
        ("rejected", _) => &["reject"],
        ("expired", _) => &["request-expired"],
        // Access that was long in coming is announced by `ready`, after an `approve` that may not have gone out.
        ("approved", "provisioned") => &["approve", "ready"],
        ("approved", "failed") => &["provisioning-failed"],
        // Nobody loses access that had ended before.
        ("approved", "revoked") if may_have_ended(request, credential) => &[],
        ("approved", "revoked") => &["revoked"],
        _ => &[],
    }
}

/// Whether the credential opens the product, as long as it is active.
pub fn is_granted(credential: &Value, product: &str) -> bool {
    let of_product = |grant: &&Value| text(grant, "/product_id") == product;
    list(&credential["grants"]).iter().find(of_product).is_some_and(|grant| text(grant, "/status") == "active")
}

/// When access by `credential` to `product` ends.
pub fn end_of_access<'a>(credential: &'a Value, product: &str) -> Option<&'a str> {
    let of_product = |grant: &&Value| text(grant, "/product_id") == product;
    credential["grants"].as_array()?.iter().find(of_product)?["expires_at"].as_str()
}

/// Whether a request renews a credential or changes its plan: what that opens goes back to other requests.
pub fn changes(request: &Value) -> bool {
    ["renewal", "change_plan"].contains(&&*text(request, "/kind"))
}

/// Whether a request awaits or gives access. A change that was carried out does neither: what it changed goes back to others.
pub fn stands(request: &Value) -> bool {
    match (&*text(request, "/status"), &*text(request, "/provisioning/status")) {
        ("pending", _) => true,
        ("approved", "provisioned") => !changes(request),
        ("approved", provisioning) => !["revoked", "expired"].contains(&provisioning),
        _ => false,
    }
}

/// The text at `pointer`; empty where there is none.
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The items of a list; none where there is no list.
pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The products that a request names.
pub fn products(request: &Value) -> Vec<String> {
    list(&request["product_ids"]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a request names `product`.
pub fn names(request: &Value, product: &str) -> bool {
    products(request).iter().any(|named| named == product)
}

/// True for an end within the difference of two functions' clocks from `now`.
pub fn is_about(end: &str, now: Timestamp) -> bool {
    end.parse::<Timestamp>().is_ok_and(|end| end.duration_since(now).abs() < CLOCKS_DIFFER)
}

/// True for an end that has come by `now`.
pub fn has_passed(end: &str, now: Timestamp) -> bool {
    end.parse::<Timestamp>().is_ok_and(|end| end <= now)
}

/// Whether the credential may have ended before `request` changed last, by some clock. A credential that went with its app
/// is not shown: it may have ended if it is older than the shortest life of a key.
fn may_have_ended(request: &Value, credential: Option<&Value>) -> bool {
    let time = |text: String| text.parse::<Timestamp>().ok();
    let changed = time(text(request, "/updated_at"));
    let Some(credential) = credential else {
        let lived =
            changed.zip(time(text(request, "/created_at"))).map(|(changed, created)| changed.duration_since(created));
        return !request["extends_credential_id"].is_null() || lived.is_some_and(|lived| lived > SHORTEST_LIFE);
    };
    let end = time(text(credential, "/expires_at"));
    end.zip(changed).is_some_and(|(end, changed)| changed.duration_since(end) > -CLOCKS_DIFFER)
}

/// Whether the credential had ended at `at`, by any clock.
pub fn had_ended(credential: &Value, at: Timestamp) -> bool {
    let end = credential["expires_at"].as_str().and_then(|end| end.parse::<Timestamp>().ok());
    end.is_some_and(|end| at.duration_since(end) > CLOCKS_DIFFER)
}
