//! Requests and apps, written straight into the store.

use gatepass_domain::access_request::{
    AppRef, Item, LastError, Order, Pending, RequestKind, Status, Submission, submit,
};
use gatepass_domain::app::Profile;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::{AppId, ProductId};
use gatepass_domain::policy::{Inputs, Review, Rule, Subject, Verdict};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{AccessRequest, Actor, App, Context, Event, Person, Versioned};
use gatepass_store::{CommitError, Listing, Position, Store, Transaction};
use gatepass_testkit::{ada, context, owen};

pub(crate) fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn products(ids: &[&str]) -> Vec<ProductId> {
    ids.iter().map(|id| slug(id)).collect()
}

/// A page of at most `limit` requests, newest first.
pub(crate) fn listing(status: Option<Status>, limit: usize, after: Option<&Position>) -> Listing {
    Listing { status, provisioning: None, order: Order::Newest, limit, after: after.cloned() }
}

pub(crate) fn by_owen() -> Actor {
    Actor::from(owen().person())
}

/// A request of `who`, not yet written.
pub(crate) fn drafted(context: &mut Context, who: &Person, app_id: AppId, wanted: &[ProductId]) -> (Pending, Event) {
    let item =
        |id: &ProductId| Item { product_id: id.clone(), catalogue_id: slug("public-apis"), name: id.to_string() };
    let inputs =
        Inputs { requester: Subject { id: who.id.clone(), groups: who.groups.clone() }, product_ids: wanted.to_vec() };
    let submission = Submission {
        kind: RequestKind::New,
        requester: who.clone(),
        app: AppRef { id: app_id, name: "Storm warnings".into() },
        items: wanted.iter().map(item).collect(),
        plan_id: slug("gold"),
        plan_name: "Gold".into(),
        auth_method: AuthMethod::ApiKey,
        extends_credential_id: None,
        justification: None,
        policy: Verdict {
            review: Review::Manual,
            rule: Rule::AutoApproveOff,
            plan_version: 1,
            inputs,
            reasons: vec!["reviewed".into()],
        },
        approvals_required: 1,
    };
    submit(context, submission)
}

/// Writes a new state.
pub(crate) async fn write(store: &Store, request: &AccessRequest, event: &Event) -> Result<(), CommitError> {
    store.commit(Transaction::new(&mut context()).request(request, event)).await
}

/// A request of ada's in the store.
pub(crate) async fn filed(store: &Store) -> Pending {
    let mut context = context();
    let app_id = context.id();
    let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
    write(store, &pending.clone().into(), &event).await.unwrap();
    pending
}

/// Rejects a request in the store.
pub(crate) async fn reject(store: &Store, pending: Pending) {
    let (closed, event) = pending.reject(&mut context(), &by_owen(), "no".into());
    write(store, &closed.into(), &event).await.unwrap();
}

pub(crate) fn outage() -> LastError {
    LastError { code: "gateway-unavailable".into(), message: "It did not answer.".into() }
}

/// An app of `owner`, not yet written, with the event that says so.
pub(crate) fn drafted_app(context: &mut Context, owner: &Person, name: &str) -> (Versioned<App>, Event, Chain) {
    let profile: Profile = serde_json::from_value(serde_json::json!({ "name": name })).unwrap();
    let app = App {
        id: context.id(),
        profile,
        owner: owner.id.clone(),
        contact: None,
        organisation: owner.organisation.clone(),
        handovers: Vec::new(),
        handover_count: 0,
    };
    let app = Versioned::first(app, context.now);
    let mut chain = Chain::default();
    let detail = Detail::AppCreated(EntitySubject::created(app.id, 1, &app.content));
    let event = chain.append(context, Aggregate::App(app.id), &Actor::from(owner), detail, None);
    (app, event, chain)
}

/// Creates an app.
pub(crate) async fn create_app(store: &Store, owner: &Person, name: &str) -> Result<AppId, CommitError> {
    let mut context = context();
    let (app, event, chain) = drafted_app(&mut context, owner, name);
    let transaction = Transaction::new(&mut context).new_app(&app, &event, chain).first_access(app.id, None);
    store.commit(transaction).await.map(|()| app.id)
}
