//! Work that is due by time, on the call of a schedule.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use gatepass_app::{Precondition, delete_offering};
use gatepass_bus::{Bus, NotPublished};
use gatepass_domain::Product;
use gatepass_domain::id::{EventId, ProductId, RequestId};
use gatepass_expire::{Config, Expire};
use gatepass_lambda::{ConfigError, Failure, Metric, Metrics, Vars};
use gatepass_provisioning::{Outcome, provision};
use gatepass_sealing::Sealer;
use gatepass_store::keys::WorkKind;
use gatepass_store::{LogPosition, keys};
use gatepass_testkit::aws::{EventBridge, Kms, schedule_call};
use gatepass_testkit::{Fault, Table, World, ada, at, clock_at, context, owen, person};

struct Stage {
    world: World,
    bus: EventBridge,
    kms: Kms,
    metrics: Arc<Mutex<Vec<Metric>>>,
}

impl Stage {
    async fn new() -> Self {
        let (world, bus, kms) = (World::new().await, EventBridge::new().await, Kms::new().await);
        Self { world, bus, kms, metrics: Arc::default() }
    }

    /// The schedule calls at `time`.
    async fn run(&self, time: &str) -> Result<(), Failure> {
        let config = Config {
            table: self.world.table.name.clone(),
            bus: "gatepass-bus".into(),
            metrics: Metrics::Kept(Arc::clone(&self.metrics)),
        };
        let dynamodb = self.world.table.client_of("Expire");
        // Unlike the stand-in's own client, that of a function tries again.
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let eventbridge = self.bus.client.config().to_builder().retry_config(retries).build();
        let eventbridge = aws_sdk_eventbridge::Client::from_conf(eventbridge);
        let function = Expire::new(config, dynamodb, eventbridge, clock_at(time));
        let call = serde_json::from_str(&schedule_call().to_string()).unwrap();
        function.handle(call).await
    }

    /// A request whose provisioning failed for the moment at noon: it is due again a minute later.
    async fn deferred(&self, app: &str) -> RequestId {
        let id = self.world.submitted(&ada(), "weather-api", "gold", app).await.id;
        self.world.approved(id).await;
        self.kms.refuse("ThrottlingException", 1);
        let sealer = Sealer::new(self.kms.client.clone(), "alias/gatepass");
        let outcome = provision(&self.world.store, &sealer, &mut context(), id).await.unwrap();
        assert_eq!(outcome, Outcome::Deferred);
        id
    }

    /// The ids of all that happened at noon, oldest first.
    async fn recorded(&self) -> Vec<EventId> {
        let (noon, later) = (LogPosition::at(at("2026-11-23T12:00:00Z")), at("2026-11-23T12:00:00.001Z"));
        let page = self.world.store.log_page(&noon, later, 1000).await.unwrap();
        page.events.into_iter().map(|event| event.id).collect()
    }

    /// The relay has published these at noon.
    async fn received(&self, ids: &[EventId]) {
        self.world.store.put_receipts(ids, at("2026-11-23T12:00:01Z")).await.unwrap();
    }

    fn published(&self) -> Vec<String> {
        let entries = self.bus.entries();
        entries.iter().map(|entry| entry["Detail"]["metadata"]["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The metrics so far; they are then forgotten.
    fn metrics(&self) -> Vec<Metric> {
        std::mem::take(&mut *self.metrics.lock().unwrap())
    }

    async fn last_event(&self, id: RequestId) -> String {
        self.world.history(id).await.pop().unwrap()
    }
}

#[tokio::test]
async fn only_what_is_due_is_queued_again_and_once() {
    let stage = Stage::new().await;
    let id = stage.deferred("Storm warnings").await;
    let pending = stage.world.submitted(&ada(), "maps-api", "gold", "Maps").await.id;
    stage.run("2026-11-23T12:00:50Z").await.unwrap();
    assert_eq!(stage.last_event(id).await, "ProvisioningDeferred");
    for _ in 0..2 {
        stage.run("2026-11-23T12:01:01Z").await.unwrap();
    }
    let history = stage.world.history(id).await;
    assert_eq!(history.iter().filter(|one| *one == "ProvisioningRequeued").count(), 1);
    assert_eq!(stage.world.request(id).await.provisioning.next_attempt_at, None);
    // It goes on as part of the HTTP request that it all began with.
    let (failed, again) =
        (stage.world.event(id, "ProvisioningDeferred").await, stage.world.event(id, "ProvisioningRequeued").await);
    assert_eq!((again.correlation_id, again.causation_id), (failed.correlation_id, Some(failed.id)));
    assert_eq!(stage.last_event(pending).await, "AccessRequestSubmitted");
    // The event goes its way over the stream; nothing is published from here.
    assert!(stage.bus.batches().is_empty());
}

#[tokio::test]
async fn runs_at_the_same_time_queue_once() {
    let stage = Stage::new().await;
    let id = stage.deferred("Storm warnings").await;
    let run = || stage.run("2026-11-23T12:01:01Z");
    let (a, b, c) = tokio::join!(run(), run(), run());
    for done in [a, b, c] {
        done.unwrap();
    }
    let history = stage.world.history(id).await;
    assert_eq!(history.iter().filter(|one| *one == "ProvisioningRequeued").count(), 1);
}

#[tokio::test]
async fn what_the_stream_lost_is_published_and_nothing_else() {
    let stage = Stage::new().await;
    stage.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await;
    let recorded = stage.recorded().await;
    let lost = recorded[recorded.len() / 2];
    let rest: Vec<_> = recorded.iter().copied().filter(|id| *id != lost).collect();
    stage.received(&rest).await;
    // It may still be on its way.
    stage.run("2026-11-23T12:01:30Z").await.unwrap();
    assert_eq!(stage.published(), [""; 0]);
    stage.run("2026-11-23T12:02:30Z").await.unwrap();
    assert_eq!(stage.published(), [lost.to_string()]);
    stage.run("2026-11-23T12:03:30Z").await.unwrap();
    assert_eq!(stage.published(), [""; 0], "it has its receipt now");
}

#[tokio::test]
async fn what_could_not_be_published_is_looked_for_again() {
    let stage = Stage::new().await;
    stage.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await;
    let recorded = stage.recorded().await;
    stage.received(&recorded[2..]).await;
    stage.bus.refuse_entries([recorded[1]]);
    // The bus is out of order: nothing is lost and nothing counts.
    stage.bus.out_of_order(true);
    assert!(matches!(stage.run("2026-11-23T12:02:30Z").await, Err(Failure::Transient(_))));
    stage.bus.out_of_order(false);
    // It refuses one: the other is published, and that one later.
    stage.run("2026-11-23T12:03:30Z").await.unwrap();
    assert_eq!(stage.published(), [recorded[0].to_string()]);
    stage.run("2026-11-23T12:04:30Z").await.unwrap();
    assert_eq!(stage.published(), [""; 0]);
    stage.bus.refuse_entries([""; 0]);
    stage.run("2026-11-23T12:05:30Z").await.unwrap();
    assert_eq!(stage.published(), [recorded[1].to_string()]);
    stage.run("2026-11-23T12:10:30Z").await.unwrap();
    assert_eq!(stage.published(), [""; 0], "each once");
}

/// The entries that a run hands to the bus, which loses its answers.
#[tokio::test]
async fn a_bus_that_loses_its_answers_is_tried_with_one_batch_a_run() {
    let stage = Stage::new().await;
    for number in 0..11 {
        stage.world.submitted(&ada(), "weather-api", "gold", &format!("App {number}")).await;
    }
    let recorded = stage.recorded().await;
    assert_eq!(recorded.len(), 30);
    stage.bus.lose_answers(true);
    for time in ["2026-11-23T12:02:30Z", "2026-11-23T12:03:30Z"] {
        assert!(matches!(stage.run(time).await, Err(Failure::Transient(_))));
        assert_eq!(stage.bus.batches(), [10], "not again by the SDK, and not the next batch");
    }
    let mut tried = stage.published();
    stage.bus.lose_answers(false);
    stage.run("2026-11-23T12:04:30Z").await.unwrap();
    tried.extend(stage.published());
    assert_eq!(tried, recorded.iter().map(ToString::to_string).collect::<Vec<_>>(), "nothing was given up");
    // What had no answer has a pause.
    stage.run("2026-11-23T12:20:30Z").await.unwrap();
    assert_eq!(stage.bus.batches(), [10, 10, 10], "one after that, and two of what was set aside");
}

#[tokio::test]
async fn a_bus_that_cannot_be_reached_is_no_attempt() {
    let stage = Stage::new().await;
    stage.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await;
    let nobody_listens = stage.bus.client.config().to_builder().endpoint_url("http://127.0.0.1:1").build();
    let bus = Bus::new(aws_sdk_eventbridge::Client::from_conf(nobody_listens), "gatepass-bus");
    let noon = LogPosition::at(at("2026-11-23T12:00:00Z"));
    let events = stage.world.store.log_page(&noon, at("2026-11-23T12:00:00.001Z"), 10).await.unwrap().events;
    let answers = bus.publish_once(&events).await;
    assert_eq!(answers, vec![Err(NotPublished::NotTaken("not reached".into())); events.len()]);
}

#[tokio::test]
async fn a_throttled_event_stays_on_its_page() {
    let stage = Stage::new().await;
    for number in 0..10 {
        stage.world.submitted(&ada(), "weather-api", "gold", &format!("App {number}")).await;
    }
    let recorded: Vec<_> = stage.recorded().await.iter().map(ToString::to_string).collect();
    stage.bus.throttle_entries(&recorded[4..]);
    assert!(matches!(stage.run("2026-11-23T12:02:30Z").await, Err(Failure::Transient(_))));
    assert_eq!(stage.published(), recorded[..4]);
    assert_eq!(stage.bus.batches(), [10, 10], "what is left is tried again while something is taken");
    assert!(
        stage.world.store.due_work(WorkKind::SetAside, None, at("2026-11-23T13:00:00Z"), 10).await.unwrap().is_empty()
    );
    stage.bus.throttle_entries([""; 0]);
    stage.run("2026-11-23T12:03:30Z").await.unwrap();
    assert_eq!(stage.published(), recorded[4..]);
}

#[tokio::test]
async fn a_sweep_that_was_held_up_catches_up_over_days() {
    let stage = Stage::new().await;
    stage.run("2026-11-23T11:00:00Z").await.unwrap();
    let recorded = stage.recorded().await;
    stage.received(&recorded[1..]).await;
    stage.run("2026-11-25T01:00:00Z").await.unwrap();
    assert_eq!(stage.published(), [recorded[0].to_string()]);
    let swept = stage.world.store.sweep_state().await.unwrap().unwrap();
    assert!(swept.position >= LogPosition::at(at("2026-11-25T00:45:59Z")), "{swept:?}");
}

#[tokio::test]
async fn without_the_store_the_schedule_comes_again() {
    let stage = Stage::new().await;
    let id = stage.deferred("Storm warnings").await;
    // The list of due work cannot be read.
    stage.world.table.faults.plan("Query", Fault::Unreachable, 3);
    let failure = stage.run("2026-11-23T12:01:01Z").await.unwrap_err();
    assert!(matches!(failure, Failure::Transient(_)), "{failure}");
    assert_eq!(stage.last_event(id).await, "ProvisioningDeferred");
    assert!(stage.world.store.sweep_state().await.unwrap().is_some(), "the sweep ran all the same");
    // An item of it cannot be written: that is counted, and the next run does it.
    stage.world.table.faults.plan("TransactWriteItems", Fault::Unreachable, 3);
    stage.run("2026-11-23T12:01:01Z").await.unwrap();
    assert_eq!(stage.last_event(id).await, "ProvisioningDeferred");
    assert_eq!(stage.metrics(), [Metric::WorkFailed]);
    stage.run("2026-11-23T12:01:01Z").await.unwrap();
    assert_eq!(stage.last_event(id).await, "ProvisioningRequeued");
    assert_eq!(stage.metrics(), []);
}

#[tokio::test]
async fn the_first_run_makes_the_key_of_cursors_and_no_other_changes_it() {
    let stage = Stage::new().await;
    stage.world.without_cursor_key().await;
    stage.run("2026-11-23T12:01:01Z").await.unwrap();
    let made = stage.world.store.cursor_key().await.unwrap();
    assert!(made.as_ref().is_some_and(|key| key.len() == 64), "32 bytes, in hexadecimal digits");
    stage.run("2026-11-23T12:02:01Z").await.unwrap();
    assert_eq!(stage.world.store.cursor_key().await.unwrap(), made);
}

/// F6: after a jump of 60 days the function timed out for as long as it was watched.
#[tokio::test]
async fn a_year_of_clock_in_steps_is_swept_in_time() {
    let stage = Stage::new().await;
    stage.run("2026-11-23T12:10:00Z").await.unwrap();
    let recorded = stage.recorded().await;
    stage.received(&recorded).await;
    for time in ["2026-12-22T12:00:00Z", "2027-02-20T12:00:00Z", "2027-11-23T12:00:00Z"] {
        stage.run(time).await.unwrap();
    }
    // On a slow machine the last step may take more than one run.
    let end = LogPosition::at(at("2027-11-23T11:46:00Z"));
    for minute in 1..=30 {
        let swept = stage.world.store.sweep_state().await.unwrap().unwrap();
        let counted = stage.world.store.counted_to().await.unwrap().unwrap();
        if swept.position >= end && counted >= LogPosition::at(at("2027-11-23T11:45:00Z")) {
            return;
        }
        stage.run(&format!("2027-11-23T12:{minute:02}:00Z")).await.unwrap();
    }
    panic!("it did not catch up");
}

#[test]
fn a_missing_variable_is_named() {
    let vars = |without: &str| -> Vars {
        let all = ["GATEPASS_TABLE", "GATEPASS_BUS"].into_iter().filter(|name| *name != without);
        all.map(|name| (name.to_owned(), "x".to_owned())).collect()
    };
    assert!(Config::from_vars(&vars("")).is_ok());
    for name in ["GATEPASS_TABLE", "GATEPASS_BUS"] {
        assert_eq!(Config::from_vars(&vars(name)).unwrap_err(), ConfigError::Missing(name));
    }
}

/// The cost of a minute in which nobody asks.
#[tokio::test]
async fn an_idle_run_costs_few_capacity_units() {
    let stage = Stage::new().await;
    for minute in 0..3 {
        stage.run(&format!("2026-11-23T12:3{minute}:00Z")).await.unwrap();
    }
    let faults = &stage.world.table.faults;
    faults.consumed();
    faults.calls();
    stage.run("2026-11-23T12:33:00Z").await.unwrap();
    let (calls, units) = (faults.calls(), faults.consumed());
    assert!(units <= 9.5, "{units} units by {calls:?}");
}

#[tokio::test]
async fn a_deletion_by_force_that_a_call_began_is_finished() {
    let stage = Stage::new().await;
    let store = &stage.world.store;
    for number in 0..52 {
        stage.world.submitted(&person(&format!("person-{number}"), &[]), "weather-api", "gold", "App").await;
    }
    let product: ProductId = "weather-api".parse().unwrap();
    let (mut context, owen, force) = (context(), owen(), delete_offering::InUse::Force);
    let begun =
        delete_offering::delete::<Product>(store, &mut context, &owen, &product, Precondition::Any, force).await;
    assert_eq!(begun.unwrap(), delete_offering::Progress::More);
    stage.run("2026-11-23T12:01:30Z").await.unwrap();
    assert!(store.offering::<Product>(&product).await.unwrap().is_none());
}

/// A table that is restored from a backup has the log, the receipts and the sweeper's position of that moment. A month
/// later the receipts are gone, and still nothing is published again that was before the position.
#[tokio::test]
async fn a_restore_from_a_backup_publishes_nothing_a_second_time() {
    let backed_up = Stage::new().await;
    let id = backed_up.world.submitted(&ada(), "weather-api", "gold", "Storm warnings").await.id;
    backed_up.world.rejected(id, "not now").await;
    backed_up.received(&backed_up.recorded().await).await;
    backed_up.run("2026-11-23T12:20:00Z").await.unwrap();
    assert!(backed_up.bus.batches().is_empty());

    for receipts in [true, false] {
        let restored = Stage { world: World::new().await, bus: EventBridge::new().await, ..Stage::new().await };
        restore(&backed_up.world.table, &restored.world.table, receipts).await;
        restored.run("2026-12-23T12:00:00Z").await.unwrap();
        restored.run("2026-12-23T12:01:00Z").await.unwrap();
        assert_eq!(restored.published(), Vec::<String>::new(), "with receipts: {receipts}");
    }
}

/// Copies what the sweep reads: the log of the day, the receipts of noon, and the position.
async fn restore(from: &Table, to: &Table, receipts: bool) {
    let noon = at("2026-11-23T12:00:00Z");
    let log = keys::log_shards(noon).map(|shard| (Some("GSI2"), "GSI2PK", shard));
    let rest = [(None, "PK", "SET#sweeper".to_owned()), (None, "PK", "SET#counter".to_owned())];
    let published = (None, "PK", "PUB#2026-11-23T12:00".to_owned());
    for (index, attribute, partition) in log.chain(rest).chain(receipts.then_some(published)) {
        let query = from.client.query().table_name(&from.name).set_index_name(index.map(str::to_owned));
        let query = query.key_condition_expression(format!("{attribute} = :partition"));
        let found = query.expression_attribute_values(":partition", AttributeValue::S(partition)).send().await.unwrap();
        for item in found.items.unwrap() {
            to.client.put_item().table_name(&to.name).set_item(Some(item)).send().await.unwrap();
        }
    }
}
