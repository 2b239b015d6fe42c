//! Requests that nobody decides.

use std::time::Duration;

use gatepass_app::approve::ApproveRequest;
use gatepass_app::reconcile::reconcile;
use gatepass_app::{Deadline, Idempotent, Refused, remind};
use gatepass_domain::access_request::{AccessRequestView, Status};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Context, Person, Plan};
use gatepass_testkit::{World, ada, context, demo, grace, owen};
use jiff::SignedDuration;

use crate::asking::{said, standing, story, submit, weather};

const HOUR: i64 = 3600;

/// A context so many seconds after noon.
fn after(seconds: i64) -> Context {
    let mut context = context();
    context.now = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    context
}

/// The background work of a minute.
async fn run(world: &World, seconds: i64) {
    let report = reconcile(&world.store, &mut after(seconds), Deadline::after(Duration::from_secs(600))).await.unwrap();
    assert_eq!(report.failed(), 0, "{report:?}");
}

/// A request of ada's under a plan with these times, in seconds.
async fn waiting(remind: Option<u64>, escalate: Option<u64>, expire: Option<u64>) -> (World, AccessRequestView) {
    let world = World::new().await;
    let plan = Plan {
        remind_after_seconds: remind,
        escalate_after_seconds: escalate,
        expire_after_seconds: expire,
        ..demo::plan("gold", "Gold")
    };
    world.offer::<Plan>(plan).await;
    let request = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    (world, request)
}

async fn approve_at(world: &World, seconds: i64, id: RequestId) -> Result<AccessRequest, Refused> {
    let (reviewer, asked) = (owen().into(), ApproveRequest::default());
    gatepass_app::approve::approve(&world.store, &mut after(seconds), &reviewer, id, &asked, &Idempotent::Unkeyed).await
}

async fn remind_at(world: &World, seconds: i64, who: &Person, id: RequestId) -> Result<AccessRequest, Refused> {
    remind::remind(&world.store, &mut after(seconds), who, id, &Idempotent::Unkeyed).await
}

async fn count(world: &World, id: RequestId, event: &str) -> usize {
    story(world, id).await.iter().filter(|one| *one == event).count()
}

// Covers P18.
#[tokio::test]
async fn a_schedule_that_ran_late_sends_one_reminder() {
    let (world, request) = waiting(Some(3600), None, None).await;
    run(&world, HOUR - 1).await;
    assert_eq!(story(&world, request.id).await.len(), 1);
    for seconds in [10 * HOUR, 10 * HOUR + 60, 11 * HOUR - 1] {
        run(&world, seconds).await;
        assert_eq!(count(&world, request.id, "AccessRequestReminded").await, 1, "{seconds}");
    }
    run(&world, 11 * HOUR).await;
    assert_eq!(count(&world, request.id, "AccessRequestReminded").await, 2);
    assert_eq!(standing(&world, request.id).await.view().status, Status::Pending);
}

// Covers P18.
#[tokio::test]
async fn a_request_that_nobody_decides_is_escalated_once() {
    let (world, request) = waiting(None, Some(3600), None).await;
    run(&world, HOUR - 1).await;
    assert_eq!(count(&world, request.id, "AccessRequestEscalated").await, 0);
    for day in 0..5 {
        run(&world, HOUR + day * 24 * HOUR).await;
    }
    assert_eq!(count(&world, request.id, "AccessRequestEscalated").await, 1);
}

// Covers P19.
#[tokio::test]
async fn a_request_that_nobody_decides_expires_and_its_products_may_be_asked_for_again() {
    let (world, request) = waiting(Some(60), Some(120), Some(3600)).await;
    assert_eq!(request.waiting.as_ref().unwrap().decide_by, Some(after(HOUR).now));
    // What is overdue in every way expires, and nobody is told anything else first.
    run(&world, 2 * HOUR).await;
    assert_eq!(story(&world, request.id).await, ["AccessRequestSubmitted", "AccessRequestExpired"]);
    let view = standing(&world, request.id).await.view();
    assert_eq!((view.status, view.waiting), (Status::Expired, None));
    assert_eq!(said(&approve_at(&world, 2 * HOUR, request.id).await), "already-decided");
    assert!(world.store.access_held_by(request.app.id, request.id).await.unwrap().is_empty());
}

// Covers P19.
#[tokio::test]
async fn a_decision_in_the_second_of_expiry_wins() {
    let (world, request) = waiting(None, None, Some(3600)).await;
    run(&world, HOUR).await;
    assert_eq!(standing(&world, request.id).await.view().status, Status::Pending, "the second is not over");
    approve_at(&world, HOUR, request.id).await.unwrap();
    run(&world, HOUR + 1).await;
    assert_eq!(standing(&world, request.id).await.view().status, Status::Approved);

    let (world, request) = waiting(None, None, Some(3600)).await;
    run(&world, HOUR + 1).await;
    assert_eq!(said(&approve_at(&world, HOUR + 1, request.id).await), "already-decided");
}

/// The schedule has read the request, and is held back until somebody has decided.
#[tokio::test]
async fn a_decision_that_overtakes_the_schedule_stands() {
    let (world, request) = waiting(None, None, Some(3600)).await;
    let held = world.table.faults.hold("TransactWriteItems", 0);
    let beside = World { table: world.table.beside(), store: world.table.beside().store() };
    tokio::join!(run(&world, 2 * HOUR), async {
        held.arrived().await;
        approve_at(&beside, 2 * HOUR, request.id).await.unwrap();
        held.release();
    });
    assert_eq!(story(&world, request.id).await, ["AccessRequestSubmitted", "AccessRequestApproved"]);
}

#[tokio::test]
async fn the_settings_say_how_long_a_request_waits_when_its_plan_does_not() {
    let (world, request) = waiting(None, None, None).await;
    let waiting = request.waiting.unwrap();
    assert_eq!(waiting.decide_by, Some(after(30 * 24 * HOUR).now));
    run(&world, 2 * 24 * HOUR).await;
    assert_eq!(story(&world, request.id).await, ["AccessRequestSubmitted", "AccessRequestReminded"]);
    run(&world, 31 * 24 * HOUR).await;
    assert_eq!(standing(&world, request.id).await.view().status, Status::Expired);
}

#[tokio::test]
async fn a_requester_reminds_once_a_day() {
    let (world, request) = waiting(None, None, None).await;
    let id = request.id;
    assert_eq!(said(&remind_at(&world, 0, &grace(), id).await), "not-found");
    remind_at(&world, 0, &ada(), id).await.unwrap();
    let early = remind_at(&world, 24 * HOUR - 1, &ada(), id).await;
    assert!(matches!(early, Err(Refused::RemindedLately { retry_after_seconds: 1, .. })), "{early:?}");
    remind_at(&world, 24 * HOUR, &ada(), id).await.unwrap();
    assert_eq!(count(&world, id, "AccessRequestReminded").await, 2);
    approve_at(&world, 24 * HOUR, id).await.unwrap();
    assert_eq!(said(&remind_at(&world, 72 * HOUR, &ada(), id).await), "already-decided");
}
