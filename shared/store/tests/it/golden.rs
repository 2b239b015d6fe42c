//! The stored form of each entity, held in place by the files of `tests/golden`.
//!
//! `GATEPASS_UPDATE=1` writes the files of the present schema versions. A form that gets another version gets
//! another file: those of older versions stay, and are read for ever.

use std::path::PathBuf;

use gatepass_domain::access_request::{AfterApproval, AttemptOutcome};
use gatepass_domain::app::Visibility;
use gatepass_domain::credential::{
    CredentialStatus, ExpiryReason, Grant, GrantStatus, Key, KeyRecord, Notices, Reveals, Suspension,
};
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::key::PlainKey;
use gatepass_domain::plan::{AutoApproveWhen, Limit};
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::settings::{AccessFlow, MailKind};
use gatepass_domain::{
    AccessRequest, Actor, App, Catalogue, Context, Credential, Event, Plan, Product, Settings, Versioned,
};
use gatepass_store::keys::{self, Key as TableKey};
use gatepass_store::{Offering, Recordable, StoredCredential, Transaction};
use gatepass_testkit::{Table, ada, at, demo};
use serde_json::Value;

use crate::samples::{by_owen, drafted, drafted_app, outage, products, slug};

/// An item of every form, under its key, with what must be read from it.
struct Sample {
    name: &'static str,
    key: TableKey,
    expected: Expected,
}

#[derive(Debug, Clone, PartialEq)]
enum Expected {
    Request(Box<AccessRequest>),
    App(Box<(Versioned<App>, Chain)>),
    Credential(Box<StoredCredential>),
    Key(Box<KeyRecord>),
    Catalogue(Box<(Versioned<Catalogue>, Chain)>),
    Product(Box<(Versioned<Product>, Chain)>),
    Plan(Box<(Versioned<Plan>, Chain)>),
    Settings(Box<(Versioned<Settings>, Chain)>),
}

/// The end of a chain, which does not depend on how events are hashed.
fn end_of_chain() -> Chain {
    Chain { seq: 3, hash: "5f70bf18a086007016e948b04aed3b82".into() }
}

fn context(seed: u64) -> Context {
    Context::seeded(at("2026-11-23T12:00:00Z"), seed)
}

/// A request in each of its states.
fn requests() -> Vec<(&'static str, AccessRequest)> {
    let pending = |seed| {
        let mut context = context(seed);
        let app_id = context.id();
        drafted(&mut context, &ada(), app_id, &products(&["weather-api", "maps-api"])).0
    };
    let queued = |seed| {
        let note = Some("Welcome.".to_owned());
        let (AfterApproval::Decided(queued), _) = pending(seed).approve(&mut context(seed), &by_owen(), note, 1) else {
            panic!("one approval is enough")
        };
        queued
    };
    let deferred = match queued(4).attempt_failed(&mut context(4), &Actor::system("provision"), outage(), true).0 {
        AttemptOutcome::Deferred(queued) => queued,
        AttemptOutcome::GaveUp(_) => panic!("it is the first attempt"),
    };
    let failed = queued(6).attempt_failed(&mut context(6), &Actor::system("provision"), outage(), false).0;
    let (provisioned, _) = queued(5).provisioned(&mut context(5), &Actor::system("provision"));
    let (standing, _) = queued(7).provisioned(&mut context(7), &Actor::system("provision"));
    let (revoked, _) = standing.revoke(&mut context(7), &by_owen(), Some("No longer needed.".into()));
    vec![
        ("request-pending", pending(1).into()),
        ("request-closed", pending(2).reject(&mut context(2), &by_owen(), "Not for storms.".into()).0.into()),
        ("request-queued", queued(3).into()),
        ("request-deferred", deferred.into()),
        ("request-provisioned", provisioned.into()),
        ("request-failed", failed.into()),
        ("request-revoked", revoked.into()),
    ]
}

fn recorded(context: &mut Context, aggregate: Aggregate, detail: fn(EntitySubject) -> Detail) -> Event {
    let subject = EntitySubject::created("sample", 1, &"sample");
    Chain::default().append(context, aggregate, &by_owen(), detail(subject), None)
}

fn credential(context: &mut Context) -> (StoredCredential, KeyRecord) {
    let key = PlainKey::mint(context);
    let (id, app_id) = (context.id(), context.id());
    let end = Some(at("2027-01-01T00:00:00Z"));
    let grants = vec![
        Grant {
            product_id: slug("weather-api"),
            status: GrantStatus::Active,
            held_by: vec![context.id()],
            ends_at: end,
        },
        Grant { product_id: slug("maps-api"), status: GrantStatus::Revoked, held_by: Vec::new(), ends_at: None },
    ];
    let bare = |grant: &Grant| Grant { held_by: Vec::new(), ..grant.clone() };
    let record = KeyRecord {
        digest: key.digest(),
        credential_id: id,
        app_id,
        plan_id: slug("gold"),
        status: CredentialStatus::Active,
        not_after: end,
        grants: grants.iter().map(bare).collect(),
        sealed: Some("c2VhbGVk".into()),
    };
    let credential = Credential {
        id,
        app_id,
        request_id: context.id(),
        auth_method: AuthMethod::ApiKey,
        prefix: key.prefix(),
        last_four: key.last_four(),
        grants,
        plan_id: slug("gold"),
        status: CredentialStatus::Active,
        keys: vec![Key { not_after: end, ..Key::of(&key, context.now, 0) }],
        expires_at: end,
        keys_end_at: end,
        suspension: Some(Suspension { at: at("2026-11-24T00:00:00Z"), reason: Some("Too many calls.".into()) }),
        resumption: None,
        notices: Notices { planned: vec![at("2026-12-30T00:00:00Z")], announced: Some(at("2026-12-18T00:00:00Z")) },
        revealed: Some(Reveals { count: 3, last_at: at("2026-11-24T00:00:00Z"), last_by: by_owen() }),
        expires_because: Some(ExpiryReason::Key),
    };
    let credential = Versioned::first(credential, context.now);
    (StoredCredential { credential, digests: vec![record.digest.clone()], chain: end_of_chain() }, record)
}

fn plan() -> Plan {
    let limit = |requests, per_seconds| Some(Limit { requests, per_seconds });
    Plan {
        description: "For everyone.".into(),
        rate_limit: limit(25, 1),
        quota: limit(1_000_000, 2_592_000),
        key_expires_in_seconds: Some(2_592_000),
        auto_approve: true,
        auto_approve_when: AutoApproveWhen {
            groups: vec!["builders".into()],
            users: vec!["ada".into()],
            products: vec![slug("weather-api")],
        },
        request_allowance: limit(50, 86_400),
        approvals_required: 2,
        access_expires_in_seconds: Some(31_536_000),
        scopes: vec!["read".into()],
        metadata: [("tier".to_owned(), "1".to_owned())].into(),
        ..demo::plan("free", "Free")
    }
}

fn product() -> Product {
    let mut product = demo::products().remove(2);
    product.documentation_url = Some("https://example.com/payments".into());
    product.approver_groups = vec!["payments-team".into()];
    product.status = ProductStatus::Deprecated;
    product.sunset_on = Some(jiff::civil::date(2027, 6, 30));
    product.support = Some("payments-support@example.com".into());
    product
}

/// Writes an offering into the transaction; gives what must be read of it.
fn offer<T: Offering>(
    transaction: Transaction,
    seed: u64,
    content: T,
) -> (Transaction, TableKey, (Versioned<T>, Chain)) {
    let mut context = context(seed);
    let entity = Versioned::first(content, context.now);
    let event = recorded(&mut context, entity.aggregate(), T::created);
    let key = T::key(entity.id());
    (transaction.offering(&entity, None, &event, end_of_chain()), key, (entity, end_of_chain()))
}

/// A table with an item of every form.
async fn samples() -> (Table, Vec<Sample>) {
    let table = Table::new().await;
    let mut all = Transaction::new(&mut context(90));
    let mut samples = Vec::new();
    let mut add = |name, key, expected| samples.push(Sample { name, key, expected });
    for (name, request) in requests() {
        // Only the item counts here: it is written as a first version, with the first event of another request.
        let mut facts = request.facts().clone();
        facts.version = 1;
        facts.chain = end_of_chain();
        let request = AccessRequest::restore(facts, request.approvals().to_vec(), request.progress()).unwrap();
        let facts = request.facts();
        let (_, event) = drafted(&mut context(1), &ada(), facts.submission.app.id, &products(&["maps-api"]));
        let event = Event { aggregate: Aggregate::Request(facts.id), ..event };
        all = all.request(&request, &event);
        add(name, keys::request(facts.id), Expected::Request(Box::new(request)));
    }

    let (mut app, event, _) = drafted_app(&mut context(11), &ada(), "Storm warnings");
    app.content.profile.visibility = Visibility::Team;
    app.content.profile.team = Some("builders".into());
    app.content.profile.redirect_uris = vec!["https://example.com/back".into()];
    all = all.new_app(&app, &event, end_of_chain());
    add("app", keys::app(app.id), Expected::App(Box::new((app, end_of_chain()))));

    let (credential, record) = credential(&mut context(12));
    all = all.credential(&credential).new_api_key(&record);
    let key = keys::credential(credential.credential.app_id, credential.credential.id);
    add("credential", key, Expected::Credential(Box::new(credential)));
    add("key", keys::api_key(&record.digest), Expected::Key(Box::new(record)));

    let (transaction, key, entity) = offer(all, 13, demo::catalogues().remove(1));
    add("catalogue", key, Expected::Catalogue(Box::new(entity)));
    let (transaction, key, entity) = offer(transaction, 14, product());
    add("product", key, Expected::Product(Box::new(entity)));
    let (transaction, key, entity) = offer(transaction, 15, plan());
    add("plan", key, Expected::Plan(Box::new(entity)));

    let settings = Settings {
        access_flow: AccessFlow::Cart,
        mail_subjects: [(MailKind::Approve, "Welcome to {{ products }}".to_owned())].into(),
        max_pending_per_person: 20,
        max_apps_per_person: 50,
        muted_mails: vec![MailKind::Submitted],
        ..Settings::default()
    };
    let mut context = context(16);
    let settings = Versioned::first(settings, context.now);
    let event = recorded(&mut context, Aggregate::Settings, Detail::SettingsUpdated);
    let transaction = transaction.settings(&settings, &event, end_of_chain());
    add("settings", keys::settings(), Expected::Settings(Box::new((settings, end_of_chain()))));

    table.store().commit(transaction).await.unwrap();
    (table, samples)
}

/// The entity under the key of `sample`, through the store.
async fn read(table: &Table, sample: &Sample) -> Expected {
    let store = table.store();
    match &sample.expected {
        Expected::Request(request) => {
            Expected::Request(Box::new(store.request(request.facts().id).await.unwrap().unwrap()))
        }
        Expected::App(app) => Expected::App(Box::new(store.app_and_chain(app.0.id).await.unwrap().unwrap())),
        Expected::Credential(stored) => {
            let credential = &stored.credential;
            let found = store.credential(credential.app_id, credential.id).await.unwrap();
            Expected::Credential(Box::new(found.unwrap()))
        }
        Expected::Key(record) => Expected::Key(Box::new(store.api_key(&record.digest).await.unwrap().unwrap())),
        Expected::Catalogue(entity) => {
            Expected::Catalogue(Box::new(store.offering(&entity.0.id).await.unwrap().unwrap()))
        }
        Expected::Product(entity) => Expected::Product(Box::new(store.offering(&entity.0.id).await.unwrap().unwrap())),
        Expected::Plan(entity) => Expected::Plan(Box::new(store.offering(&entity.0.id).await.unwrap().unwrap())),
        Expected::Settings(_) => Expected::Settings(Box::new(store.settings().await.unwrap().unwrap())),
    }
}

fn file(name: &str, version: u64) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    folder.join(format!("{name}.v{version}.json"))
}

/// Members of entities that are maps of the owners' own, not objects of the schema.
const MAPS: [&str; 2] = ["mail_subjects", "metadata"];

/// The item as a later version might write it: with another member in every object of the schema, and with a mail
/// of another kind.
fn with_unknown_members(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let later = |(name, value): (String, Value)| match name.as_str() {
                name if MAPS.contains(&name) => (name.to_owned(), value),
                _ => (name, with_unknown_members(value)),
            };
            let mut members: serde_json::Map<_, _> = members.into_iter().map(later).collect();
            if let Some(Value::Array(mails)) = members.get_mut("muted_mails") {
                mails.push("kind-of-later".into());
            }
            members.insert("added_later".into(), serde_json::json!({ "number": 7, "list": [null, true] }));
            Value::Object(members)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(with_unknown_members).collect()),
        scalar => scalar,
    }
}

#[tokio::test]
async fn every_entity_is_stored_as_its_golden_file_says() {
    let (table, samples) = samples().await;
    for sample in &samples {
        let key = serde_dynamo::to_item(serde_json::json!({ "PK": sample.key.pk, "SK": sample.key.sk })).unwrap();
        let answer = table.client.get_item().table_name(&table.name).set_key(Some(key)).send().await.unwrap();
        let mut attributes = answer.item.unwrap();
        // The keys of indexes follow from the rest; what they look like stands in `keys.rs`.
        attributes.retain(|name, _| !["GSI", "WORK"].iter().any(|index| name.starts_with(index)));
        let item: Value = serde_dynamo::from_item(attributes).unwrap();
        let path = file(sample.name, item["schema_version"].as_u64().unwrap());
        if std::env::var_os("GATEPASS_UPDATE").is_some() {
            std::fs::write(&path, serde_json::to_string_pretty(&item).unwrap() + "\n").unwrap();
        }
        let golden: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(item, golden, "{}: another form needs another schema version", sample.name);
        assert_eq!(read(&table, sample).await, sample.expected, "{}", sample.name);
    }
}

/// Version N reads what version N+1 wrote: attributes that it does not know are no obstacle.
#[tokio::test]
async fn golden_items_are_read_with_members_that_are_added_later() {
    let (_, samples) = samples().await;
    let table = Table::new().await;
    for sample in &samples {
        for path in (1..).map(|version| file(sample.name, version)).take_while(|path| path.exists()) {
            let golden: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let item = serde_dynamo::to_item(with_unknown_members(golden)).unwrap();
            table.client.put_item().table_name(&table.name).set_item(Some(item)).send().await.unwrap();
            assert_eq!(read(&table, sample).await, sample.expected, "{}", path.display());
        }
    }
}

/// A result that was recorded for an idempotency key outlives a release, so it has a stored form too.
#[test]
fn recorded_results_are_read_with_members_that_are_added_later() {
    fn check<T: Recordable + PartialEq + std::fmt::Debug>(result: &T) {
        let record: Value = serde_json::from_str(&result.to_record().unwrap()).unwrap();
        assert!(record["schema_version"].is_u64(), "{record}");
        let later = with_unknown_members(record).to_string();
        assert_eq!(&T::from_record(&later).unwrap(), result);
    }
    let mut context = context(20);
    for (_, request) in requests() {
        check(&request);
    }
    check(&drafted_app(&mut context, &ada(), "Storm warnings").0);
    check(&credential(&mut context).0.credential);
    check(&Versioned::first(plan(), context.now));
    check(&Versioned::first(product(), context.now));
}
