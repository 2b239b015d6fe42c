//! Taking a request back.

use gatepass_app::{Idempotent, withdraw};
use gatepass_domain::access_request::Status;
use gatepass_domain::plan::Limit;
use gatepass_domain::{Person, Plan};
use gatepass_testkit::{World, ada, context, demo, grace, owen};

use crate::asking::{approve, said, story, submit, weather};

async fn withdraw(
    world: &World,
    who: &Person,
    id: gatepass_domain::id::RequestId,
) -> Result<gatepass_domain::access_request::AccessRequestView, gatepass_app::Refused> {
    withdraw::withdraw(&world.store, &mut context(), who, id, &Idempotent::Unkeyed).await.map(|request| request.view())
}

#[tokio::test]
async fn a_request_is_taken_back_by_its_requester_alone_and_frees_the_product() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    assert_eq!(said(&withdraw(&world, &grace(), asked.id).await), "not-found");
    assert_eq!(said(&withdraw(&world, &ada(), context().id()).await), "not-found");
    assert_eq!(withdraw(&world, &ada(), asked.id).await.unwrap().status, Status::Withdrawn);
    assert_eq!(story(&world, asked.id).await, ["AccessRequestSubmitted", "AccessRequestWithdrawn"]);
    assert_eq!(said(&withdraw(&world, &ada(), asked.id).await), "already-decided");
    assert_eq!(said(&approve(&world.store, &owen(), asked.id).await), "already-decided");
    assert!(world.store.access_held_by(asked.app.id, asked.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_decided_is_not_taken_back() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    approve(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!(said(&withdraw(&world, &ada(), asked.id).await), "already-decided");
}

#[tokio::test]
async fn the_allowance_is_not_given_back() {
    let world = World::new().await;
    let limit = Some(Limit { requests: 1, per_seconds: 60 });
    world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
    let asked = submit(&world.store, &ada(), &weather("gold", "one")).await.unwrap();
    withdraw(&world, &ada(), asked.id).await.unwrap();
    assert_eq!(said(&submit(&world.store, &ada(), &weather("gold", "two")).await), "quota-exceeded");
}
