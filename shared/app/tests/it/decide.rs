//! Approving and rejecting.

use gatepass_app::approve::ApproveRequest;
use gatepass_app::reject::RejectRequest;
use gatepass_app::submit::Target;
use gatepass_app::{Idempotent, Refused, reject};
use gatepass_domain::access_request::{ProvisioningStatus, Status};
use gatepass_domain::{Actor, Plan, Product};
use gatepass_testkit::{World, ada, context, demo, olga, owen, owner, person};

use crate::asking::{approve, asking_for, reject, said, slug, story, submit, weather};

// Covers R26.
#[tokio::test]
async fn an_approval_allocates_the_credential_and_queues_provisioning() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    world.table.faults.calls();
    let view = approve(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!(world.table.faults.calls(), ["GetItem", "BatchGetItem", "TransactWriteItems"]);
    assert_eq!((view.status, view.provisioning.status), (Status::Approved, ProvisioningStatus::Queued));
    assert_eq!(view.decided_by, Some(Actor::from(owen().person())));
    assert!(view.credential_id.is_some());
    assert_eq!(story(&world, asked.id).await, ["AccessRequestSubmitted", "AccessRequestApproved"]);
}

// Covers R27.
#[tokio::test]
async fn a_rejection_grants_nothing_and_carries_its_reason() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    world.table.faults.calls();
    let unkeyed = Idempotent::Unkeyed;
    let rejected = reject::reject(
        &world.store,
        &mut context(),
        &owen().into(),
        asked.id,
        &RejectRequest::whole("  not now \n"),
        &unkeyed,
    )
    .await;
    assert_eq!(
        world.table.faults.calls(),
        ["GetItem", "BatchGetItem", "TransactWriteItems"],
        "the request, and its surroundings"
    );
    let view = rejected.unwrap().view();
    assert_eq!((view.status, view.reason.as_deref(), view.credential_id), (Status::Rejected, Some("not now"), None));
    assert!(world.store.access_held_by(asked.app.id, asked.id).await.unwrap().is_empty());
    assert!(world.store.credentials(asked.app.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reason_and_a_note_are_checked_first() {
    let world = World::new().await;
    let nowhere = context().id();
    for reason in ["", " \n", &"x".repeat(2001)] {
        let refused = reject::reject(
            &world.store,
            &mut context(),
            &owen().into(),
            nowhere,
            &RejectRequest::whole(reason),
            &Idempotent::Unkeyed,
        )
        .await;
        assert_eq!(said(&refused), "invalid");
    }
    let note = ApproveRequest { note: Some("x".repeat(2001)), ..ApproveRequest::default() };
    let unkeyed = Idempotent::Unkeyed;
    let refused =
        gatepass_app::approve::approve(&world.store, &mut context(), &owen().into(), nowhere, &note, &unkeyed).await;
    assert_eq!(said(&refused), "invalid");
    assert_eq!(said(&approve(&world.store, &owen(), nowhere).await), "not-found");
    assert_eq!(said(&reject(&world.store, &owen(), nowhere).await), "not-found");
}

#[tokio::test]
async fn nobody_decides_on_their_own_request() {
    let world = World::new().await;
    let olga_asks = person("olga", &["api-owners"]);
    let asked = submit(&world.store, &olga_asks, &weather("gold", "Storm warnings")).await.unwrap();
    assert_eq!(said(&approve(&world.store, &olga(), asked.id).await), "conflict-of-interest");
    assert_eq!(said(&reject(&world.store, &olga(), asked.id).await), "conflict-of-interest");
    approve(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!(
        said(&approve(&world.store, &olga(), asked.id).await),
        "conflict-of-interest",
        "also when it is settled"
    );
    assert_eq!(story(&world, asked.id).await.len(), 2);
}

#[tokio::test]
async fn a_request_is_decided_once_and_the_second_learns_by_whom() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    reject(&world.store, &owen(), asked.id).await.unwrap();
    for late in [approve(&world.store, &olga(), asked.id).await, reject(&world.store, &owen(), asked.id).await] {
        match late {
            Err(Refused::AlreadyDecided { status, by, at }) => {
                assert_eq!(
                    (status, by, at),
                    (Status::Rejected, Some(Actor::from(owen().person())), Some(context().now))
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn two_different_people_must_approve_when_the_plan_says_so() {
    let world = World::new().await;
    world.offer::<Plan>(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    let first = approve(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!((first.status, first.approvals.len(), first.credential_id), (Status::Pending, 1, None));
    match approve(&world.store, &owen(), asked.id).await {
        Err(Refused::AlreadyDecided { status: Status::Pending, by: None, at: None }) => {}
        other => panic!("{other:?}"),
    }
    let second = approve(&world.store, &olga(), asked.id).await.unwrap();
    assert_eq!((second.status, second.approvals.len()), (Status::Approved, 2));
    let expected = ["AccessRequestSubmitted", "AccessRequestApprovalRecorded", "AccessRequestApproved"];
    assert_eq!(story(&world, asked.id).await, expected);
}

#[tokio::test]
async fn one_of_two_approvals_does_not_stop_a_rejection() {
    let world = World::new().await;
    world.offer::<Plan>(Plan { approvals_required: 2, ..demo::plan("gold", "Gold") }).await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    approve(&world.store, &owen(), asked.id).await.unwrap();
    let view = reject(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!((view.status, view.approvals.len()), (Status::Rejected, 1));
}

#[tokio::test]
async fn what_can_no_longer_be_granted_is_not_approved_but_may_be_rejected() {
    let world = World::new().await;
    let app_id = crate::asking::create_app(&world.store, &ada(), "Storm warnings").await;
    let target = || Target::Existing(app_id);
    let maps = submit(&world.store, &ada(), &asking_for(target(), &["maps-api"], "gold")).await.unwrap();
    let weather = submit(&world.store, &ada(), &asking_for(target(), &["weather-api"], "gold")).await.unwrap();
    world.withdraw_offer::<Product>(&slug("maps-api")).await;
    assert_eq!(said(&approve(&world.store, &owen(), maps.id).await), "no-longer-available");
    world.withdraw_offer::<Plan>(&slug("gold")).await;
    assert_eq!(said(&approve(&world.store, &owen(), weather.id).await), "no-longer-possible");
    assert_eq!(story(&world, maps.id).await.len() + story(&world, weather.id).await.len(), 2, "nothing half done");
    reject(&world.store, &owner("oscar"), maps.id).await.unwrap();
}
