//! Background work: what stands still is found by its state and moved on.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_app::Deadline;
use gatepass_app::reconcile::{Report, Tally, budget, reconcile};
use gatepass_domain::access_request::Status;
use gatepass_domain::id::RequestId;
use gatepass_store::keys::WorkKind;
use gatepass_testkit::{Fault, World, ada, context};
use jiff::SignedDuration;

use crate::asking::{approve, standing, story, submit, weather};
use crate::retry::{approved, fail};

/// A run `seconds` after noon, with all the time in the world.
async fn run(world: &World, seconds: i64) -> Report {
    let mut context = context();
    context.now = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    reconcile(&world.store, &mut context, Deadline::after(Duration::from_secs(600))).await.unwrap()
}

/// So many items of each kind were moved on, and so many could not be.
fn kinds(kinds: &[(WorkKind, usize, usize)]) -> BTreeMap<WorkKind, Tally> {
    kinds.iter().map(|(kind, done, failed)| (*kind, Tally { done: *done, failed: *failed })).collect()
}

async fn automatic(world: &World, app: &str) -> RequestId {
    submit(&world.store, &ada(), &weather("free", app)).await.unwrap().id
}

/// Writes an item into the table as it is, with nothing but these texts.
async fn put(world: &World, attributes: &[(&str, &str)]) {
    let put = world.table.client.put_item().table_name(&world.table.name);
    let item = attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned())));
    put.set_item(Some(item.collect())).send().await.unwrap();
}

/// An item that is due at noon, listed as a request and unreadable as one.
async fn broken(world: &World, kind: &str, number: usize) {
    let pk = format!("R#00000000-0000-7000-8000-{number:012}");
    let work = format!("{kind}#2026-11-23T12:00:00.000Z#{pk}/REQ");
    put(world, &[("PK", &pk), ("SK", "REQ"), ("WORKPK", "WORK"), ("WORKSK", &work)]).await;
}

#[tokio::test]
async fn provisioning_is_queued_again_when_the_pause_after_a_failure_is_over() {
    let world = World::new().await;
    let due = approved(&world, "due").await;
    let later = approved(&world, "later").await;
    let pending = submit(&world.store, &ada(), &weather("gold", "pending")).await.unwrap().id;
    fail(&world, due, true).await;
    fail(&world, later, true).await;
    assert_eq!(run(&world, 59).await.kinds, kinds(&[]));
    assert_eq!(run(&world, 60).await.kinds, kinds(&[(WorkKind::Provision, 2, 0)]));
    // The second failure doubles the pause.
    fail(&world, later, true).await;
    fail(&world, due, false).await;
    assert_eq!(run(&world, 60).await.done(), 0, "what has failed for good stays as it is");
    assert_eq!(run(&world, 120).await.done(), 1);
    assert_eq!(story(&world, later).await.last().unwrap(), "ProvisioningRequeued");
    assert_eq!(story(&world, pending).await.len(), 1);
}

/// The event went astray, or its function failed until it was given up: nothing else looks at such a request.
#[tokio::test]
async fn an_approved_request_that_is_not_provisioned_is_queued_again_after_two_minutes() {
    let world = World::new().await;
    let id = approved(&world, "stranded").await;
    assert_eq!(run(&world, 119).await.done(), 0);
    assert_eq!(run(&world, 120).await.kinds, kinds(&[(WorkKind::Provision, 1, 0)]));
    assert_eq!(story(&world, id).await.last().unwrap(), "ProvisioningRequeued");
    // As long as nothing comes of it, again after 5 minutes and then after pauses that double.
    for (seconds, done) in [(419, 0), (420, 1), (839, 0), (840, 1), (1679, 0), (1680, 1)] {
        assert_eq!(run(&world, seconds).await.done(), done, "after {seconds} seconds");
    }
}

#[tokio::test]
async fn an_automatic_request_that_is_undecided_after_five_minutes_is_decided() {
    let world = World::new().await;
    let id = automatic(&world, "stranded").await;
    assert_eq!(run(&world, 299).await.done(), 0);
    assert_eq!(run(&world, 300).await.kinds, kinds(&[(WorkKind::AutoApprove, 1, 0)]));
    assert_eq!(standing(&world, id).await.view().status, Status::Approved);
    let events = world.events(id).await;
    assert_eq!(events[1].correlation_id, events[0].correlation_id, "it is part of what the submit began");
    assert_eq!(events[1].causation_id, Some(events[0].id));
}

#[tokio::test]
async fn items_that_fail_are_put_off_and_do_not_stop_the_others() {
    let world = World::new().await;
    for number in 0..3 {
        broken(&world, "provision", number).await;
    }
    approved(&world, "fine").await;
    automatic(&world, "fine too").await;
    let all = kinds(&[(WorkKind::AutoApprove, 1, 0), (WorkKind::Provision, 1, 3)]);
    assert_eq!(run(&world, 300).await.kinds, all);
    assert_eq!(run(&world, 360).await.kinds, kinds(&[]), "what failed is put off");
    assert_eq!(run(&world, 900).await.failed(), 3, "and is tried again");
}

#[tokio::test]
async fn a_kind_that_keeps_failing_is_given_up_for_the_run_and_the_others_are_not() {
    let world = World::new().await;
    for number in 0..150 {
        broken(&world, "auto-approve", number).await;
    }
    approved(&world, "fine").await;
    let once = run(&world, 300).await.kinds;
    assert_eq!(once, kinds(&[(WorkKind::AutoApprove, 0, 20), (WorkKind::Provision, 1, 0)]));
    assert_eq!(run(&world, 300).await.failed(), 20, "the next run goes on with the next ones");
}

/// A backlog of one kind, over a hundred different minutes, is older than what the others have to do.
#[tokio::test]
async fn a_backlog_of_one_kind_costs_the_others_no_query() {
    let world = World::new().await;
    for number in 0..100 {
        let pk = format!("R#00000000-0000-7000-8000-{number:012}");
        let work = format!("auto-approve#2026-11-23T{:02}:{:02}:00.000Z#{pk}/REQ", 9 + number / 60, number % 60);
        put(&world, &[("PK", &pk), ("SK", "REQ"), ("WORKPK", "WORK"), ("WORKSK", &work)]).await;
    }
    approved(&world, "fine").await;
    world.table.faults.calls();
    let report = run(&world, 300).await;
    assert_eq!(report.kinds, kinds(&[(WorkKind::AutoApprove, 0, 20), (WorkKind::Provision, 1, 0)]));
    let queries = world.table.faults.calls().iter().filter(|call| *call == "Query").count();
    assert!(
        queries <= 2 * WorkKind::ALL.len() + 21,
        "{queries}: two looks at each list, and the last events of 21 requests"
    );
}

/// The function that runs it has 55 seconds, of which the sweep and the counters take 23.
#[test]
fn the_budgets_of_all_kinds_are_a_run() {
    assert_eq!(budget(), Duration::from_secs(20));
}

#[tokio::test]
async fn work_of_a_newer_version_is_left_alone() {
    let world = World::new().await;
    for number in 0..120 {
        broken(&world, "a-later-invention", number).await;
    }
    approved(&world, "fine").await;
    let report = run(&world, 300).await;
    assert_eq!((report.done(), report.failed()), (1, 0));
}

#[tokio::test]
async fn a_run_without_work_costs_one_query_for_each_kind() {
    let world = World::new().await;
    automatic(&world, "on its way").await;
    approved(&world, "on its way too").await;
    world.table.faults.calls();
    assert_eq!(run(&world, 60).await.kinds, kinds(&[]));
    assert_eq!(world.table.faults.calls(), vec!["Query"; WorkKind::ALL.len()]);
}

#[tokio::test]
async fn a_run_ends_at_its_deadline_and_the_next_goes_on() {
    let world = World::new().await;
    approved(&world, "stranded").await;
    let mut context = context();
    context.now = context.now.checked_add(SignedDuration::from_mins(5)).unwrap();
    let over = Deadline::after(Duration::ZERO);
    assert_eq!(reconcile(&world.store, &mut context, over).await.unwrap().kinds, kinds(&[]));
    assert_eq!(run(&world, 300).await.done(), 1);
}

#[tokio::test]
async fn while_the_store_is_in_trouble_nothing_is_put_off() {
    let world = World::new().await;
    let id = approved(&world, "stranded").await;
    world.table.faults.plan("TransactWriteItems", Fault::Unreachable, 3);
    assert_eq!(run(&world, 300).await.failed(), 1);
    assert_eq!(run(&world, 300).await.done(), 1, "the next run does it");
    assert_eq!(story(&world, id).await.len(), 3);
}

/// A run that was told by an index that lags behind finds nothing to do.
#[tokio::test]
async fn a_request_that_moved_on_meanwhile_is_left_as_it_is() {
    let world = World::new().await;
    let id = approved(&world, "quick").await;
    let held = world.table.faults.hold("GetItem", 0);
    let (report, ()) = tokio::join!(run(&world, 300), async {
        held.arrived().await;
        fail(&World { table: world.table.beside(), store: world.table.beside().store() }, id, false).await;
        held.release();
    });
    assert_eq!((report.done(), report.failed()), (0, 0));
    assert_eq!(story(&world, id).await.last().unwrap(), "ProvisioningFailed");
}

/// Two schedules overlap: each request is queued again once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_the_same_time_queue_each_request_once() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for app in ["one", "two", "three"] {
        let id = submit(&world.store, &ada(), &weather("gold", app)).await.unwrap().id;
        approve(&world.store, &gatepass_testkit::owen(), id).await.unwrap();
        ids.push(id);
    }
    let runs = (0..6).map(|_| {
        let world = world.clone();
        tokio::spawn(async move { run(&world, 300).await.done() })
    });
    let mut requeued = 0;
    for run in runs.collect::<Vec<_>>() {
        requeued += run.await.unwrap();
    }
    assert_eq!(requeued, 3);
    for id in ids {
        assert_eq!(story(&world, id).await.len(), 3);
    }
}
