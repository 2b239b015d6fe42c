//! From a request as it is stored to what its mails tell.

use gatepass_domain::access_request::{
    AccessRequestView, AppRef, Item, ProvisioningStatus, ProvisioningView, RequestKind, Status,
};
use gatepass_domain::id::{AppId, CredentialId, RequestId};
use gatepass_domain::person::ActorKind;
use gatepass_domain::policy::{Inputs, Review, Rule, Subject, Verdict};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{Actor, Person, PersonId, Plan};
use gatepass_mail::{Decider, MailContext, limits, render, sample};
use rstest::rstest;
use serde_json::{Value, json};

fn plan(over: Value) -> Plan {
    let mut plan = json!({"id": "free", "name": "Free"});
    plan.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    serde_json::from_value(plan).unwrap()
}

/// A request of ada's that `decided_by` has approved, and that is provisioned.
fn request(decided_by: &Actor) -> AccessRequestView {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let ada = PersonId("ada".into());
    AccessRequestView {
        id: RequestId::from_u128(1),
        kind: RequestKind::New,
        requester: Person {
            id: ada.clone(),
            name: "Ada".into(),
            email: Some("ada@example.com".into()),
            groups: Vec::new(),
            organisation: None,
        },
        app: AppRef { id: AppId::from_u128(2), name: "Storm warnings".into() },
        items: vec![Item {
            product_id: "weather-api".parse().unwrap(),
            catalogue_id: "public-apis".parse().unwrap(),
            name: "Weather API".into(),
        }],
        product_ids: vec!["weather-api".parse().unwrap()],
        plan_id: "free".parse().unwrap(),
        plan_name: "Free".into(),
        auth_method: AuthMethod::ApiKey,
        extends_credential_id: None,
        credential_id: Some(CredentialId::from_u128(3)),
        justification: Some("Warn sailors.".into()),
        status: Status::Approved,
        policy: Verdict {
            review: Review::Automatic,
            rule: Rule::AutoApproveAlways,
            reasons: Vec::new(),
            plan_version: 1,
            inputs: Inputs { requester: Subject { id: ada, groups: Vec::new() }, product_ids: Vec::new() },
        },
        narrowing: None,
        approvals_required: 1,
        approvals: Vec::new(),
        waiting: None,
        decided_by: Some(decided_by.clone()),
        decided_at: Some(at),
        reason: None,
        provisioning: ProvisioningView {
            status: ProvisioningStatus::Provisioned,
            attempts: 1,
            next_attempt_at: None,
            last_error: None,
        },
        created_at: at,
        updated_at: at,
        version: 3,
    }
}

fn policy() -> Actor {
    Actor { kind: ActorKind::Policy, id: "auto-approve".into(), name: None }
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
    let context = MailContext::new(&request(&policy()), Some(&plan), "https://portal.example");
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
    let context = MailContext::new(&request(&policy()), None, "");
    assert_eq!((context.plan.name.as_str(), context.plan.limits.len()), ("Free", 0));
    assert!(render(MailKind::Approve, &context, None).unwrap().text.contains("Plan: Free\n"));
}

#[test]
fn a_person_whose_name_was_erased_is_still_a_person() {
    let erased = request(&Actor { kind: ActorKind::Person, id: "owen".into(), name: None });
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
