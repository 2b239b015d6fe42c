//! From a request as it is stored to what its mails tell.

use gatepass_domain::Plan;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use gatepass_mail::{Decider, MailContext, limits, render, sample};
use rstest::rstest;
use serde_json::{Value, json};

fn plan(over: Value) -> Plan {
    let mut plan = json!({"id": "free", "name": "Free"});
    plan.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    serde_json::from_value(plan).unwrap()
}

fn request(over: Value) -> AccessRequestView {
    let mut request = json!({
        "id": "01925f6e-7a00-7000-8000-000000000001",
        "kind": "new",
        "requester": {"id": "ada", "name": "Ada", "email": "ada@example.com", "groups": ["builders"], "organisation": null},
        "app": {"id": "01925f6e-7a00-7000-8000-000000000002", "name": "Storm warnings"},
        "items": [{"product_id": "weather-api", "catalogue_id": "public-apis", "name": "Weather API"}],
        "product_ids": ["weather-api"],
        "plan_id": "free",
        "plan_name": "Free",
        "auth_method": "api_key",
        "extends_credential_id": null,
        "credential_id": "01925f6e-7a00-7000-8000-000000000003",
        "justification": "Warn sailors.",
        "status": "approved",
        "policy": {
            "review": "automatic",
            "rule": "auto_approve_always",
            "reasons": [],
            "plan_version": 1,
            "inputs": {"requester": {"id": "ada", "groups": ["builders"]}, "product_ids": ["weather-api"]},
        },
        "approvals": [],
        "decided_by": {"kind": "policy", "id": "auto-approve", "name": null},
        "decided_at": "2026-01-02T03:04:05Z",
        "reason": null,
        "provisioning": {"status": "provisioned", "attempts": 1, "next_attempt_at": null, "last_error": null},
        "created_at": "2026-01-02T03:04:00Z",
        "updated_at": "2026-01-02T03:04:06Z",
        "version": 3,
    });
    request.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

#[rstest]
#[case(json!({}), &["no limit on requests", "keys do not expire"])]
#[case(
    json!({"rate_limit": {"requests": 25, "per_seconds": 1}, "key_expires_in_seconds": 2_592_000}),
    &["25 requests per second", "keys expire after 30 days"],
)]
#[case(
    json!({
        "rate_limit": {"requests": 100, "per_seconds": 1},
        "quota": {"requests": 1_000_000, "per_seconds": 86_400},
        "access_expires_in_seconds": 7_776_000,
        "scopes": ["read", "write"],
    }),
    &["100 requests per second", "1,000,000 requests per day", "keys do not expire", "access ends after 90 days", "scopes: read, write"],
)]
fn limits_are_told_in_words(#[case] over: Value, #[case] words: &[&str]) {
    assert_eq!(limits(&plan(over), AuthMethod::ApiKey), words);
}

#[test]
fn what_expires_is_what_was_issued() {
    let plan = plan(json!({"key_expires_in_seconds": 3_600}));
    assert!(limits(&plan, AuthMethod::OAuth2).contains(&"client secrets expire after 1 hour".to_owned()));
}

#[test]
fn a_context_is_taken_from_the_request_and_its_plan() {
    let plan = plan(json!({"rate_limit": {"requests": 25, "per_seconds": 1}, "key_expires_in_seconds": 2_592_000}));
    let context = MailContext::new(&request(json!({})), Some(&plan), "https://portal.example");
    let mail = render(MailKind::Approve, &context, None).unwrap();
    assert_eq!(mail.subject, "You have access to Weather API");
    for fact in [
        "approved automatically",
        "Plan: Free",
        "- 25 requests per second",
        "\"Storm warnings\"",
        "https://portal.example/apps/",
    ] {
        assert!(mail.text.contains(fact), "{fact} is missing in:\n{}", mail.text);
    }
}

#[test]
fn the_mail_tells_of_the_plan_as_it_was_called_even_when_it_is_gone() {
    let context = MailContext::new(&request(json!({})), None, "");
    assert_eq!((context.plan.name.as_str(), context.plan.limits.len()), ("Free", 0));
    assert!(render(MailKind::Approve, &context, None).unwrap().text.contains("Plan: Free\n"));
}

#[test]
fn a_person_whose_name_was_erased_is_still_a_person() {
    let erased = request(json!({"decided_by": {"kind": "person", "id": "owen", "name": null}}));
    let context = MailContext::new(&erased, None, "");
    assert_eq!(context.decided_by, Some(Decider::Person { name: None }));
    assert!(
        render(MailKind::Approve, &context, None).unwrap().text.contains("your request was approved by an API Owner")
    );
}

#[test]
fn a_context_survives_json() {
    for kind in MailKind::ALL {
        let context = sample(kind);
        assert_eq!(context.products.len(), 2);
        let json = serde_json::to_string(&context).unwrap();
        assert_eq!(serde_json::from_str::<MailContext>(&json).unwrap(), context);
    }
}
