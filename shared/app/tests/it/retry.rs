//! Trying to provision again: by hand, and when the pause is over.

use gatepass_app::{Idempotent, retry};
use gatepass_domain::access_request::{LastError, ProvisioningStatus};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor};
use gatepass_store::Transaction;
use gatepass_testkit::{World, ada, context, owen};
use jiff::SignedDuration;

use crate::asking::{approve, said, standing, story, submit, weather};

/// An attempt to provision fails.
async fn fail(world: &World, id: RequestId, transient: bool) {
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

async fn approved(world: &World, app: &str) -> RequestId {
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
    let again = async |id| retry::retry(&world.store, &mut context(), &owen(), id, &Idempotent::unkeyed()).await;
    for id in [pending, queued, deferred] {
        assert_eq!(said(&again(id).await), "not-failed");
    }
    assert_eq!(said(&again(context().id()).await), "not-found");

    fail(&world, queued, false).await;
    let view = again(queued).await.unwrap();
    assert_eq!((view.provisioning.status, view.provisioning.attempts), (ProvisioningStatus::Queued, 0));
    assert_eq!(story(&world, queued).await[2..], ["ProvisioningFailed", "ProvisioningRequeued"]);
    assert_eq!(said(&again(queued).await), "not-failed");
}

#[tokio::test]
async fn what_is_due_is_queued_again_and_nothing_else() {
    let world = World::new().await;
    let due = approved(&world, "due").await;
    let later = approved(&world, "later").await;
    let under_way = approved(&world, "under way").await;
    let pending = submit(&world.store, &ada(), &weather("gold", "pending")).await.unwrap().id;
    fail(&world, due, true).await;
    fail(&world, later, true).await;
    let requeue = async |seconds| {
        let mut context = context();
        context.now = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        retry::requeue_due(&world.store, &mut context).await.unwrap()
    };
    assert_eq!(requeue(59).await, 0);
    // The second failure doubles the pause.
    assert_eq!(requeue(60).await, 2);
    fail(&world, later, true).await;
    fail(&world, due, false).await;
    assert_eq!(requeue(60).await, 0, "what is under way, and what has failed, stays as it is");
    assert_eq!(requeue(120).await, 1);
    assert_eq!(requeue(120).await, 0);
    assert_eq!(story(&world, later).await.last(), Some(&"ProvisioningRequeued"));
    for (id, events) in [(under_way, 2), (pending, 1)] {
        assert_eq!(story(&world, id).await.len(), events);
    }
}

/// Two schedules overlap: each request is queued again once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_queued_again_once_by_many() {
    let world = World::new().await;
    let ids = [approved(&world, "one").await, approved(&world, "two").await, approved(&world, "three").await];
    for id in ids {
        fail(&world, id, true).await;
    }
    let runs = (0..6).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let mut context = context();
            context.now = context.now.checked_add(SignedDuration::from_mins(5)).unwrap();
            retry::requeue_due(&store, &mut context).await.unwrap()
        })
    });
    let mut requeued = 0;
    for run in runs.collect::<Vec<_>>() {
        requeued += run.await.unwrap();
    }
    assert_eq!(requeued, 3);
    for id in ids {
        assert_eq!(story(&world, id).await.len(), 4);
    }
}
