//! The counters of each day.

use std::time::Duration;

use gatepass_app::{Deadline, statistics};
use gatepass_testkit::{World, at, context};

use crate::sweep::submitted;

/// Under a slow clock an event is recorded behind others that are counted already.
#[tokio::test]
async fn an_event_that_is_recorded_ten_minutes_late_is_counted() {
    let world = World::new().await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let count_up = async |time| {
        let mut context = context();
        context.now = at(time);
        let deadline = Deadline::after(Duration::from_secs(60));
        statistics::count_up(&world.store, &mut context, deadline).await.unwrap()
    };
    assert_eq!(count_up("2026-11-20T12:00:00Z").await, 2);
    submitted(&world, "2026-11-20T11:50:00Z").await;
    assert_eq!(count_up("2026-11-20T12:30:00Z").await, 2);
    let day = world.store.counted_day("2026-11-20".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(day.tally.counts.submitted, 2);
}
