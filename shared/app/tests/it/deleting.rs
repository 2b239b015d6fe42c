//! Deleting what is on offer while requests need it.

use std::time::Duration;

use gatepass_app::delete_offering::{self, InUse, Progress};
use gatepass_app::grant::{self, GrantRequest};
use gatepass_app::reconcile::reconcile;
use gatepass_app::{Deadline, Idempotent, Precondition, Refused, offerings};
use gatepass_domain::access_request::{Order, Status};
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::{CatalogueId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Catalogue, Plan, Product};
use gatepass_store::{Deletion, DeletionStage, Filter, Listing, Offering, Store, Transaction, Withdrawn};
use gatepass_testkit::{World, ada, context, demo, owen, person};
use jiff::SignedDuration;

use crate::asking::{approve, create_app, said, slug, standing, submit, weather};

async fn delete<T: offerings::Checked>(store: &Store, id: &str, in_use: InUse) -> Result<Progress, Refused>
where
    T::Id: std::str::FromStr<Err: std::fmt::Debug>,
{
    delete_offering::delete::<T>(store, &mut context(), &owen(), &slug(id), Precondition::Any, in_use).await
}

async fn exists<T: Offering>(world: &World, id: &T::Id) -> bool {
    world.store.offering::<T>(id).await.unwrap().is_some()
}

/// The background work of a minute, `minutes` after noon.
async fn minute(world: &World, minutes: i64) -> usize {
    let mut context = context();
    context.now = context.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    reconcile(&world.store, &mut context, Deadline::after(Duration::from_secs(600))).await.unwrap().done()
}

/// Requests of as many people for `weather-api` under `gold`; every other one is approved.
async fn many(world: &World, count: usize) -> Vec<RequestId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let who = person(&format!("person-{number}"), &[]);
        let id = submit(&world.store, &who, &weather("gold", "App")).await.unwrap().id;
        if number % 2 == 0 {
            approve(&world.store, &owen(), id).await.unwrap();
        }
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn a_deletion_by_force_that_is_too_long_for_a_call_goes_on_in_the_background() {
    let world = World::new().await;
    let ids = many(&world, 70).await;
    let product: ProductId = slug("weather-api");

    assert_eq!(delete::<Product>(&world.store, "weather-api", InUse::Force).await.unwrap(), Progress::More);
    assert!(exists::<Product>(&world, &product).await, "it stays until the last request has ended");
    let catalogue = world.store.offering::<Catalogue>(&slug("public-apis")).await.unwrap().unwrap().0;
    assert!(!catalogue.product_ids.contains(&product), "nobody can ask for it any more");
    assert_eq!(said(&submit(&world.store, &ada(), &weather("gold", "Late")).await), "product-not-offered");
    let edit = world.store.offering::<Product>(&product).await.unwrap().unwrap().0.content;
    let edit =
        offerings::replace(&world.store, &demo::installation(), &mut context(), &owen(), Precondition::Any, edit).await;
    assert!(matches!(edit, Err(Refused::NoLongerPossible(_))), "it cannot be edited");

    assert_eq!(minute(&world, 0).await, 0, "the call that began it has a minute to finish");
    assert_eq!(minute(&world, 1).await, 1);
    assert!(!exists::<Product>(&world, &product).await);
    for id in ids {
        let request = standing(&world, id).await;
        assert!(matches!(request, AccessRequest::Closed(_) | AccessRequest::Revoked(_)), "{request:?}");
    }
    assert_eq!(minute(&world, 2).await, 1, "it looks once more for requests");
    assert_eq!(minute(&world, 3).await, 0, "nothing is left to do");
}

#[tokio::test]
async fn a_deletion_by_force_can_be_repeated_until_it_is_finished() {
    let world = World::new().await;
    many(&world, 120).await;
    let mut calls = 0;
    while delete::<Plan>(&world.store, "gold", InUse::Force).await.unwrap() == Progress::More {
        calls += 1;
    }
    assert_eq!(calls, 2, "50 requests each, and the rest by the last call");
    assert!(!exists::<Plan>(&world, &slug("gold")).await);
    assert_eq!(said(&delete::<Plan>(&world.store, "gold", InUse::Force).await), "not-found");
}

/// The transaction of a submit is held back until what it asks for is gone.
#[tokio::test]
async fn a_submit_beside_a_deletion_is_refused() {
    for kind in ["catalogue", "product", "plan"] {
        let world = World::new().await;
        let held = world.table.faults.hold("TransactWriteItems", 0);
        let store = world.store.clone();
        let late = tokio::spawn(async move { submit(&store, &ada(), &weather("gold", "Late")).await });
        held.arrived().await;
        let beside = world.table.beside().store();
        let deleted = match kind {
            "catalogue" => delete::<Catalogue>(&beside, "public-apis", InUse::Keep).await,
            "product" => delete::<Product>(&beside, "weather-api", InUse::Keep).await,
            _ => delete::<Plan>(&beside, "gold", InUse::Keep).await,
        };
        assert_eq!(deleted.unwrap(), Progress::Finished);
        held.release();
        let refused = if kind == "plan" { "plan-not-offered" } else { "product-not-offered" };
        assert_eq!(said(&late.await.unwrap()), refused, "{kind}");
        assert!(world.store.requests(&Filter::Everything, &pending()).await.unwrap().items.is_empty(), "{kind}");
    }
}

/// The deletion has seen that nobody needs the product, and is held back before it withdraws it.
#[tokio::test]
async fn a_deletion_beside_a_submit_is_refused_and_leaves_all_as_it_was() {
    for kind in ["catalogue", "product", "plan"] {
        let world = World::new().await;
        let id: CatalogueId = slug("public-apis");
        let before = world.store.offering::<Catalogue>(&id).await.unwrap().unwrap().0.content;
        let held = world.table.faults.hold("TransactWriteItems", 0);
        let store = world.store.clone();
        let late = tokio::spawn(async move {
            match kind {
                "catalogue" => delete::<Catalogue>(&store, "public-apis", InUse::Keep).await,
                "product" => delete::<Product>(&store, "weather-api", InUse::Keep).await,
                _ => delete::<Plan>(&store, "gold", InUse::Keep).await,
            }
        });
        held.arrived().await;
        submit(&world.table.beside().store(), &ada(), &weather("gold", "In time")).await.unwrap();
        held.release();
        let refused = late.await.unwrap();
        assert!(matches!(&refused, Err(Refused::InUse { by, .. }) if by.len() == 1), "{kind}: {refused:?}");
        let mut after = world.store.offering::<Catalogue>(&id).await.unwrap().unwrap().0.content;
        after.product_ids.sort();
        let mut before = before;
        before.product_ids.sort();
        assert_eq!(after, before, "{kind}");
    }
}

/// A grant is guarded as a submit is: what it relies on is still on offer when it is committed.
#[tokio::test]
async fn a_grant_does_not_overtake_a_deletion() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let other_way = world.table.beside();
    let held = world.table.faults.hold("TransactWriteItems", 0);
    let asked = GrantRequest {
        product_ids: vec![slug("weather-api")],
        plan_id: slug("gold"),
        catalogue_id: None,
        extends_credential_id: None,
        note: None,
    };
    let unkeyed = Idempotent::Unkeyed;
    let mut context = context();
    let owner = owen();
    let granting = grant::grant(&world.store, &mut context, &owner, app_id, &asked, &unkeyed);
    let delete = async {
        held.arrived().await;
        delete::<Product>(&other_way.store(), "weather-api", InUse::Keep).await.unwrap();
        held.release();
    };
    let (granted, ()) = tokio::join!(granting, delete);
    assert!(matches!(granted, Err(Refused::Invalid(_))), "{granted:?}");
}

/// Each kind of offering says by an event of its own that its deletion has begun.
#[tokio::test]
async fn a_deletion_by_force_begins_with_an_event_of_its_own() {
    let world = World::new().await;
    let types = async |aggregate: Aggregate| -> Vec<String> {
        let events = world.store.events_of(&aggregate).await.unwrap();
        events.iter().map(|event| event.detail.event_type().to_owned()).collect()
    };
    delete::<Product>(&world.store, "weather-api", InUse::Force).await.unwrap();
    assert_eq!(
        types(Aggregate::Product(slug("weather-api"))).await,
        ["ProductCreated", "ProductClosing", "ProductDeleted"]
    );
    delete::<Plan>(&world.store, "free", InUse::Force).await.unwrap();
    assert_eq!(types(Aggregate::Plan(slug("free"))).await, ["PlanCreated", "PlanClosing", "PlanDeleted"]);
    delete::<Catalogue>(&world.store, "partner-apis", InUse::Force).await.unwrap();
    let catalogue = types(Aggregate::Catalogue(slug("partner-apis"))).await;
    assert_eq!(catalogue[catalogue.len() - 3..], ["CatalogueClosing", "CatalogueUpdated", "CatalogueDeleted"]);
}

/// A deletion that is refused because the catalogue is in use leaves the catalogue as it was.
#[tokio::test]
async fn a_catalogue_is_found_in_use_by_what_waits_for_its_products_and_stays_as_it_was() {
    let world = World::new().await;
    let before = world.store.offering::<Catalogue>(&slug("public-apis")).await.unwrap().unwrap().0.content;
    let request = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    let refused = delete::<Catalogue>(&world.store, "public-apis", InUse::Keep).await.unwrap_err();
    let Refused::InUse { by, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(by.iter().map(|used| used.facts().id).collect::<Vec<_>>(), [request.id]);
    let after = world.store.offering::<Catalogue>(&slug("public-apis")).await.unwrap().unwrap().0.content;
    assert_eq!(after, before);
}

/// The catalogues that offer the product.
async fn offering(world: &World, product: &ProductId) -> Vec<Catalogue> {
    let mut catalogues = world.store.all_offerings::<Catalogue>().await.unwrap();
    catalogues.retain(|catalogue| catalogue.product_ids.contains(product));
    let sorted = |mut catalogue: Catalogue| {
        catalogue.product_ids.sort();
        catalogue
    };
    catalogues.into_iter().map(|catalogue| sorted(catalogue.content)).collect()
}

/// Marks the product as being deleted by force, over the deletion that is at the stage `from`.
async fn mark(store: &Store, product: &ProductId, from: Option<DeletionStage>) {
    let mut context = context();
    let by = Actor::from(owen().person());
    let deletion = Deletion { by, began_at: context.now, stage: DeletionStage::Forced };
    let due_at = context.now.checked_add(SignedDuration::from_mins(1)).unwrap();
    let transaction = Transaction::new(&mut context);
    store.commit(transaction.mark_deletion::<Product>(product, from.as_ref(), &deletion, due_at)).await.unwrap();
}

/// Transactions of a deletion before it withdraws anything: the mark, and the mark with the catalogues.
const MARKS: usize = 2;

#[tokio::test]
async fn a_deletion_that_is_refused_at_its_end_puts_back_what_it_withdrew() {
    let rename = |product: &mut Product| product.name = "Weather, edited".into();
    is_refused_at_its_end::<Product>("AdminDeleteProduct", "weather-api", 1, rename).await;
    is_refused_at_its_end::<Plan>("AdminDeletePlan", "gold", 2, |plan| plan.name = "Gold, edited".into()).await;
}

/// `id` is withdrawn from its catalogues by `function`, and an edit that began before comes through before it is deleted.
async fn is_refused_at_its_end<T>(function: &str, id: &str, catalogues: usize, change: fn(&mut T))
where
    T: offerings::Checked + 'static,
    T::Id: std::str::FromStr<Err: std::fmt::Debug> + Clone + 'static,
{
    let world = World::new().await;
    let id: T::Id = slug(id);
    let before = contents_of_catalogues(&world).await;
    let edit = world.table.beside();
    let edited = edit.faults.hold("TransactWriteItems", 0);
    let mut content = world.store.offering::<T>(&id).await.unwrap().unwrap().0.content;
    change(&mut content);
    let store = edit.store();
    let editing = tokio::spawn(async move {
        offerings::replace(&store, &demo::installation(), &mut context(), &owen(), Precondition::Any, content).await
    });
    edited.arrived().await;
    let held = world.table.faults.hold("TransactWriteItems", MARKS + catalogues);
    let store = Store::new(world.table.client_of(function), &world.table.name);
    let deleted = id.clone();
    let deleting = tokio::spawn(async move {
        let precondition = Precondition::OneOf(vec![1]);
        delete_offering::delete::<T>(&store, &mut context(), &owen(), &deleted, precondition, InUse::Keep).await
    });
    held.arrived().await;
    edited.release();
    editing.await.unwrap().unwrap();
    held.release();
    assert_eq!(said(&deleting.await.unwrap()), "version-mismatch");
    assert_eq!(contents_of_catalogues(&world).await, before);
    assert_eq!(world.store.deletion::<T>(&id).await.unwrap(), None);
}

async fn contents_of_catalogues(world: &World) -> Vec<Catalogue> {
    let sorted = |mut catalogue: Catalogue| {
        catalogue.product_ids.sort();
        catalogue.plan_ids.sort();
        catalogue
    };
    let catalogues = world.store.all_offerings::<Catalogue>().await.unwrap();
    catalogues.into_iter().map(|catalogue| sorted(catalogue.content)).collect()
}

#[tokio::test]
async fn a_deletion_by_force_takes_over_one_without() {
    let world = World::new().await;
    let id: ProductId = slug("weather-api");
    let held = world.table.faults.hold("TransactWriteItems", MARKS + offering(&world, &id).await.len());
    let store = world.table.store();
    let deleting = tokio::spawn(async move { delete::<Product>(&store, "weather-api", InUse::Keep).await });
    held.arrived().await;
    mark(&world.table.beside().store(), &id, Some(DeletionStage::IfUnused(Withdrawn::default()))).await;
    held.release();
    assert_eq!(deleting.await.unwrap().unwrap(), Progress::Finished);
    assert!(!exists::<Product>(&world, &id).await);
    assert_eq!(minute(&world, 1).await, 1);
    assert_eq!(world.store.deletion::<Product>(&id).await.unwrap(), None);
}

/// Runs a deletion without force on a store of its own, and kills it when it is about to commit the transaction that comes
/// after `commits` others; `meanwhile` is what happens before.
async fn killed<T: offerings::Checked + 'static>(
    world: &World,
    id: &'static str,
    commits: usize,
    meanwhile: impl AsyncFnOnce(),
) where
    T::Id: std::str::FromStr<Err: std::fmt::Debug>,
{
    let table = world.table.beside();
    let held = table.faults.hold("TransactWriteItems", commits);
    let store = table.store();
    let deleting = tokio::spawn(async move { delete::<T>(&store, id, InUse::Keep).await });
    held.arrived().await;
    meanwhile().await;
    deleting.abort();
    assert!(deleting.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_deletion_that_is_killed_half_way_is_finished_in_the_background() {
    let world = World::new().await;
    let id: ProductId = slug("weather-api");
    killed::<Product>(&world, "weather-api", MARKS + 1, async || ()).await;
    assert!(exists::<Product>(&world, &id).await, "it was killed half-way");
    assert_eq!(minute(&world, 1).await, 1);
    assert!(!exists::<Product>(&world, &id).await);
    assert_eq!(minute(&world, 2).await, 1, "it looks once more for requests");
    assert_eq!(minute(&world, 3).await, 0);
}

/// Somebody asks for it in time, and the process is gone before it can put anything back.
#[tokio::test]
async fn what_a_killed_deletion_withdrew_is_put_back_in_the_background_when_it_is_needed() {
    for kind in ["catalogue", "product", "plan"] {
        let world = World::new().await;
        let catalogue = async || {
            let mut found = world.store.offering::<Catalogue>(&slug("public-apis")).await.unwrap().unwrap().0.content;
            found.product_ids.sort();
            found.plan_ids.sort();
            found
        };
        let before = catalogue().await;
        let in_time = async || {
            submit(&world.table.beside().store(), &ada(), &weather("gold", "In time")).await.unwrap();
        };
        match kind {
            "catalogue" => killed::<Catalogue>(&world, "public-apis", MARKS, in_time).await,
            "product" => killed::<Product>(&world, "weather-api", MARKS, in_time).await,
            _ => killed::<Plan>(&world, "gold", MARKS, in_time).await,
        }
        assert_eq!(minute(&world, 1).await, 1, "{kind}");
        assert_eq!(catalogue().await, before, "{kind}");
        assert_eq!(minute(&world, 2).await, 0, "{kind}");
        let request = world.store.requests(&Filter::Everything, &pending()).await.unwrap().items;
        assert_eq!(request.len(), 1, "{kind}");
    }
}

fn pending() -> Listing {
    Listing { status: Some(Status::Pending), provisioning: None, order: Order::Newest, limit: 1, after: None }
}

/// The index did not show the request when the product was deleted.
#[tokio::test]
async fn a_request_that_a_deletion_did_not_see_is_ended_a_minute_later() {
    let world = World::new().await;
    let request = submit(&world.store, &ada(), &weather("gold", "Unseen")).await.unwrap().id;
    let id: ProductId = slug("weather-api");
    let by = Actor::from(owen().person());
    let deletion = Deletion { by, began_at: context().now, stage: DeletionStage::Finished };
    world.withdraw_offer::<Product>(&id).await;
    let transaction = Transaction::new(&mut context());
    let transaction = transaction.mark_deletion::<Product>(&id, None, &deletion, context().now);
    world.store.commit(transaction).await.unwrap();
    assert_eq!(minute(&world, 1).await, 1);
    let view = standing(&world, request).await.view();
    assert_eq!(
        (view.status, view.reason.as_deref()),
        (Status::Rejected, Some("The product `weather-api` was deleted."))
    );
    assert_eq!(world.store.deletion::<Product>(&id).await.unwrap(), None);
}

/// What has the slug by now is not what was deleted.
#[tokio::test]
async fn a_product_may_be_created_anew_at_once_and_keeps_its_requests() {
    let world = World::new().await;
    let content = world.store.offering::<Product>(&slug("weather-api")).await.unwrap().unwrap().0.content;
    let catalogue = world.store.offering::<Catalogue>(&slug("public-apis")).await.unwrap().unwrap().0.content;
    delete::<Product>(&world.store, "weather-api", InUse::Keep).await.unwrap();
    let by = Actor::from(owen().person());
    offerings::create(&world.store, &demo::installation(), &mut context(), &by, content, &Idempotent::Unkeyed)
        .await
        .unwrap();
    offerings::replace(&world.store, &demo::installation(), &mut context(), &owen(), Precondition::Any, catalogue)
        .await
        .unwrap();
    let request = submit(&world.store, &ada(), &weather("gold", "Anew")).await.unwrap().id;
    assert_eq!(minute(&world, 1).await, 1);
    assert_eq!(standing(&world, request).await.view().status, Status::Pending);
}

/// A mark without a product must not delete the next product of that slug.
#[tokio::test]
async fn a_product_is_not_created_under_a_mark_of_deletion_which_goes_away_by_itself() {
    let world = World::new().await;
    let id: ProductId = slug("weather-api");
    let content = world.store.offering::<Product>(&id).await.unwrap().unwrap().0.content;
    mark(&world.store, &id, None).await;
    world.withdraw_offer::<Product>(&id).await;
    let create = async || {
        let by = Actor::from(owen().person());
        offerings::create(
            &world.store,
            &demo::installation(),
            &mut context(),
            &by,
            content.clone(),
            &Idempotent::Unkeyed,
        )
        .await
    };
    let refused = create().await;
    assert!(matches!(refused, Err(Refused::NoLongerPossible(_))), "{refused:?}");
    assert_eq!(minute(&world, 1).await, 1);
    create().await.unwrap();
    assert_eq!(minute(&world, 2).await, 0);
    assert!(exists::<Product>(&world, &id).await);
}
