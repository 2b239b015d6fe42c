//! Events that were recorded and never published are found, published, and never more than three times.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_app::Deadline;
use gatepass_app::reconcile::{reconcile, settle};
use gatepass_app::relay::Answer;
use gatepass_app::sweep::{Sweep, SweepError};
use gatepass_domain::Actor;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::{AppId, EventId};
use gatepass_store::{LogPosition, Store, SweepState, Transaction};
use gatepass_testkit::{Fault, World, ada, at, context};
use jiff::SignedDuration;

use crate::asking::weather;

/// A request is submitted at `time`; gives the ids of its events.
pub(crate) async fn submitted(world: &World, time: &str) -> Vec<EventId> {
    let mut context = context();
    context.now = at(time);
    let asked = weather("gold", time);
    let unkeyed = gatepass_app::Idempotent::Unkeyed;
    let flow = gatepass_app::submit::Flow::Direct;
    let asked =
        gatepass_app::submit::submit(&world.store, &mut context, &ada(), &flow, &asked, &unkeyed).await.unwrap();
    let of_app = world.store.events_of(&Aggregate::App(asked.facts().submission.app.id)).await.unwrap();
    let of_request = world.store.events_of(&Aggregate::Request(asked.facts().id)).await.unwrap();
    of_app.iter().chain(&of_request).map(|event| event.id).collect()
}

/// A bus that counts what is published on it.
#[derive(Default)]
struct Counter {
    published: HashMap<EventId, usize>,
    refused: Vec<EventId>,
    is_down: bool,
    loses_answers: bool,
}

impl Counter {
    fn publish(&mut self, events: &[gatepass_domain::Event]) -> Vec<Answer> {
        let answer = |event: &gatepass_domain::Event| {
            if self.is_down {
                return Answer::NotTaken("InternalException".to_owned());
            }
            if self.refused.contains(&event.id) {
                return Answer::Refused("MalformedDetail".to_owned());
            }
            *self.published.entry(event.id).or_default() += 1;
            if self.loses_answers { Answer::Unanswered("no answer".to_owned()) } else { Answer::Published }
        };
        events.iter().map(answer).collect()
    }

    fn ids(&self) -> Vec<EventId> {
        sorted(&[&self.published.keys().copied().collect::<Vec<_>>()])
    }
}

fn never() -> Deadline {
    Deadline::after(Duration::from_secs(3600))
}

async fn begun(store: &Store, now: &str) -> Sweep {
    Sweep::begin(store, at(now), context().attempt_token()).await.unwrap()
}

/// A whole sweep at `now`.
async fn sweep(store: &Store, bus: &mut Counter, now: &str) -> Result<(), SweepError> {
    let mut sweep = begun(store, now).await;
    while let Some(page) = sweep.next(store, never()).await? {
        let answers = bus.publish(&page.events);
        sweep.settle(store, page, &answers).await?;
    }
    Ok(())
}

async fn begin_at(world: &World, time: &str) {
    let state = SweepState { position: LogPosition::at(at(time)), claim: None, turn: 0, run: String::new() };
    assert!(world.store.move_sweep(None, &state).await.unwrap());
}

async fn position(world: &World) -> LogPosition {
    world.store.sweep_state().await.unwrap().unwrap().position
}

fn sorted(ids: &[&[EventId]]) -> Vec<EventId> {
    let mut ids = ids.concat();
    ids.sort();
    ids
}

#[tokio::test]
async fn what_has_no_receipt_is_published_and_what_has_one_is_not() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let published = submitted(&world, "2026-11-20T11:31:00Z").await;
    world.store.put_receipts(&published, at("2026-11-20T15:31:01Z")).await.unwrap();
    let on_its_way = submitted(&world, "2026-11-20T12:08:30Z").await;
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:10:00Z").await.unwrap();
    assert_eq!(bus.ids(), sorted(&[&lost]), "what is two minutes old may still be on its way");
    assert_eq!(position(&world).await, LogPosition::at(at("2026-11-20T11:56:00Z")));

    sweep(&world.store, &mut bus, "2026-11-20T12:11:00Z").await.unwrap();
    sweep(&world.store, &mut bus, "2026-11-20T12:12:00Z").await.unwrap();
    assert_eq!(bus.ids(), sorted(&[&lost, &on_its_way]));
    assert!(bus.published.values().all(|times| *times == 1));
}

/// Found by the simulation (seeds 11 and 14): the sweeper's clock was ahead of the writer's, and the stream lost the event.
#[tokio::test]
async fn an_event_recorded_behind_what_was_compared_is_published() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:10:00Z").await.unwrap();
    let recorded_late = submitted(&world, "2026-11-20T11:59:00Z").await;
    for minute in 11..30 {
        sweep(&world.store, &mut bus, &format!("2026-11-20T12:{minute}:00Z")).await.unwrap();
    }
    assert_eq!(bus.ids(), sorted(&[&recorded_late]));
    assert!(bus.published.values().all(|times| *times == 1), "{:?}", bus.published);
}

#[tokio::test]
async fn a_sweeper_that_stood_still_catches_up_over_days() {
    let world = World::new().await;
    begin_at(&world, "2026-11-18T20:00:00Z").await;
    let mut lost = Vec::new();
    for time in ["2026-11-18T23:59:59.999Z", "2026-11-19T00:00:00Z", "2026-11-19T23:00:00Z", "2026-11-20T11:00:00Z"] {
        lost.push(submitted(&world, time).await);
    }
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!(bus.ids(), sorted(&lost.iter().map(Vec::as_slice).collect::<Vec<_>>()));
}

#[tokio::test]
async fn the_first_sweep_looks_back_for_an_hour() {
    let world = World::new().await;
    submitted(&world, "2026-11-20T10:57:59Z").await;
    let within = submitted(&world, "2026-11-20T10:58:00Z").await;
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!(bus.ids(), sorted(&[&within]));
}

/// C1: one refused entry threw all progress away.
#[tokio::test]
async fn a_refused_event_is_set_aside_and_published_when_the_bus_takes_it() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { refused: vec![lost[1]], ..Counter::default() };
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!(bus.ids(), lost[..1]);
    assert_eq!(position(&world).await, LogPosition::at(at("2026-11-20T11:46:00Z")));
    for (now, published) in [("2026-11-20T12:01:00Z", 1), ("2026-11-20T12:02:00Z", 1), ("2026-11-20T12:05:00Z", 2)] {
        if published == 2 {
            bus.refused.clear();
        }
        reconciled(&world, &mut bus, now).await;
        assert_eq!(bus.published.len(), published, "{now}");
    }
    reconciled(&world, &mut bus, "2026-11-20T12:30:00Z").await;
    assert!(bus.published.values().all(|times| *times == 1));
}

/// A run of the reconciler, with what it released published.
async fn reconciled(world: &World, bus: &mut Counter, now: &str) -> usize {
    let mut context = context();
    context.now = at(now);
    let report = reconcile(&world.store, &mut context, never()).await.unwrap();
    let events: Vec<_> = report.released.iter().map(|released| released.event.clone()).collect();
    let answers = bus.publish(&events);
    settle(&world.store, &context, &report.released, &answers).await.unwrap()
}

/// Also when nothing else is on its page.
#[tokio::test]
async fn events_that_are_all_refused_do_not_hold_up_the_sweep() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let refused = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { refused, ..Counter::default() };
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!(position(&world).await, LogPosition::at(at("2026-11-20T11:46:00Z")));
}

#[tokio::test]
async fn while_the_bus_is_down_the_sweep_stays_where_it_is_and_counts_no_attempt() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { is_down: true, ..Counter::default() };
    for minute in 0..5 {
        let failure = sweep(&world.store, &mut bus, &format!("2026-11-20T12:0{minute}:00Z")).await.unwrap_err();
        assert!(matches!(failure, SweepError::NoneTaken(2)), "{failure}");
    }
    bus.is_down = false;
    sweep(&world.store, &mut bus, "2026-11-20T12:10:00Z").await.unwrap();
    assert_eq!(bus.ids(), sorted(&[&lost]));
}

/// C1: without receipt and progress the same events were published every minute.
#[tokio::test]
async fn nothing_is_published_more_than_three_times_whatever_cannot_be_written_down() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let later = submitted(&world, "2026-11-20T12:05:00Z").await;
    let mut bus = Counter::default();
    let broken = world.table.beside();
    for minute in 0..6 {
        let mut sweep = begun(&world.store, &format!("2026-11-20T12:0{minute}:00Z")).await;
        let Some(page) = sweep.next(&world.store, never()).await.unwrap() else { continue };
        let answers = bus.publish(&page.events);
        broken.faults.plan("PutItem", Fault::Unreachable, 100);
        assert!(sweep.settle(&broken.store(), page, &answers).await.is_err());
    }
    assert!(lost.iter().all(|id| bus.published[id] == 2), "{:?}", bus.published);
    // What comes after it is not held up, and what could not be confirmed has one attempt of its own.
    sweep(&world.store, &mut bus, "2026-11-20T12:10:00Z").await.unwrap();
    assert!(later.iter().all(|id| bus.published.contains_key(id)));
    for minute in 20..40 {
        let mut context = context();
        context.now = at(&format!("2026-11-20T12:{minute}:00Z"));
        let report = reconcile(&world.store, &mut context, never()).await.unwrap();
        let events: Vec<_> = report.released.iter().map(|released| released.event.clone()).collect();
        let answers = bus.publish(&events);
        let settled = settle(&broken.store(), &context, &report.released, &answers).await;
        assert_eq!(settled.is_ok(), events.is_empty());
    }
    assert!(lost.iter().all(|id| bus.published[id] == 3), "{:?}", bus.published);
    assert!(bus.published.values().all(|times| *times <= 3), "{:?}", bus.published);
}

/// A bus that takes events and does not say so had them from the sweeper again every minute.
#[tokio::test]
async fn an_event_whose_answers_are_lost_is_handed_out_three_times_with_pauses_between() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { loses_answers: true, ..Counter::default() };
    let swept = sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await;
    assert!(matches!(swept, Err(SweepError::NoneTaken(2))), "{swept:?}");
    let mut times = Vec::new();
    for minute in 1..60 {
        let now = format!("2026-11-20T12:{minute:02}:00Z");
        sweep(&world.store, &mut bus, &now).await.unwrap();
        reconciled(&world, &mut bus, &now).await;
        times.push(bus.published[&lost[0]]);
    }
    assert_eq!((times[8], times[9], times[18], times[19], times[58]), (1, 2, 2, 3, 3));
}

#[tokio::test]
async fn an_event_whose_answers_were_lost_twice_is_published_when_the_bus_answers() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { loses_answers: true, ..Counter::default() };
    assert!(sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.is_err());
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:10:00Z").await, 0);
    bus.loses_answers = false;
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:20:00Z").await, 2);
}

/// Runs that ended between the claim and the bus used the attempts up, and what nobody had published was given up.
#[tokio::test]
async fn runs_that_end_before_they_publish_do_not_give_events_up() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    for minute in 0..6 {
        let mut run = begun(&world.store, &format!("2026-11-20T12:0{minute}:00Z")).await;
        run.next(&world.store, never()).await.unwrap();
    }
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:06:00Z").await.unwrap();
    reconciled(&world, &mut bus, "2026-11-20T12:20:00Z").await;
    assert_eq!(bus.ids(), sorted(&[&lost]));
}

/// The SDK made the move again, and its own first move refused it.
#[tokio::test]
async fn a_claim_whose_reply_was_lost_is_the_runs_own() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut run = begun(&world.store, "2026-11-20T12:00:00Z").await;
    world.table.faults.plan("PutItem", Fault::LostReply, 1);
    assert!(run.next(&world.store, never()).await.unwrap().is_some());
}

#[tokio::test]
async fn an_event_that_cannot_be_set_aside_keeps_no_other_from_it_and_is_no_attempt() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { refused: lost, ..Counter::default() };
    let mut first = None;
    for minute in 0..4 {
        let mut run = begun(&world.store, &format!("2026-11-20T12:0{minute}:00Z")).await;
        let page = run.next(&world.store, never()).await.unwrap().unwrap();
        let (events, answers) = (page.events.clone(), bus.publish(&page.events));
        // The SDK makes three attempts to set the first one aside.
        world.table.faults.plan("PutItem", Fault::Unreachable, 3);
        assert!(run.settle(&world.store, page, &answers).await.is_err());
        let set_aside = world.store.set_aside_among(&events).await.unwrap();
        let first = first.get_or_insert(events[0].id);
        assert_eq!((events[0].id, set_aside.contains(first)), (*first, false));
        assert!(events.iter().all(|event| event.id == *first || set_aside.contains(&event.id)));
        assert_eq!(events.len(), if minute == 0 { 2 } else { 1 });
    }
    bus.refused.clear();
    sweep(&world.store, &mut bus, "2026-11-20T12:05:00Z").await.unwrap();
    assert_eq!(bus.ids(), Vec::from_iter(first));
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:06:00Z").await, 1);
}

#[tokio::test]
async fn a_refused_event_is_tried_until_the_bus_takes_it() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { refused: lost.clone(), ..Counter::default() };
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    for minute in 1..6 {
        assert_eq!(reconciled(&world, &mut bus, &format!("2026-11-20T12:0{minute}:00Z")).await, 0);
    }
    bus.refused.clear();
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:06:00Z").await, 2);
}

#[tokio::test]
async fn one_event_that_cannot_be_taken_back_keeps_no_other_from_it() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter { refused: lost, ..Counter::default() };
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    bus.refused.clear();
    let mut context = context();
    context.now = at("2026-11-20T12:01:00Z");
    let report = reconcile(&world.store, &mut context, never()).await.unwrap();
    let events: Vec<_> = report.released.iter().map(|released| released.event.clone()).collect();
    let answers = bus.publish(&events);
    world.table.faults.plan("DeleteItem", Fault::Unreachable, 3);
    assert!(settle(&world.store, &context, &report.released, &answers).await.is_err());
    assert_eq!(world.store.set_aside_among(&events).await.unwrap().into_iter().collect::<Vec<_>>(), [events[0].id]);
    // It has its receipt.
    reconciled(&world, &mut bus, "2026-11-20T12:20:00Z").await;
    assert!(world.store.set_aside_among(&events).await.unwrap().is_empty());
    assert!(bus.published.values().all(|times| *times == 1));
}

/// 20,000 events of one minute are a hundred pages, and their receipts 0.8 MB.
#[tokio::test]
async fn the_receipts_of_a_minute_are_read_once_for_all_its_pages() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let published = recorded(&world, 600).await;
    world.store.put_receipts(&published, at("2026-11-20T11:01:00Z")).await.unwrap();
    world.table.faults.calls();
    sweep(&world.store, &mut Counter::default(), "2026-11-20T11:10:00Z").await.unwrap();
    let queries = world.table.faults.calls().iter().filter(|call| *call == "Query").count();
    // Four shards for each of three to five pages.
    assert!(queries % 4 == 1 && (13..25).contains(&queries), "{queries} queries");
}

#[tokio::test]
async fn a_failed_receipt_does_not_bring_events_back() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut bus = Counter::default();
    let mut run = begun(&world.store, "2026-11-20T12:00:00Z").await;
    let page = run.next(&world.store, never()).await.unwrap().unwrap();
    let answers = bus.publish(&page.events);
    // The SDK makes three attempts.
    world.table.faults.plan("PutItem", Fault::Unreachable, 3);
    run.settle(&world.store, page, &answers).await.unwrap();
    sweep(&world.store, &mut bus, "2026-11-20T12:05:00Z").await.unwrap();
    assert!(bus.published.values().all(|times| *times == 1));
}

/// H3: one unreadable event stopped the sweep.
#[tokio::test]
async fn an_unreadable_event_is_set_aside_and_published_once_it_can_be_read() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = submitted(&world, "2026-11-20T11:30:00Z").await;
    let (pk, sk, body) = spoil(&world, lost[0]).await;
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:00:00Z").await.unwrap();
    assert_eq!(bus.ids(), lost[1..]);
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:01:00Z").await, 0);
    write(&world, &pk, &sk, &body).await;
    assert_eq!(reconciled(&world, &mut bus, "2026-11-20T12:05:00Z").await, 1);
    assert_eq!(bus.ids(), sorted(&[&lost]));
}

/// Makes an event unreadable; gives its key, and what it said.
async fn spoil(world: &World, id: EventId) -> (String, String, String) {
    let page = world.store.log_page(&LogPosition::at(at("2026-11-20T00:00:00Z")), at("2026-11-21T00:00:00Z"), 50).await;
    let event = page.unwrap().events.into_iter().find(|event| event.id == id).unwrap();
    let key = gatepass_store::keys::event(&event);
    write(world, &key.pk, &key.sk, "{}").await;
    (key.pk, key.sk, event.sealed.body)
}

async fn write(world: &World, pk: &str, sk: &str, body: &str) {
    let update = world.table.client.update_item().table_name(&world.table.name);
    let update = update.key("PK", AttributeValue::S(pk.into())).key("SK", AttributeValue::S(sk.into()));
    let update = update.update_expression("SET body = :body");
    update.expression_attribute_values(":body", AttributeValue::S(body.into())).send().await.unwrap();
}

#[tokio::test]
async fn a_sweep_without_time_does_nothing_and_the_next_goes_on() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let mut run = begun(&world.store, "2026-11-20T12:00:00Z").await;
    assert!(run.next(&world.store, Deadline::after(Duration::ZERO)).await.unwrap().is_none());
    let mut bus = Counter::default();
    sweep(&world.store, &mut bus, "2026-11-20T12:01:00Z").await.unwrap();
    assert_eq!(bus.published.len(), 2);
}

#[tokio::test]
async fn of_two_sweeps_at_once_one_publishes() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    submitted(&world, "2026-11-20T11:30:00Z").await;
    let now = "2026-11-20T12:00:00Z";
    let (mut one, mut other) = (begun(&world.store, now).await, begun(&world.store, now).await);
    assert!(one.next(&world.store, never()).await.unwrap().is_some());
    assert!(other.next(&world.store, never()).await.unwrap().is_none());
}

#[tokio::test]
async fn lost_events_come_oldest_first() {
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    for minute in [40, 10, 30, 20] {
        submitted(&world, &format!("2026-11-20T11:{minute}:00Z")).await;
    }
    let mut run = begun(&world.store, "2026-11-20T12:00:00Z").await;
    let page = run.next(&world.store, never()).await.unwrap().unwrap();
    assert_eq!(page.events.len(), 8);
    assert!(page.events.is_sorted_by_key(|event| event.occurred_at));
}

/// As many events of apps as asked for, ten a second from 11:00 on.
async fn recorded(world: &World, count: usize) -> Vec<EventId> {
    let (actor, start) = (Actor::system("test"), at("2026-11-20T11:00:00Z"));
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let mut transaction = Transaction::new(&mut context());
        // A transaction takes a hundred parts.
        for _ in 0..100.min(count - ids.len()) {
            let mut context = context();
            context.now = start + SignedDuration::from_millis(100 * i64::try_from(ids.len()).unwrap());
            let app: AppId = context.id();
            let detail = Detail::AppCreated(EntitySubject::created(app, 1, &"an app"));
            let event = Chain::default().append(&mut context, Aggregate::App(app), &actor, detail, None);
            ids.push(event.id);
            transaction = transaction.event(&event);
        }
        world.store.commit(transaction).await.unwrap();
    }
    ids
}

/// The outage experiment: the relay is held back while events are recorded, and the sweeper has to publish them all.
/// CONTRIBUTING.md says how to run it with 20,000.
#[tokio::test]
async fn the_backlog_of_an_outage_is_published_once() {
    let count = std::env::var("GATEPASS_OUTAGE").map_or(1_000, |count| count.parse().expect("a number of events"));
    let world = World::new().await;
    begin_at(&world, "2026-11-20T11:00:00Z").await;
    let lost = recorded(&world, count).await;
    let mut bus = Counter::default();
    world.table.faults.calls();
    let started = std::time::Instant::now();
    let mut runs = 0;
    while position(&world).await < LogPosition::at(at("2026-11-20T23:00:00Z")) {
        let mut sweep = begun(&world.store, "2026-11-20T23:14:00Z").await;
        let deadline = Deadline::after(Duration::from_secs(15));
        while let Some(page) = sweep.next(&world.store, deadline).await.unwrap() {
            let answers = bus.publish(&page.events);
            sweep.settle(&world.store, page, &answers).await.unwrap();
        }
        runs += 1;
    }
    let (took, calls) = (started.elapsed(), world.table.faults.calls().len());
    println!("{count} events in {runs} run(s) of at most 15 s: {took:?}, {calls} calls of the table");
    assert_eq!(bus.published.len(), count);
    assert!(lost.iter().all(|id| bus.published[id] == 1));
    // A call of the table for each event would be too slow for 1,000 a minute.
    assert!(calls < count / 5 + 100, "{calls} calls for {count} events");
}
