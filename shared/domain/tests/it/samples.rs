//! Samples for the tests: people, products, plans, a request.

use gatepass_domain::access_request::{AppRef, Item, LastError, Pending, RequestKind, Submission, submit};
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::gateway::Gateway;
use gatepass_domain::policy::{Inputs, Review, Rule, Subject, Verdict};
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::{Actor, Catalogue, Context, Event, Person, PersonId, Plan, Product, Versioned};
use jiff::Timestamp;

/// The time at which everything begins.
pub(crate) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(crate) fn context(seed: u64) -> Context {
    Context::seeded(noon(), seed)
}

pub(crate) fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn slugs<T: std::str::FromStr<Err: std::fmt::Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| slug(text)).collect()
}

pub(crate) fn person(id: &str, groups: &[&str]) -> Person {
    Person {
        id: PersonId(id.into()),
        name: format!("{id} the Person"),
        email: Some(format!("{id}@example.com")),
        groups: groups.iter().map(ToString::to_string).collect(),
        organisation: None,
    }
}

pub(crate) fn owen() -> Actor {
    Actor::from(&person("owen", &["api-owners"]))
}

pub(crate) fn olga() -> Actor {
    Actor::from(&person("olga", &["api-owners"]))
}

/// An identity provider that registers clients.
pub(crate) fn provider(issuer: &str) -> Gateway {
    Gateway::OAuth2Dcr { issuer: issuer.into(), initial_access_token_secret: None, scopes: Vec::new() }
}

pub(crate) fn product(id: &str, auth_method: AuthMethod) -> Product {
    Product {
        id: slug(id),
        name: id.to_uppercase(),
        description: String::new(),
        auth_method,
        gateway: match auth_method {
            AuthMethod::ApiKey => Gateway::builtin(),
            AuthMethod::OAuth2 => provider("https://id.example.com"),
        },
        owners: vec!["owner@example.com".into()],
        approver_groups: Vec::new(),
        documentation_url: None,
        published: true,
        status: ProductStatus::Stable,
        sunset_on: None,
        support: None,
    }
}

/// A plan that leaves everything to its defaults.
pub(crate) fn plan(id: &str) -> Plan {
    serde_json::from_value(serde_json::json!({ "id": id, "name": id })).unwrap()
}

pub(crate) fn catalogue(audience: AudienceKind, groups: &[&str], products: &[&str], plans: &[&str]) -> Catalogue {
    Catalogue {
        id: slug("public-apis"),
        name: "Public APIs".into(),
        description: String::new(),
        audience: Audience { kind: audience, groups: groups.iter().map(ToString::to_string).collect() },
        product_ids: slugs(products),
        plan_ids: slugs(plans),
        recommended_plan_id: None,
    }
}

pub(crate) fn versioned<T>(content: T) -> Versioned<T> {
    Versioned::first(content, noon())
}

pub(crate) fn inputs(id: &str, groups: &[&str], products: &[&str]) -> Inputs {
    Inputs {
        requester: Subject { id: PersonId(id.into()), groups: groups.iter().map(ToString::to_string).collect() },
        product_ids: slugs(products),
    }
}

pub(crate) fn verdict(review: Review) -> Verdict {
    let rule = match review {
        Review::Automatic => Rule::AutoApproveAlways,
        Review::Manual => Rule::AutoApproveOff,
    };
    Verdict {
        review,
        rule,
        plan_version: 1,
        inputs: inputs("ada", &["builders"], &["weather-api"]),
        reasons: vec!["because".into()],
    }
}

/// The request of ada.
pub(crate) fn submission(context: &mut Context, kind: RequestKind, review: Review) -> Submission {
    let extends = !matches!(kind, RequestKind::New | RequestKind::Grant);
    Submission {
        kind,
        requester: person("ada", &["builders"]),
        app: AppRef { id: context.id(), name: "Storm warnings".into() },
        items: vec![Item {
            product_id: slug("weather-api"),
            catalogue_id: slug("public-apis"),
            name: "Weather API".into(),
        }],
        plan_id: slug("gold"),
        plan_name: "Gold".into(),
        auth_method: AuthMethod::ApiKey,
        extends_credential_id: extends.then(|| context.id()),
        justification: Some("Storms are coming to Adastown".into()),
        policy: verdict(review),
        approvals_required: 1,
    }
}

/// A request that ada has just filed, and the event that says so.
pub(crate) fn filed(context: &mut Context) -> (Pending, Event) {
    let submission = submission(context, RequestKind::New, Review::Manual);
    submit(context, submission)
}

pub(crate) fn outage() -> LastError {
    LastError { code: "gateway-unavailable".into(), message: "The gateway did not answer.".into() }
}
