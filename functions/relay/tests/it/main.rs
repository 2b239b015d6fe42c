//! The relay, handed batches of the table's stream.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Event;
use gatepass_lambda::{ConfigError, Metric, Metrics, Vars};
use gatepass_relay::{Config, Relay};
use gatepass_store::keys::WorkKind;
use gatepass_store::{SetAsideReason, Store};
use gatepass_testkit::aws::EventBridge;
use gatepass_testkit::{Fault, World, ada, at, clock_at};
use serde_json::{Map, Value, json};

const NOON: &str = "2026-11-23T12:00:00Z";

/// A table with a bus and the relay between them.
struct Stream {
    world: World,
    bus: EventBridge,
    relay: Relay,
    metrics: Arc<Mutex<Vec<Metric>>>,
}

impl Stream {
    async fn new() -> Self {
        let (world, bus) = (World::new().await, EventBridge::new().await);
        let kept = Arc::default();
        let metrics = Metrics::Kept(Arc::clone(&kept));
        let config = Config { table: world.table.name.clone(), bus: "gatepass-bus".into(), metrics };
        let relay = Relay::new(config, world.table.client_of("Relay"), bus.client.clone(), clock_at(NOON));
        Self { world, bus, relay, metrics: kept }
    }

    /// So many requests, and the records of their events on the stream: two each, since the app is new.
    async fn records(&self, requests: usize) -> (Vec<Event>, Vec<Value>) {
        let mut partitions = Vec::new();
        for number in 0..requests {
            let request = self.world.submitted(&ada(), "weather-api", "gold", &format!("App {number}")).await;
            partitions.extend([format!("E#A#{}", request.app.id), format!("E#R#{}", request.id)]);
        }
        let (mut events, mut records) = (Vec::new(), Vec::new());
        for partition in partitions {
            let query = self.world.table.client.query().table_name(&self.world.table.name);
            let query = query.key_condition_expression("PK = :pk");
            let found = query.expression_attribute_values(":pk", AttributeValue::S(partition)).send().await.unwrap();
            for item in found.items() {
                let image: Map<_, _> = item.iter().map(|(name, value)| (name.clone(), on_stream(value))).collect();
                records.push(record(records.len(), &Value::Object(image)));
                events.push(event_in(records.last().unwrap()));
            }
        }
        (events, records)
    }

    async fn deliver(&self, records: &[Value]) -> Value {
        let batch = serde_json::from_str(&json!({ "Records": records }).to_string()).expect("streams send this");
        serde_json::to_value(self.relay.handle(batch).await).unwrap()
    }

    /// Those of the events that have a receipt.
    async fn receipts(&self, events: &[Event]) -> Vec<String> {
        let published = self.world.store.published(events).await.unwrap();
        sorted(published.iter().map(ToString::to_string).collect())
    }

    /// The metrics so far; they are then forgotten.
    fn metrics(&self) -> Vec<Metric> {
        std::mem::take(&mut *self.metrics.lock().unwrap())
    }

    fn published(&self) -> Vec<String> {
        let entries = self.bus.entries();
        entries.iter().map(|entry| entry["Detail"]["metadata"]["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A record as it is handed over ("Using AWS Lambda with Amazon DynamoDB").
fn record(number: usize, image: &Value) -> Value {
    json!({
        "eventID": format!("{number:032}"), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_435_200,
            "Keys": { "PK": image["PK"], "SK": image["SK"] },
            "NewImage": image,
            "SequenceNumber": sequence(number),
            "SizeBytes": 700,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/gatepass/stream/2026-11-23T00:00:00.000",
    })
}

fn sequence(number: usize) -> String {
    format!("{}", 100_000_000_000_000_000_000_u128 + number as u128)
}

fn on_stream(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::L(items) => json!({ "L": items.iter().map(on_stream).collect::<Vec<_>>() }),
        AttributeValue::M(members) => {
            let members: Map<_, _> = members.iter().map(|(name, value)| (name.clone(), on_stream(value))).collect();
            json!({ "M": members })
        }
        other => panic!("events hold no {other:?}"),
    }
}

fn event_in(record: &Value) -> Event {
    let record: EventRecord = serde_json::from_value(record.clone()).unwrap();
    Store::event_from_image(record.change.new_image).unwrap()
}

fn ids(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.id.to_string()).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

fn nothing_failed() -> Value {
    json!({ "batchItemFailures": [] })
}

fn stopped_at(number: usize) -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": sequence(number) }] })
}

#[tokio::test]
async fn what_is_on_record_gets_published() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(1).await;
    assert_eq!(stream.deliver(&records).await, nothing_failed());
    let entries = stream.bus.entries();
    assert_eq!(entries.len(), 2);
    for (entry, event) in entries.iter().zip(&events) {
        assert_eq!(entry["EventBusName"], "gatepass-bus");
        assert_eq!(entry["Source"], "gatepass");
        assert_eq!(entry["DetailType"], event.detail.event_type());
        assert_eq!(entry["Detail"], event.bus_detail());
        assert_eq!(entry["Time"].as_f64(), Some(1_795_435_200.0));
        // Names, addresses and free text stay in the table.
        assert!(!entry.to_string().contains("Ada"), "{entry}");
        assert!(!entry.to_string().contains('@'), "{entry}");
    }
    assert_eq!(stream.receipts(&events).await, sorted(ids(&events)));
}

#[tokio::test]
async fn the_stream_goes_on_from_the_first_entry_that_failed() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(6).await;
    assert_eq!(records.len(), 12);
    stream.bus.refuse_entries([events[3].id]);
    assert_eq!(stream.deliver(&records).await, stopped_at(3));
    // What is behind the batch comes again with the refused one: published now, it would be published twice.
    assert_eq!(stream.bus.batches(), [10]);
    let mut others = ids(&events[..10]);
    others.remove(3);
    assert_eq!(stream.published(), others);
    assert_eq!(stream.receipts(&events).await, sorted(others));

    // Lambda delivers from there on again.
    stream.bus.refuse_entries([""; 0]);
    assert_eq!(stream.deliver(&records[3..]).await, nothing_failed());
    assert_eq!(stream.published(), ids(&events[3..]));
    assert_eq!(stream.receipts(&events).await, sorted(ids(&events)));
}

#[tokio::test]
async fn a_bus_out_of_order_holds_the_whole_batch() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(1).await;
    stream.bus.out_of_order(true);
    assert_eq!(stream.deliver(&records).await, stopped_at(0));
    assert_eq!(stream.receipts(&events).await, [""; 0]);
}

/// H3: such a record stopped the stream for a hundred tries.
#[tokio::test]
async fn a_record_that_cannot_be_read_is_set_aside_and_holds_up_no_others() {
    let stream = Stream::new().await;
    let (events, mut records) = stream.records(2).await;
    let key = gatepass_store::keys::event(&events[1]);
    records[1]["dynamodb"]["NewImage"] = json!({ "PK": { "S": key.pk }, "SK": { "S": key.sk }, "type": { "S": "?" } });
    let mut others = ids(&events);
    others.remove(1);
    // Without a place to set it aside, the stream goes on from there.
    stream.world.table.faults.plan("PutItem", Fault::Unreachable, 3);
    assert_eq!(stream.deliver(&records).await, stopped_at(1));
    assert_eq!(stream.published(), others[..1]);

    assert_eq!(stream.deliver(&records).await, nothing_failed());
    assert_eq!(stream.published(), others);
    assert_eq!(stream.receipts(&events).await, sorted(others));
    let due = stream.world.store.due_work(WorkKind::SetAside, None, at("2026-11-23T12:01:00Z"), 10).await.unwrap();
    let entry = stream.world.store.event_set_aside(&due[0].key).await.unwrap().unwrap();
    assert_eq!((due.len(), entry.event(), entry.reason), (1, key, SetAsideReason::Unreadable));
}

/// An event of a newer version is published as it stands.
#[tokio::test]
async fn an_event_of_an_unknown_type_is_published_as_it_is() {
    let stream = Stream::new().await;
    let (events, mut records) = stream.records(1).await;
    let mut body: Value = serde_json::from_str(&events[1].sealed.body).unwrap();
    body["version"] = json!(2);
    body["type"] = json!("RequestPraised");
    body["data"] = json!({ "stars": 5 });
    body["mood"] = json!("splendid");
    records[1]["dynamodb"]["NewImage"]["body"] = json!({ "S": body.to_string() });
    assert_eq!(stream.deliver(&records).await, nothing_failed());
    let entry = stream.bus.entries().pop().unwrap();
    assert_eq!(entry["DetailType"], "RequestPraised");
    assert_eq!(entry["Detail"]["data"], json!({ "stars": 5 }));
    assert_eq!(entry["Detail"]["metadata"]["version"], 2);
}

#[tokio::test]
async fn a_batch_may_be_delivered_again() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(1).await;
    for _ in 0..2 {
        assert_eq!(stream.deliver(&records).await, nothing_failed());
        assert_eq!(stream.published(), ids(&events), "with the same ids, by which consumers know them");
    }
    assert_eq!(stream.receipts(&events).await, sorted(ids(&events)));
    assert_eq!(stream.deliver(&[]).await, nothing_failed());
    assert_eq!(stream.bus.batches().len(), 2);
}

/// M: the whole batch was delivered, and published, again. The sweeper publishes it once more at most.
#[tokio::test]
async fn a_receipt_that_cannot_be_written_brings_no_batch_back() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(1).await;
    stream.world.table.faults.plan("PutItem", Fault::Unreachable, 3);
    assert_eq!(stream.deliver(&records).await, nothing_failed());
    assert_eq!(stream.published(), ids(&events));
    assert_eq!(stream.receipts(&events).await, [""; 0]);
}

/// Of the two events of each request one is about the app, which nobody counts.
#[tokio::test]
async fn what_was_published_is_counted_and_what_was_not_is_not() {
    let stream = Stream::new().await;
    let (events, records) = stream.records(2).await;
    let submitted = events.iter().filter(|event| event.detail.event_type() == "AccessRequestSubmitted");
    stream.bus.refuse_entries(submitted.map(|event| event.id).skip(1));
    stream.deliver(&records).await;
    assert_eq!(stream.metrics(), [Metric::Submitted]);
    stream.bus.refuse_entries([""; 0]);
    stream.deliver(&records).await;
    assert_eq!(stream.metrics(), [Metric::Submitted; 2], "delivered again is counted again");
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
