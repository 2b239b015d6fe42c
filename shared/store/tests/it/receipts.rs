//! Receipts of what was published, the log by day, and how far the sweeper got.

use std::collections::HashSet;

use gatepass_domain::id::EventId;
use gatepass_domain::{AccessRequest, Context, Event};
use gatepass_store::Store;
use gatepass_testkit::{Table, ada, at, context};
use jiff::Timestamp;

use crate::samples::{drafted, products, write};

#[tokio::test]
async fn receipts_are_found_over_hours_and_days() {
    let store = Table::new().await.store();
    let ids: Vec<EventId> = (0..6).map(|_| context().id()).collect();
    let times = [
        "2026-11-22T22:59:59.999Z",
        "2026-11-22T23:00:00Z",
        "2026-11-22T23:59:59.999Z",
        "2026-11-23T00:00:00Z",
        "2026-11-23T01:30:00Z",
        "2026-11-23T02:00:00Z",
    ];
    for (id, time) in ids.iter().zip(times) {
        store.put_receipt(&[*id], at(time)).await.unwrap();
    }
    let published = async |from: &str, to: &str| store.published(at(from), at(to)).await.unwrap();
    let some = |range: std::ops::Range<usize>| ids[range].iter().copied().collect::<HashSet<_>>();
    assert_eq!(published("2026-11-22T23:30:00Z", "2026-11-22T23:40:00Z").await, some(1..3), "whole hours");
    assert_eq!(published("2026-11-22T23:59:59.999Z", "2026-11-23T00:00:00Z").await, some(1..4));
    assert_eq!(published("2026-11-22T22:00:00Z", "2026-11-23T02:00:00Z").await, some(0..6));
    assert_eq!(published("2026-11-23T01:59:59Z", "2026-11-23T01:00:00Z").await, some(4..5));
    assert!(published("2026-11-24T00:00:00Z", "2026-11-24T05:00:00Z").await.is_empty());
}

#[tokio::test]
async fn a_batch_has_one_receipt_and_an_empty_one_none() {
    let table = Table::new().await;
    let store = table.store();
    table.faults.calls();
    let now = context().now;
    let ids: Vec<EventId> = (0..100).map(|_| context().id()).collect();
    store.put_receipt(&ids, now).await.unwrap();
    store.put_receipt(&[], now).await.unwrap();
    assert_eq!(table.faults.calls(), ["PutItem"]);
    assert_eq!(store.published(now, now).await.unwrap().len(), 100);
}

async fn event_at(store: &Store, time: Timestamp) -> Event {
    let mut context: Context = context();
    context.now = time;
    let app_id = context.id();
    let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
    write(store, &AccessRequest::from(pending), &event).await.unwrap();
    event
}

#[tokio::test]
async fn the_log_of_a_day_is_read_between_two_times_both_included() {
    let store = Table::new().await.store();
    let times = [
        "2026-11-22T23:59:59.999Z",
        "2026-11-23T00:00:00Z",
        "2026-11-23T12:00:00.5Z",
        "2026-11-23T12:00:00.501Z",
        "2026-11-23T23:59:59.999Z",
        "2026-11-24T00:00:00Z",
    ];
    let mut events = Vec::new();
    for time in times {
        events.push(event_at(&store, at(time)).await);
    }
    let read = async |from: &str, to: &str| store.events_of_day(at(from), at(to)).await.unwrap();
    assert_eq!(read("2026-11-23T00:00:00Z", "2026-11-23T23:59:59.999Z").await, events[1..5]);
    assert_eq!(read("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z").await, events[1..5], "the day ends");
    assert_eq!(read("2026-11-23T12:00:00.5Z", "2026-11-23T12:00:00.5Z").await, events[2..3]);
    assert_eq!(read("2026-11-23T12:00:00.501Z", "2026-11-23T12:00:01Z").await, events[3..4]);
    assert!(read("2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z").await.is_empty());
}

#[tokio::test]
async fn the_log_of_a_day_is_in_order_over_its_shards() {
    let store = Table::new().await.store();
    let mut events = Vec::new();
    for second in 0..20 {
        events.push(event_at(&store, at(&format!("2026-11-23T12:00:{second:02}Z"))).await);
    }
    let read = store.events_of_day(at("2026-11-23T00:00:00Z"), at("2026-11-23T23:00:00Z")).await.unwrap();
    assert_eq!(read, events);
}

#[tokio::test]
async fn how_far_the_sweeper_got_is_kept() {
    let store = Table::new().await.store();
    assert_eq!(store.swept_to().await.unwrap(), None);
    for time in ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00.001Z"] {
        store.set_swept_to(at(time)).await.unwrap();
        assert_eq!(store.swept_to().await.unwrap(), Some(at(time)));
    }
}
