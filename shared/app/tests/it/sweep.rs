//! What was recorded and never published is found.

use gatepass_app::sweep::find_lost;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::EventId;
use gatepass_testkit::{World, ada, at, context};

use crate::asking::weather;

/// A request is submitted at `time`; gives the ids of its events.
async fn submitted(world: &World, time: &str) -> Vec<EventId> {
    let mut context = context();
    context.now = at(time);
    let asked = weather("gold", time);
    let unkeyed = gatepass_app::Idempotent::Unkeyed;
    let flow = gatepass_app::submit::Flow::Direct;
    let view = gatepass_app::submit::submit(&world.store, &mut context, &ada(), &flow, &asked, &unkeyed).await.unwrap();
    let of_app = world.store.events_of(&Aggregate::App(view.app.id)).await.unwrap();
    let of_request = world.store.events_of(&Aggregate::Request(view.id)).await.unwrap();
    of_app.iter().chain(&of_request).map(|event| event.id).collect()
}

/// What a sweep at `now` finds, and until when it looked.
async fn found(world: &World, now: &str) -> Option<(Vec<EventId>, String)> {
    let sweep = find_lost(&world.store, at(now)).await.unwrap()?;
    let mut ids: Vec<_> = sweep.lost.iter().map(|event| event.id).collect();
    ids.sort();
    Some((ids, sweep.until.to_string()))
}

fn sorted(ids: &[&[EventId]]) -> Vec<EventId> {
    let mut ids = ids.concat();
    ids.sort();
    ids
}

#[tokio::test]
async fn what_has_no_receipt_is_found_and_what_has_one_is_not() {
    let world = World::new().await;
    world.store.set_swept_to(at("2026-11-20T11:00:00Z")).await.unwrap();
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let published = submitted(&world, "2026-11-20T11:31:00Z").await;
    world.store.put_receipt(&published, at("2026-11-20T11:31:01Z")).await.unwrap();
    let on_its_way = submitted(&world, "2026-11-20T12:08:30Z").await;
    let (ids, until) = found(&world, "2026-11-20T12:10:00Z").await.unwrap();
    assert_eq!(ids, sorted(&[&lost]), "what is two minutes old may still be on its way");
    assert_eq!(until, "2026-11-20T12:08:00Z");

    // Until the sweep is written down as done, the next finds the same.
    assert_eq!(found(&world, "2026-11-20T12:10:00Z").await.unwrap().0, sorted(&[&lost]));
    world.store.put_receipt(&lost, at("2026-11-20T12:10:00Z")).await.unwrap();
    world.store.set_swept_to(at(&until)).await.unwrap();
    assert_eq!(found(&world, "2026-11-20T12:10:00Z").await, None, "nothing is left to compare");
    assert_eq!(found(&world, "2026-11-20T12:11:00Z").await.unwrap().0, sorted(&[&on_its_way]));
}

#[tokio::test]
async fn a_receipt_of_a_later_hour_counts() {
    let world = World::new().await;
    world.store.set_swept_to(at("2026-11-20T12:59:00Z")).await.unwrap();
    let late = submitted(&world, "2026-11-20T12:59:59.900Z").await;
    world.store.put_receipt(&late, at("2026-11-20T15:00:00Z")).await.unwrap();
    let (ids, _) = found(&world, "2026-11-20T15:01:00Z").await.unwrap();
    assert!(ids.is_empty(), "{ids:?}");
}

#[tokio::test]
async fn a_sweep_ends_with_the_day_and_the_next_begins_there() {
    let world = World::new().await;
    world.store.set_swept_to(at("2026-11-20T23:50:00Z")).await.unwrap();
    let before = submitted(&world, "2026-11-20T23:59:59.999Z").await;
    let midnight = submitted(&world, "2026-11-21T00:00:00Z").await;
    let (ids, until) = found(&world, "2026-11-21T00:30:00Z").await.unwrap();
    assert_eq!((ids, until.as_str()), (sorted(&[&before]), "2026-11-21T00:00:00Z"));
    world.store.set_swept_to(at(&until)).await.unwrap();
    let (ids, until) = found(&world, "2026-11-21T00:30:00Z").await.unwrap();
    assert_eq!((ids, until.as_str()), (sorted(&[&midnight]), "2026-11-21T00:28:00Z"));
}

#[tokio::test]
async fn a_sweeper_that_stood_still_catches_up_in_strides() {
    let world = World::new().await;
    world.store.set_swept_to(at("2026-11-18T20:00:00Z")).await.unwrap();
    let mut lost = Vec::new();
    for time in ["2026-11-18T21:00:00Z", "2026-11-19T05:00:00Z", "2026-11-19T23:00:00Z", "2026-11-20T11:00:00Z"] {
        lost.push(submitted(&world, time).await);
    }
    let mut all = Vec::new();
    let mut strides = 0;
    while let Some((ids, until)) = found(&world, "2026-11-20T12:00:00Z").await {
        all.extend(ids);
        world.store.set_swept_to(at(&until)).await.unwrap();
        strides += 1;
    }
    all.sort();
    assert_eq!(all, sorted(&lost.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    assert_eq!(strides, 1 + 4 + 2, "six hours at a time, and no day is crossed");
}

#[tokio::test]
async fn the_first_sweep_looks_back_for_an_hour() {
    let world = World::new().await;
    submitted(&world, "2026-11-20T10:57:59Z").await;
    let within = submitted(&world, "2026-11-20T10:58:00Z").await;
    let (ids, until) = found(&world, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!((ids, until.as_str()), (sorted(&[&within]), "2026-11-20T11:58:00Z"));
}

#[tokio::test]
async fn lost_events_come_oldest_first() {
    let world = World::new().await;
    world.store.set_swept_to(at("2026-11-20T11:00:00Z")).await.unwrap();
    for minute in [40, 10, 30, 20] {
        submitted(&world, &format!("2026-11-20T11:{minute}:00Z")).await;
    }
    let sweep = find_lost(&world.store, at("2026-11-20T12:00:00Z")).await.unwrap().unwrap();
    assert_eq!(sweep.lost.len(), 8);
    assert!(sweep.lost.is_sorted_by_key(|event| event.occurred_at));
}
