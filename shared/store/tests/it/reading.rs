//! Reading by key, by many keys and by query.

use gatepass_domain::event::EntitySubject;
use gatepass_domain::{Catalogue, Plan, Product};
use gatepass_store::keys::Stage;
use gatepass_store::{References, Transaction};
use gatepass_testkit::{Fault, Table, World, ada, context, demo};

use crate::samples::{create_app, listing, slug};

#[tokio::test]
async fn offerings_come_in_the_order_asked_for_each_once_and_without_what_is_gone() {
    let world = World::new().await;
    let ids = ["maps-api", "weather-api", "gone", "maps-api", "fleet-api", "weather-api"].map(slug);
    let found = world.store.offerings::<Product>(&ids).await.unwrap();
    let found: Vec<_> = found.iter().map(|product| product.id.as_str()).collect();
    assert_eq!(found, ["maps-api", "weather-api", "fleet-api"]);
    assert!(world.store.offerings::<Product>(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_offerings_of_a_kind_come_by_slug() {
    let world = World::new().await;
    let plans = world.store.all_offerings::<Plan>().await.unwrap();
    assert_eq!(plans.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free", "gold"]);
    world.withdraw_offer::<Plan>(&slug("free")).await;
    assert_eq!(world.store.all_offerings::<Plan>().await.unwrap().len(), 1);
    assert_eq!(world.store.all_offerings::<Catalogue>().await.unwrap().len(), 2);
    assert!(world.store.offering::<Plan>(&slug("free")).await.unwrap().is_none());
}

#[tokio::test]
async fn an_offering_that_has_changed_since_it_was_read_is_not_overwritten() {
    let world = World::new().await;
    let first = world.store.offering::<Plan>(&slug("gold")).await.unwrap().unwrap();
    world.offer(demo::plan("gold", "Gold, renamed")).await;
    let (plan, mut chain) = first;
    let mut context = context();
    let detail = gatepass_store::Offering::aggregate(&plan.content);
    let event = chain.append(
        &mut context,
        detail,
        &gatepass_domain::Actor::system("test"),
        <Plan as gatepass_store::Offering>::updated(EntitySubject::changed("gold", 2, &plan.content, &plan.content)),
        None,
    );
    let late = plan.revised(plan.content.clone(), context.now);
    let error =
        world.store.commit(Transaction::new(&mut context).offering(&late, None, &event, chain)).await.unwrap_err();
    assert!(error.is_refused_by(gatepass_store::Guard::Offering), "{error}");
    let (standing, _) = world.store.offering::<Plan>(&slug("gold")).await.unwrap().unwrap();
    assert_eq!((standing.name.as_str(), standing.version), ("Gold, renamed", 2));
}

/// More than DynamoDB takes in one call, and DynamoDB may hand some of them back.
#[tokio::test]
async fn many_keys_are_read_in_batches_until_all_are_there() {
    let world = World::new().await;
    let ids: Vec<_> = (0..120).map(|n| format!("plan-{n:03}")).collect();
    for id in &ids {
        world.offer(demo::plan(id, id)).await;
    }
    let slugs: Vec<_> = ids.iter().map(|id| slug(id)).collect();
    world.table.faults.calls();
    world.table.faults.plan("BatchGetItem", Fault::HalfProcessed, 2);
    let found = world.store.offerings::<Plan>(&slugs).await.unwrap();
    assert_eq!(found.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ids);
    // 100 in three rounds (50, 25 and 25), then 20.
    assert_eq!(world.table.faults.calls(), ["BatchGetItem"; 4]);

    world.table.faults.plan("BatchGetItem", Fault::HalfProcessed, 20);
    let found = world.store.offerings::<Plan>(&slugs[..2]).await.unwrap();
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn all_that_a_submission_names_is_read_in_one_call() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await.unwrap();
    let wanted = [
        (slug("public-apis"), slug("weather-api")),
        (slug("public-apis"), slug("maps-api")),
        (slug("partner-apis"), slug("gone")),
        (slug("nowhere"), slug("fleet-api")),
    ];
    let who = ada();
    let plan_id = slug("gold");
    let names = References {
        wanted: &wanted,
        plan_id: &plan_id,
        app_id: Some(app_id),
        credential_id: Some(context().id()),
        requester: &who.id,
        reviewer: None,
    };
    world.table.faults.calls();
    let facts = world.store.referenced_entities(&names).await.unwrap();
    assert_eq!(world.table.faults.calls(), ["BatchGetItem"]);
    assert_eq!(facts.catalogues.len(), 2);
    let products: Vec<_> = facts.products.iter().map(|product| product.id.as_str()).collect();
    assert_eq!(products, ["weather-api", "maps-api", "fleet-api"]);
    assert_eq!(facts.plan.unwrap().id, plan_id);
    assert_eq!(facts.app.unwrap().id, app_id);
    assert!(facts.credential.is_none());
}

#[tokio::test]
async fn the_key_of_cursors_is_chosen_once() {
    let table = Table::new().await;
    assert_eq!(table.store().cursor_key().await.unwrap(), None);
    let chosen = (0..12).map(|n| {
        let store = table.store();
        tokio::spawn(async move {
            store.put_cursor_key(format!("proposed-{n}")).await.unwrap();
            store.cursor_key().await.unwrap().expect("there is a key now")
        })
    });
    let mut keys = std::collections::HashSet::new();
    for chosen in chosen.collect::<Vec<_>>() {
        keys.insert(chosen.await.unwrap());
    }
    assert_eq!(keys.len(), 1);
    table.store().put_cursor_key("another".into()).await.unwrap();
    keys.extend(table.store().cursor_key().await.unwrap());
    assert_eq!(keys.len(), 1);
}

/// The testkit's connector lets no `Scan` through, in any test of any crate. This shows that it sees calls at all.
#[tokio::test]
async fn reads_are_get_batch_and_query() {
    let world = World::new().await;
    let store = &world.store;
    let now = context().now;
    store.all_offerings::<Product>().await.unwrap();
    store.offering::<Product>(&slug("weather-api")).await.unwrap();
    store.offerings::<Product>(&[slug("weather-api")]).await.unwrap();
    store.apps_seen_by(&ada(), 100, None).await.unwrap();
    store.requests_in(&Stage::OPEN).await.unwrap();
    store.requests(&gatepass_store::Filter::Everything, &listing(None, 10, None)).await.unwrap();
    let page =
        store.log_page(&gatepass_store::LogPosition::at(now), now + jiff::SignedDuration::from_hours(1), 10).await;
    store.published(&page.unwrap().events).await.unwrap();
    store.settings().await.unwrap();
    store.credentials(context().id()).await.unwrap();
    store.dossier(context().id()).await.unwrap();
    let calls: std::collections::BTreeSet<_> = world.table.faults.calls().into_iter().collect();
    assert_eq!(calls.into_iter().collect::<Vec<_>>(), ["BatchGetItem", "GetItem", "Query"]);
}
