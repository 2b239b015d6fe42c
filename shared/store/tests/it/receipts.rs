//! Receipts of what was published, the log page by page, how far the sweeper got, and what was set aside.

use std::collections::HashSet;

use gatepass_domain::id::EventId;
use gatepass_domain::{AccessRequest, Context, Event};
use gatepass_store::keys::{self, Key, WorkKind};
use gatepass_store::{LogPosition, SetAside, SetAsideReason, Store, SweepState};
use gatepass_testkit::{Table, ada, at, context};
use jiff::Timestamp;

use crate::samples::{drafted, products, write};

async fn event_at(store: &Store, time: Timestamp) -> Event {
    let mut context: Context = context();
    context.now = time;
    let app_id = context.id();
    let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
    write(store, &AccessRequest::from(pending), &event).await.unwrap();
    event
}

async fn events_at(store: &Store, times: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for time in times {
        events.push(event_at(store, at(time)).await);
    }
    events
}

fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

/// However late an event was published, its receipt stands where it happened: the sweeper reads no others.
#[tokio::test]
async fn a_receipt_is_found_by_the_event_whenever_that_was_published() {
    let table = Table::new().await;
    let store = table.store();
    let times = ["2026-11-22T23:59:59.999Z", "2026-11-23T00:00:00Z", "2026-11-23T00:00:01Z", "2026-11-23T05:00:00Z"];
    let events = events_at(&store, &times).await;
    store.put_receipts(&ids(&events[..3]), at("2026-11-25T08:00:00Z")).await.unwrap();
    table.faults.calls();
    let published = store.published(&events).await.unwrap();
    assert_eq!(published, ids(&events[..3]).into_iter().collect::<HashSet<_>>());
    assert_eq!(table.faults.calls(), ["Query"; 3], "one for each minute in which something happened");
    assert!(store.published(&[]).await.unwrap().is_empty());
}

/// C1: one receipt with 11,700 ids was larger than an item may be.
#[tokio::test]
async fn receipts_stay_small_however_many_events_there_are() {
    let table = Table::new().await;
    let store = table.store();
    let now = context().now;
    table.faults.calls();
    store.put_receipts(&[], now).await.unwrap();
    assert!(table.faults.calls().is_empty());
    let many: Vec<EventId> = (0..12_000).map(|_| context().id()).collect();
    store.put_receipts(&many, now).await.unwrap();
    assert_eq!(table.faults.calls(), ["PutItem"; 60], "200 ids each");
}

/// Reads the log from `from` to `until`, `limit` events of each shard at once.
async fn read(store: &Store, from: &str, until: &str, limit: i32) -> (Vec<Event>, usize) {
    let (mut position, end) = (LogPosition::at(at(from)), LogPosition::at(at(until)));
    let (mut events, mut pages) = (Vec::new(), 0);
    while position < end {
        let page = store.log_page(&position, at(until), limit).await.unwrap();
        assert!(page.end > position, "every page makes progress");
        assert!(page.events.len() <= 4 * usize::try_from(limit).unwrap());
        events.extend(page.events);
        position = page.end;
        pages += 1;
    }
    assert_eq!(position, end);
    (events, pages)
}

#[tokio::test]
async fn the_log_is_read_from_a_time_until_before_another() {
    let store = Table::new().await.store();
    let times = [
        "2026-11-22T23:59:59.999Z",
        "2026-11-23T00:00:00Z",
        "2026-11-23T12:00:00.5Z",
        "2026-11-23T12:00:00.501Z",
        "2026-11-23T23:59:59.999Z",
        "2026-11-24T00:00:00Z",
    ];
    let events = events_at(&store, &times).await;
    let between = async |from: &str, until: &str| read(&store, from, until, 10).await.0;
    assert_eq!(between("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z").await, events[1..5]);
    assert_eq!(between("2026-11-22T00:00:00Z", "2026-11-25T00:00:00Z").await, events, "over days");
    assert_eq!(between("2026-11-23T12:00:00.5Z", "2026-11-23T12:00:00.501Z").await, events[2..3]);
    assert!(between("2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z").await.is_empty());
}

/// Whatever the size of a page, also when everything happened in the same millisecond.
#[tokio::test]
async fn pages_of_the_log_are_in_order_and_leave_nothing_out() {
    let store = Table::new().await.store();
    let mut events = Vec::new();
    for number in 0..30 {
        let second = if number < 15 { 0 } else { number };
        events.push(event_at(&store, at(&format!("2026-11-23T12:00:{second:02}Z"))).await);
    }
    events.sort_by_key(|event| (event.occurred_at, event.id));
    for limit in [1, 2, 7, 100] {
        let (found, pages) = read(&store, "2026-11-23T00:00:00Z", "2026-11-23T23:00:00Z", limit).await;
        assert_eq!(ids(&found), ids(&events), "{limit} at once");
        assert!(limit > 7 || pages > 1);
    }
}

/// F6: what a sweep costs grows with the gap, not with its square.
#[tokio::test]
async fn an_empty_day_costs_one_page() {
    let table = Table::new().await;
    let store = table.store();
    table.faults.calls();
    let (events, pages) = read(&store, "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 50).await;
    assert_eq!((events.len(), pages), (0, 364));
    assert_eq!(table.faults.calls().len(), 4 * 364);
}

#[tokio::test]
async fn only_one_of_two_runs_moves_the_sweeper() {
    let store = Table::new().await.store();
    let state = |turn, run: &str| SweepState {
        position: LogPosition::at(at("2026-11-23T12:00:00Z")),
        claim: None,
        turn,
        run: run.to_owned(),
    };
    let (first, second) = (state(0, "one"), state(1, "one"));
    assert_eq!(store.sweep_state().await.unwrap(), None);
    assert!(store.move_sweep(None, &first).await.unwrap());
    assert!(!store.move_sweep(None, &state(0, "other")).await.unwrap());
    assert!(store.move_sweep(Some(&first), &second).await.unwrap());
    assert!(!store.move_sweep(Some(&first), &state(1, "other")).await.unwrap());
    assert!(store.move_sweep(Some(&first), &second).await.unwrap(), "it is that run's own move");
    assert_eq!(store.sweep_state().await.unwrap(), Some(second));
}

#[tokio::test]
async fn an_event_that_was_set_aside_is_due_until_it_is_taken_back() {
    let store = Table::new().await.store();
    let now = at("2026-11-23T12:00:00Z");
    let event = event_at(&store, now).await;
    let entry = SetAside::new(keys::event(&event), SetAsideReason::Refused, "ThrottlingException");
    store.set_aside(&entry, now).await.unwrap();
    // The request itself is not due: a person decides on it.
    let due = store.due_work(WorkKind::SetAside, None, now, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(store.event_set_aside(&due[0].key).await.unwrap(), Some(entry.clone()));
    assert_eq!(store.event_item(&entry.event()).await.unwrap(), Some(Ok(event)));
    store.take_back(&entry.event()).await.unwrap();
    assert_eq!(store.due_work(WorkKind::SetAside, None, now, 10).await.unwrap(), []);
    let nowhere = Key { pk: "E#R#1".into(), sk: "00000001".into() };
    assert_eq!(store.event_item(&nowhere).await.unwrap(), None);
}
