//! Amazon Cognito trigger: puts name, email and organisation into the access token.
//!
//! Pre token generation, event version V2_0 ("Pre token generation Lambda trigger", Amazon Cognito
//! developer guide). Cognito's access tokens carry `sub` and groups alone; owners and mails need to
//! know whom they deal with.

use serde_json::{Map, Value, json};

/// User attribute → claim.
const CLAIMS: [(&str, &str); 4] = [
    ("name", "name"),
    ("email", "email"),
    ("email_verified", "email_verified"),
    ("custom:organisation", "organisation"),
];

/// The event with the claims added to its response. An address that has not been verified stays out:
/// mails would go to somebody else.
pub fn handle(mut event: Value) -> Value {
    let attributes = event.pointer("/request/userAttributes").and_then(Value::as_object);
    let claims = attributes.map(claims).unwrap_or_default();
    if let Some(event) = event.as_object_mut() {
        event.insert(
            "response".into(),
            json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": { "claimsToAddOrOverride": claims } } }),
        );
    }
    event
}

fn claims(attributes: &Map<String, Value>) -> Map<String, Value> {
    let verified = attributes.get("email_verified").and_then(Value::as_str) == Some("true");
    CLAIMS
        .into_iter()
        .filter(|(attribute, _)| verified || !attribute.starts_with("email"))
        .filter_map(|(attribute, claim)| Some((claim.to_owned(), attributes.get(attribute)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(attributes: Value) -> Value {
        let event = json!({ "version": "2", "request": { "userAttributes": attributes }, "response": {} });
        let answered = handle(event);
        answered
            .pointer("/response/claimsAndScopeOverrideDetails/accessTokenGeneration/claimsToAddOrOverride")
            .unwrap()
            .clone()
    }

    #[test]
    fn name_email_and_organisation_become_claims() {
        let attributes = json!({ "sub": "1", "name": "Ada", "email": "ada@example.com", "email_verified": "true",
            "custom:organisation": "engines" });
        assert_eq!(
            added(attributes),
            json!({ "name": "Ada", "email": "ada@example.com", "email_verified": "true", "organisation": "engines" })
        );
    }

    #[test]
    fn an_unverified_address_stays_out() {
        let attributes = json!({ "name": "Eve", "email": "ada@example.com", "email_verified": "false" });
        assert_eq!(added(attributes), json!({ "name": "Eve" }));
    }
}
