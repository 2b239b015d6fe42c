//! The same key and the same question: the same answer, and done once.

use gatepass_app::approve::ApproveRequest;
use gatepass_app::reject::RejectRequest;
use gatepass_app::{Idempotent, Refused, approve, reject, retry, withdraw};
use gatepass_domain::id::RequestId;
use gatepass_domain::plan::Limit;
use gatepass_domain::{AccessRequest, Plan, Reviewer};
use gatepass_store::Store;
use gatepass_store::keys::Stage;
use gatepass_testkit::{Fault, World, ada, context, demo, grace, owen};

use crate::asking::{keyed, said, story, submit, submit_keyed, weather};

#[tokio::test]
async fn a_repeated_submit_is_answered_as_the_first_was() {
    let world = World::new().await;
    let asked = weather("gold", "Storm warnings");
    world.table.faults.calls();
    let first = submit_keyed(&world.store, &ada(), &asked, &keyed(&ada(), "once", "a")).await.unwrap();
    // The query counts the requester's apps, as one is created. The record is looked up only when the submit does not go
    // through.
    assert_eq!(world.table.faults.calls(), ["BatchGetItem", "Query", "TransactWriteItems"]);
    for _ in 0..2 {
        let again = submit_keyed(&world.store, &ada(), &asked, &keyed(&ada(), "once", "a")).await;
        assert_eq!(again.unwrap(), first);
    }
    let other = submit_keyed(&world.store, &ada(), &weather("gold", "Other"), &keyed(&ada(), "once", "b")).await;
    assert_eq!(said(&other), "idempotency-key-reused");
    let graces = submit_keyed(&world.store, &grace(), &asked, &keyed(&grace(), "once", "a")).await.unwrap();
    assert_ne!(graces.id, first.id);
    assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_recorded() {
    let world = World::new().await;
    let key = keyed(&ada(), "once", "a");
    let refused = submit_keyed(&world.store, &ada(), &weather("silver", "Storm warnings"), &key).await;
    assert_eq!(said(&refused), "plan-not-offered");
    submit_keyed(&world.store, &ada(), &weather("gold", "Storm warnings"), &key).await.unwrap();
}

#[tokio::test]
async fn a_submit_whose_reply_was_lost_is_made_once() {
    let world = World::new().await;
    let asked = weather("gold", "Storm warnings");
    world.table.faults.plan("TransactWriteItems", Fault::LostReply, 1);
    let view = submit(&world.store, &ada(), &asked).await.unwrap();
    assert_eq!(story(&world, view.id).await, ["AccessRequestSubmitted"]);

    // The reply stays lost: the client hears of trouble, repeats with its key, and has its request.
    let key = keyed(&ada(), "once", "a");
    let asked = weather("gold", "Another");
    world.table.faults.plan("TransactWriteItems", Fault::LostReply, 3);
    assert_eq!(said(&submit_keyed(&world.store, &ada(), &asked, &key).await), "store");
    submit_keyed(&world.store, &ada(), &asked, &key).await.unwrap();
    assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_many_submits_with_one_key_one_is_made_and_all_are_answered_alike() {
    let world = World::new().await;
    // With an allowance of one, a twin would seem to have used it up.
    let limit = Some(Limit { requests: 1, per_seconds: 3600 });
    world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
    let tries = (0..10).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move {
            submit_keyed(&store, &ada(), &weather("gold", "Storm warnings"), &keyed(&ada(), "once", "a")).await
        })
    });
    let mut answered = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        answered.push(attempt.await.unwrap().unwrap());
    }
    assert!(answered.iter().all(|answer| *answer == answered[0]), "{answered:?}");
    assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 1, "one is made");
}

type Deciding = Idempotent<AccessRequest>;

async fn decide(store: &Store, how: &str, id: RequestId, key: &Deciding) -> Result<AccessRequest, Refused> {
    let (mut context, owner): (_, Reviewer) = (context(), owen().into());
    match how {
        "approve" => approve::approve(store, &mut context, &owner, id, &ApproveRequest::default(), key).await,
        "reject" => reject::reject(store, &mut context, &owner, id, &RejectRequest::whole("no"), key).await,
        "withdraw" => withdraw::withdraw(store, &mut context, &ada(), id, key).await,
        "retry" => retry::retry(store, &mut context, &owner, id, key).await,
        other => panic!("{other}"),
    }
}

async fn asked(world: &World, how: &str) -> RequestId {
    let view = submit(&world.store, &ada(), &weather("gold", how)).await.unwrap();
    if how == "retry" {
        crate::retry::failed(world, view.id).await;
    }
    view.id
}

/// A twin that gets in between, with the same key, is no stranger who was faster.
#[tokio::test]
async fn a_decision_that_is_repeated_while_it_is_made_is_answered_alike() {
    for how in ["approve", "reject", "withdraw", "retry"] {
        let world = World::new().await;
        let id = asked(&world, how).await;
        for (nth, operation) in ["GetItem", "TransactWriteItems"].into_iter().enumerate() {
            let key = keyed(&ada(), &format!("{how} {nth}"), how);
            let late = world.table.beside();
            let id = if nth == 0 { id } else { asked_again(&world, how).await };
            let held = late.faults.hold(operation, 0);
            let repeated = {
                let (store, key) = (late.store(), key.clone());
                tokio::spawn(async move { decide(&store, how, id, &key).await })
            };
            held.arrived().await;
            let first = decide(&world.store, how, id, &key).await.unwrap();
            held.release();
            assert_eq!(repeated.await.unwrap().unwrap(), first, "{how} {nth}");
            let again = decide(&world.store, how, id, &keyed(&ada(), &format!("{how} {nth}"), "else")).await;
            assert_eq!(said(&again), "idempotency-key-reused", "{how} {nth}");
        }
    }
}

async fn asked_again(world: &World, how: &str) -> RequestId {
    let view = submit(&world.store, &ada(), &weather("gold", &format!("{how} again"))).await.unwrap();
    if how == "retry" {
        crate::retry::failed(world, view.id).await;
    }
    view.id
}

/// As above, where the twin seems to have used the allowance up.
#[tokio::test]
async fn a_submit_that_is_repeated_while_it_is_made_is_answered_alike() {
    for operation in ["BatchGetItem", "TransactWriteItems"] {
        let world = World::new().await;
        let limit = Some(Limit { requests: 1, per_seconds: 3600 });
        world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
        let late = world.table.beside();
        let held = late.faults.hold(operation, 0);
        let repeated = {
            let store = late.store();
            tokio::spawn(async move {
                submit_keyed(&store, &ada(), &weather("gold", "Storm warnings"), &keyed(&ada(), "once", "a")).await
            })
        };
        held.arrived().await;
        let key = keyed(&ada(), "once", "a");
        let first = submit_keyed(&world.store, &ada(), &weather("gold", "Storm warnings"), &key).await.unwrap();
        held.release();
        assert_eq!(repeated.await.unwrap().unwrap(), first, "{operation}");
    }
}

/// DynamoDB judges no part that meets another transaction: the name is taken, and that the key came first is not said.
#[tokio::test]
async fn a_repeated_submit_whose_key_was_not_judged_is_tried_again() {
    let world = World::new().await;
    let late = world.table.beside();
    let held = late.faults.hold("TransactWriteItems", 0);
    late.faults.plan("TransactWriteItems", Fault::LastPartUnjudged, 1);
    let repeated = {
        let store = late.store();
        tokio::spawn(async move {
            submit_keyed(&store, &ada(), &weather("gold", "Storm warnings"), &keyed(&ada(), "once", "a")).await
        })
    };
    held.arrived().await;
    let key = keyed(&ada(), "once", "a");
    let first = submit_keyed(&world.store, &ada(), &weather("gold", "Storm warnings"), &key).await.unwrap();
    held.release();
    assert_eq!(repeated.await.unwrap().unwrap(), first);
    assert!(late.faults.are_over(), "a part was not judged");
}
