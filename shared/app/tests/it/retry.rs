//! Trying to provision again, by hand.

use gatepass_app::{Idempotent, retry};
use gatepass_domain::access_request::{LastError, ProvisioningStatus};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor};
use gatepass_store::Transaction;
use gatepass_testkit::{World, ada, context, owen};
use jiff::SignedDuration;

use crate::asking::{approve, said, standing, story, submit, weather};

/// An attempt to provision fails.
pub(crate) async fn fail(world: &World, id: RequestId, transient: bool) {
    let AccessRequest::Queued(queued) = standing(world, id).await else { panic!("it is not queued") };
    let error = LastError { code: "gateway-unavailable".into(), message: "It did not answer.".into() };
    let mut context = context();
    let (outcome, event) = queued.attempt_failed(&mut context, &Actor::system("provision"), error, transient);
    let written = Transaction::new(&mut context).request(&outcome.into(), &event);
    world.store.commit(written).await.unwrap();
}

/// The request is approved, and provisioning gives up.
pub(crate) async fn failed(world: &World, id: RequestId) {
    approve(&world.store, &owen(), id).await.unwrap();
    fail(world, id, false).await;
}

pub(crate) async fn approved(world: &World, app: &str) -> RequestId {
    let id = submit(&world.store, &ada(), &weather("gold", app)).await.unwrap().id;
    approve(&world.store, &owen(), id).await.unwrap();
    id
}

#[tokio::test]
async fn what_failed_is_queued_again_by_hand_and_only_that() {
    let world = World::new().await;
    let pending = submit(&world.store, &ada(), &weather("gold", "pending")).await.unwrap().id;
    let queued = approved(&world, "queued").await;
    let deferred = approved(&world, "deferred").await;
    fail(&world, deferred, true).await;
    let again = async |id| retry::retry(&world.store, &mut context(), &owen().into(), id, &Idempotent::Unkeyed).await;
    for id in [pending, queued, deferred] {
        assert_eq!(said(&again(id).await), "not-failed");
    }
    assert_eq!(said(&again(context().id()).await), "not-found");

    fail(&world, queued, false).await;
    let view = again(queued).await.unwrap().view();
    assert_eq!((view.provisioning.status, view.provisioning.attempts), (ProvisioningStatus::Queued, 0));
    assert_eq!(story(&world, queued).await[2..], ["ProvisioningFailed", "ProvisioningRequeued"]);
    assert_eq!(said(&again(queued).await), "not-failed");
}

/// An event that was delivered, and whose function failed, leaves the request queued without an attempt on its way.
#[tokio::test]
async fn what_has_been_overdue_for_five_minutes_is_queued_again_by_hand() {
    let world = World::new().await;
    let queued = approved(&world, "queued").await;
    let again = async |seconds| {
        let mut context = context();
        context.now = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        retry::retry(&world.store, &mut context, &owen().into(), queued, &Idempotent::Unkeyed).await
    };
    assert_eq!(said(&again(299).await), "not-failed", "an attempt may be on its way");
    let view = again(300).await.unwrap().view();
    assert_eq!(view.provisioning.status, ProvisioningStatus::Queued);
    assert_eq!(story(&world, queued).await[2..], ["ProvisioningRequeued"]);
    assert_eq!(said(&again(301).await), "not-failed", "the next one is");
}
