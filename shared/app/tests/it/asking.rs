//! How the tests ask.

use gatepass_app::approve::ApproveRequest;
use gatepass_app::reject::RejectRequest;
use gatepass_app::submit::{self, Flow, SubmitRequest, Target};
use gatepass_app::{Idempotent, Refused, approve, apps, auto_approve, reject};
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::app::Profile;
use gatepass_domain::event::Chain;
use gatepass_domain::id::{AppId, RequestId};
use gatepass_domain::{AccessRequest, ApiOwner, Person};
use gatepass_store::{IdempotencyKey, Store};
use gatepass_testkit::{World, context};

pub(crate) fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn profile(name: &str) -> Profile {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

/// For these products of `public-apis`.
pub(crate) fn asking_for(target: Target, products: &[&str], plan: &str) -> SubmitRequest {
    SubmitRequest {
        wanted: products.iter().map(|id| (slug("public-apis"), slug(id))).collect(),
        plan_id: slug(plan),
        target,
        extends_credential_id: None,
        justification: None,
    }
}

/// For `weather-api` with `plan`, in a new app.
pub(crate) fn weather(plan: &str, app: &str) -> SubmitRequest {
    asking_for(Target::New(profile(app)), &["weather-api"], plan)
}

pub(crate) async fn submit(store: &Store, who: &Person, asked: &SubmitRequest) -> Result<AccessRequestView, Refused> {
    submit_keyed(store, who, asked, &Idempotent::Unkeyed).await
}

pub(crate) async fn submit_keyed(
    store: &Store,
    who: &Person,
    asked: &SubmitRequest,
    key: &Idempotent<AccessRequest>,
) -> Result<AccessRequestView, Refused> {
    submit::submit(store, &mut context(), who, &Flow::Direct, asked, key).await.map(|request| request.view())
}

/// A key of `who`.
pub(crate) fn keyed(who: &Person, key: &str, fingerprint: &str) -> Idempotent<AccessRequest> {
    Idempotent::by(Some(IdempotencyKey { who: who.id.clone(), key: key.into(), fingerprint: fingerprint.into() }))
}

pub(crate) async fn approve(store: &Store, owner: &ApiOwner, id: RequestId) -> Result<AccessRequestView, Refused> {
    approve::approve(store, &mut context(), &owner.clone().into(), id, &ApproveRequest::default(), &Idempotent::Unkeyed)
        .await
        .map(|request| request.view())
}

pub(crate) async fn reject(store: &Store, owner: &ApiOwner, id: RequestId) -> Result<AccessRequestView, Refused> {
    reject::reject(
        store,
        &mut context(),
        &owner.clone().into(),
        id,
        &RejectRequest::whole("not now"),
        &Idempotent::Unkeyed,
    )
    .await
    .map(|request| request.view())
}

pub(crate) async fn auto_approve(store: &Store, id: RequestId) -> auto_approve::Outcome {
    auto_approve::auto_approve(store, &mut context(), id).await.unwrap()
}

pub(crate) async fn create_app(store: &Store, owner: &Person, name: &str) -> AppId {
    apps::create(store, &mut context(), owner, profile(name), &Idempotent::Unkeyed).await.unwrap().id
}

/// The types of the request's events, whose chain must verify and end with the request's own.
pub(crate) async fn story(world: &World, id: RequestId) -> Vec<String> {
    let dossier = world.store.dossier(id).await.unwrap().unwrap();
    let events = world.events(id).await;
    assert_eq!(Chain::verify(&events).unwrap(), dossier.request.facts().chain);
    events.iter().map(|event| event.detail.event_type().to_owned()).collect()
}

pub(crate) async fn standing(world: &World, id: RequestId) -> AccessRequest {
    world.store.request(id).await.unwrap().unwrap()
}

/// The refusal, as people's programs see it; success is `ok`.
pub(crate) fn said<T>(result: &Result<T, Refused>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(Refused::Rule(violation)) => violation.slug(),
        Err(Refused::NotFound(_)) => "not-found",
        Err(Refused::Invalid(_)) => "invalid",
        Err(Refused::ConflictOfInterest(_)) => "conflict-of-interest",
        Err(Refused::NotEntitled(_)) => "not-entitled",
        Err(Refused::AlreadyDecided { .. }) => "already-decided",
        Err(Refused::DuplicateAccess { .. }) => "duplicate-access",
        Err(Refused::NameTaken(_)) => "name-taken",
        Err(Refused::QuotaExceeded { .. }) => "quota-exceeded",
        Err(Refused::NotFailed) => "not-failed",
        Err(Refused::CredentialNotActive) => "credential-not-active",
        Err(Refused::IdempotencyKeyReused) => "idempotency-key-reused",
        Err(Refused::NoLongerPossible(_)) => "no-longer-possible",
        Err(Refused::Busy) => "busy",
        Err(Refused::Store(_)) => "store",
        Err(Refused::CartFull) => "cart-full",
        Err(Refused::NotApproved) => "not-approved",
        Err(Refused::AlreadyRevoked) => "already-revoked",
        Err(Refused::VersionMismatch { .. }) => "version-mismatch",
        Err(other) => panic!("{other:?}"),
    }
}

/// How often each word was said.
pub(crate) fn tally<'a>(words: impl IntoIterator<Item = &'a str>) -> std::collections::BTreeMap<&'a str, usize> {
    let mut tally = std::collections::BTreeMap::new();
    for word in words {
        *tally.entry(word).or_default() += 1;
    }
    tally
}
