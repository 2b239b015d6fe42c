//! The claims of an app, and the names of apps.

use gatepass_domain::Context;
use gatepass_domain::event::{Aggregate, Detail, EntitySubject};
use gatepass_domain::id::{AppId, ProductId, RequestId};
use gatepass_store::{CommitError, Guard, Heirs, Store, Transaction};
use gatepass_testkit::{Table, ada, context, grace, person};

use crate::samples::{by_owen, create_app, drafted, drafted_app, products, write};

async fn claim(store: &Store, app_id: AppId, request: RequestId, ids: &[&str]) -> Result<(), CommitError> {
    store.commit(Transaction::new(&mut context()).claim_access(app_id, request, &products(ids))).await
}

async fn claim_free(store: &Store, app_id: AppId, request: RequestId, ids: &[&str]) {
    let claimed = Transaction::new(&mut context()).claim_free_access(app_id, context().id(), request, &products(ids));
    store.commit(claimed).await.unwrap();
}

/// Ends the claims of a request.
async fn release(store: &Store, app_id: AppId, request: RequestId) {
    let claims = store.ending_claims(app_id, &[request].into(), Heirs::Extensions).await.unwrap();
    store.commit(Transaction::new(&mut context()).end_claims(app_id, &claims)).await.unwrap();
}

async fn held(store: &Store, app_id: AppId, request: RequestId) -> Vec<ProductId> {
    let mut held = store.access_held_by(app_id, request).await.unwrap();
    held.sort();
    held
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
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    claim(&store, app_id, second, &["maps-api"]).await.unwrap();
    release(&store, app_id, first).await;
    assert_eq!(held(&store, app_id, first).await, []);
    assert_eq!(held(&store, app_id, second).await, products(&["maps-api"]));
    claim(&store, app_id, second, &["weather-api"]).await.unwrap();
}

/// I3: the claims of an app are what its standing requests ask for. An extension shares a product with the request that
/// claimed it, and keeps it when that request ends.
#[tokio::test]
async fn a_claim_is_handed_over_to_an_extension_that_shares_the_product() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let first = context().id();
    claim(&store, app_id, first, &["weather-api", "maps-api"]).await.unwrap();
    let (extension, event) = drafted(&mut context(), &ada(), app_id, &products(&["maps-api"]));
    write(&store, &extension.clone().into(), &event).await.unwrap();
    claim_free(&store, app_id, extension.facts().id, &["maps-api"]).await;
    release(&store, app_id, first).await;
    assert_eq!(held(&store, app_id, extension.facts().id).await, products(&["maps-api"]));
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    assert!(claim(&store, app_id, first, &["maps-api"]).await.is_err(), "the extension opens it");
}

/// An extension that is submitted while the claims end is no longer overlooked: the claims are read again.
#[tokio::test]
async fn claims_end_only_as_they_were_read() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, extension, other) = (context().id(), context().id(), context().id());
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    let end = async |claims| store.commit(Transaction::new(&mut context()).end_claims(app_id, &claims)).await;
    let read = store.ending_claims(app_id, &[first].into(), Heirs::Extensions).await.unwrap();
    claim_free(&store, app_id, extension, &["weather-api"]).await;
    assert!(end(read).await.unwrap_err().is_refused_by(Guard::Access));
    let read = store.ending_claims(app_id, &[first].into(), Heirs::Extensions).await.unwrap();
    claim_free(&store, app_id, other, &["weather-api"]).await;
    assert!(end(read).await.unwrap_err().is_refused_by(Guard::Access));
    let read = store.ending_claims(app_id, &[first].into(), Heirs::Extensions).await.unwrap();
    end(read.clone()).await.unwrap();
    assert!(end(read).await.unwrap_err().is_refused_by(Guard::Access), "they have ended");
}

#[tokio::test]
async fn an_extension_claims_what_is_free() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (first, second) = (context().id(), context().id());
    claim(&store, app_id, first, &["weather-api"]).await.unwrap();
    claim_free(&store, app_id, second, &["weather-api", "maps-api"]).await;
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
    claim_free(&store, app_id, extension, &["weather-api"]).await;
    assert_eq!(store.access_held_by(app_id, extension).await.unwrap(), []);
    assert!(store.requests_behind(app_id).await.unwrap().contains(&extension));
    release(&store, app_id, first).await;
    let delete = async || {
        let (app, mut chain) = store.app_and_chain(app_id).await.unwrap().unwrap();
        let mut context: Context = context();
        let detail = Detail::AppDeleted(EntitySubject::deleted(app_id, app.version, &app.content));
        let event = chain.append(&mut context, Aggregate::App(app_id), &by_owen(), detail, None);
        store.commit(Transaction::new(&mut context).without_app(&app, &event)).await
    };
    assert!(delete().await.unwrap_err().is_refused_by(Guard::Access));
    release(&store, app_id, extension).await;
    delete().await.unwrap();
}

/// One change of a credential at a time, and no extension beside it; whoever comes second is told of the first.
#[tokio::test]
async fn a_change_of_a_credential_keeps_others_out() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let (credential, other_credential) = (context().id(), context().id());
    let (change, second) = (context().id(), context().id());
    let claim_change = async |credential_id, request, others: &[RequestId]| {
        let transaction = Transaction::new(&mut context());
        store
            .commit(transaction.claim_change(app_id, credential_id, request, others, &products(&["weather-api"])))
            .await
    };
    claim_change(credential, change, &[]).await.unwrap();
    let refused = claim_change(credential, second, &[change]).await.unwrap_err();
    assert_eq!(refused.change_pending(credential), Some(change));
    let extension =
        Transaction::new(&mut context()).claim_free_access(app_id, credential, second, &products(&["maps-api"]));
    let refused = store.commit(extension).await.unwrap_err();
    assert_eq!(refused.change_pending(credential), Some(change));
    let duplicate = claim_change(other_credential, second, &[change]).await.unwrap_err();
    assert_eq!(duplicate.change_pending(other_credential), None);
    assert_eq!(duplicate.access_refused(&products(&["weather-api"])), Some(Some(change)));
    assert!(claim_change(other_credential, second, &[]).await.is_err(), "another request was filed since");

    release(&store, app_id, change).await;
    claim_change(credential, second, &[]).await.unwrap();
}

#[tokio::test]
async fn an_app_that_does_not_exist_can_claim_nothing() {
    let store = Table::new().await.store();
    let (app_id, request) = (context().id(), context().id());
    let wanted = products(&["weather-api"]);
    let nobody = [
        Transaction::new(&mut context()).claim_access(app_id, request, &wanted),
        Transaction::new(&mut context()).claim_free_access(app_id, context().id(), request, &wanted),
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

/// A credential can hold hundreds of products. DynamoDB takes expressions of 4 KB.
#[tokio::test]
async fn the_claims_of_very_many_products_end_in_several_updates() {
    let store = Table::new().await.store();
    let app_id = create_app(&store, &ada(), "Storm warnings").await.unwrap();
    let request = context().id();
    let names: Vec<_> = (0..250).map(|number| format!("product-{number}")).collect();
    for names in names.chunks(20) {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        claim(&store, app_id, request, &names).await.unwrap();
    }
    let mut left = Vec::new();
    loop {
        let claims = store.ending_claims(app_id, &[request].into(), Heirs::Extensions).await.unwrap();
        if claims.is_empty() {
            break;
        }
        store.commit(Transaction::new(&mut context()).end_claims(app_id, &claims)).await.unwrap();
        left.push(held(&store, app_id, request).await.len());
    }
    assert_eq!(left, [150, 50, 0]);
}
