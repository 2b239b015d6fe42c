//! The claims of an app, and the names of apps.

use gatepass_domain::Context;
use gatepass_domain::event::{Aggregate, Detail, EntitySubject};
use gatepass_domain::id::{AppId, RequestId};
use gatepass_store::{CommitError, Guard, Store, Transaction};
use gatepass_testkit::{Table, ada, context, grace, person};

use crate::samples::{by_owen, create_app, drafted_app, products};

async fn claim(store: &Store, app_id: AppId, request: RequestId, ids: &[&str]) -> Result<(), CommitError> {
    store.commit(Transaction::new(&mut context()).claim_access(app_id, request, &products(ids))).await
}

async fn release(store: &Store, app_id: AppId, request: RequestId, ids: &[&str]) -> Result<(), CommitError> {
    store.commit(Transaction::new(&mut context()).release_access(app_id, request, &products(ids))).await
}

#[tokio::test]
async fn a_product_is_claimed_once_and_the_refusal_names_the_holder() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, second) = (context().id(), context().id());
    claim(&store, app_id, first, &["weather-api", "maps-api"]).await.unwrap();

    let error = claim(&store, app_id, second, &["fleet-api", "maps-api"]).await.unwrap_err();
    assert_eq!(error.access_refused(&products(&["fleet-api", "maps-api"])), Some(Some(first)));
    assert!(store.access_held_by(app_id, second).await.unwrap().is_empty(), "not even the free one");

    claim(&store, app_id, second, &["fleet-api"]).await.unwrap();
    let mut held = store.access_held_by(app_id, first).await.unwrap();
    held.sort();
    assert_eq!(held, products(&["maps-api", "weather-api"]));
}

#[tokio::test]
async fn what_is_released_is_free_again() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, second) = (context().id(), context().id());
    claim(&store, app_id, first, &["weather-api", "maps-api"]).await.unwrap();
    assert!(release(&store, app_id, second, &["maps-api"]).await.is_err(), "only its holder releases it");
    release(&store, app_id, first, &["maps-api"]).await.unwrap();
    claim(&store, app_id, second, &["maps-api"]).await.unwrap();
    assert_eq!(store.access_held_by(app_id, first).await.unwrap(), products(&["weather-api"]));
    assert_eq!(store.access_held_by(app_id, second).await.unwrap(), products(&["maps-api"]));
}

#[tokio::test]
async fn an_extension_claims_what_is_free() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, second) = (context().id(), context().id());
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    let wanted = products(&["weather-api", "maps-api"]);
    let claimed = Transaction::new(&mut context()).claim_free_access(app_id, second, &wanted);
    store.commit(claimed).await.unwrap();
    assert_eq!(store.access_held_by(app_id, first).await.unwrap(), products(&["weather-api"]));
    assert_eq!(store.access_held_by(app_id, second).await.unwrap(), products(&["maps-api"]));
}

/// An extension may hold no product of its own. It is known all the same, without an index that may lag behind:
/// an app is not deleted before it has ended.
#[tokio::test]
async fn an_extension_that_holds_nothing_is_in_the_way_of_a_deletion() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, extension) = (context().id(), context().id());
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    let claimed = Transaction::new(&mut context()).claim_free_access(app_id, extension, &products(&["weather-api"]));
    store.commit(claimed).await.unwrap();
    assert_eq!(store.access_held_by(app_id, extension).await.unwrap(), []);
    assert!(store.requests_behind(app_id).await.unwrap().contains(&extension));
    release(&store, app_id, first, &["weather-api"]).await.unwrap();
    let delete = async || {
        let (app, mut chain) = store.app_and_chain(app_id).await.unwrap().unwrap();
        let mut context: Context = context();
        let detail = Detail::AppDeleted(EntitySubject::deleted(app_id, app.version, &app.content));
        let event = chain.append(&mut context, Aggregate::App(app_id), &by_owen(), detail, None);
        store.commit(Transaction::new(&mut context).without_app(&app, &event)).await
    };
    assert!(delete().await.unwrap_err().is_refused_by(Guard::Access));
    let released = Transaction::new(&mut context()).release_claimed(app_id, extension, &[]);
    store.commit(released).await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn an_app_that_does_not_exist_can_claim_nothing() {
    let store = Table::new().await.store();
    let (app_id, request) = (context().id(), context().id());
    let wanted = products(&["weather-api"]);
    let nobody = [
        Transaction::new(&mut context()).claim_access(app_id, request, &wanted),
        Transaction::new(&mut context()).claim_free_access(app_id, request, &wanted),
        Transaction::new(&mut context()).require_app(app_id),
    ];
    for transaction in nobody {
        let error = store.commit(transaction).await.unwrap_err();
        assert_eq!(error.access_refused(&wanted), Some(None), "{error}");
    }
}

// Covers R17.
#[tokio::test]
async fn a_name_is_unique_among_its_owners_apps_and_look_alikes_collide() {
    let store = Table::new().await.store();
    let first = create_app(&store, &ada(), "Café").await.unwrap();
    let mut context = context();
    let (app, event, chain) = drafted_app(&mut context, &ada(), "  CAFE\u{301} ");
    let transaction = Transaction::new(&mut context).new_app(&app, &event, chain).first_access(app.id, None);
    let error = store.commit(transaction).await.unwrap_err();
    assert_eq!(error.name_taken_by(), Some(first.to_string()));
    assert!(!error.is_refused_by(Guard::App));
    assert!(store.app(app.id).await.unwrap().is_none());
    create_app(&store, &grace(), "Café").await.unwrap();
}

#[tokio::test]
async fn apps_are_listed_once_and_newest_first() {
    use gatepass_domain::app::Visibility;
    let store = Table::new().await.store();
    let bob = person("bob", &["builders"]);
    for (minute, (owner, name, visibility)) in [
        (&ada(), "first", Visibility::Personal),
        (&ada(), "second", Visibility::Team),
        (&bob, "third", Visibility::Team),
        (&bob, "bob's own", Visibility::Personal),
        (&grace(), "elsewhere", Visibility::Personal),
    ]
    .into_iter()
    .enumerate()
    {
        let mut context = context();
        context.now = context.now.checked_add(jiff::SignedDuration::from_mins(i64::try_from(minute).unwrap())).unwrap();
        let (mut app, event, chain) = drafted_app(&mut context, owner, name);
        app.content.profile.visibility = visibility;
        app.content.profile.team = (visibility == Visibility::Team).then(|| "builders".into());
        let transaction = Transaction::new(&mut context).new_app(&app, &event, chain).first_access(app.id, None);
        store.commit(transaction).await.unwrap();
    }
    let names = |apps: Vec<gatepass_domain::Versioned<gatepass_domain::App>>| -> Vec<String> {
        apps.into_iter().map(|app| app.content.profile.name).collect()
    };
    assert_eq!(names(store.apps_seen_by(&ada(), 100, None).await.unwrap().items), ["third", "second", "first"]);
    assert_eq!(names(store.apps_seen_by(&grace(), 100, None).await.unwrap().items), ["elsewhere"]);
}
