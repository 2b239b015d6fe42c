//! Streams, the bus, asynchronous invocations and the schedule: how events reach functions.
//!
//! Each delivers at least once: late, twice, in another order, to a function that dies on the way. The sources are the
//! Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB" and "Asynchronous invocation", and the EventBridge
//! user guide, "How EventBridge retries delivering events".

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatepass_local::pattern::Patterns;
use gatepass_local::template::StreamSource;
use serde_json::{Value, json};

use crate::world::{Function, World};

/// The pauses before an asynchronous invocation is tried again.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// A failing batch is tried so often, where the template does not say.
const STREAM_TRIES: u32 = 100;
/// Records older than this are gone from the stream.
const RETENTION_MILLIS: i64 = 24 * 3600 * 1000;

impl World {
    /// Takes an entry of `PutEvents`: counts it, and hands it to the functions whose rules match.
    pub fn publish(self: &Arc<Self>, publisher: &str, entry: &Value) {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let detail: Value = serde_json::from_str(&text("Detail")).expect("a detail is JSON");
        let id = detail.pointer("/metadata/id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut published = self.published.lock().expect("nothing panics while it publishes");
        *published.entry(id.clone()).or_default().entry(publisher.to_owned()).or_default() += 1;
        drop(published);
        let event = json!({
            "version": "0", "id": id, "detail-type": text("DetailType"), "source": text("Source"),
            "account": "000000000000", "time": self.now().to_string(), "region": "eu-central-1", "resources": [],
            "detail": detail,
        });
        for target in self.targets_of(&event) {
            self.invoke_later(&target, event.clone());
            if self.chaos.strikes("event delivered twice", 30) {
                self.invoke_later(&target, event.clone());
            }
        }
    }

    /// Invokes a function asynchronously, as often as its settings say, and then gives the event up.
    pub fn invoke_later(self: &Arc<Self>, function: &str, event: Value) {
        let (world, function) = (Arc::clone(self), function.to_owned());
        let slow = world.chaos.strikes("event delivered late", 100);
        let delay = Duration::from_millis(world.chaos.below(if slow { 400_000 } else { 200 }));
        self.spawn(async move {
            tokio::time::sleep(delay).await;
            let target = &world.functions[&function];
            for attempt in 0..=target.wiring.retries {
                match world.invoke(target, &event.to_string()).await {
                    Ok(_) => return,
                    Err(error) => world.trace(|| format!("{function} failed: {error}")),
                }
                if attempt < target.wiring.retries {
                    tokio::time::sleep(RETRY_PAUSES[usize::from(attempt > 0)]).await;
                }
            }
            world.trace(|| format!("{function} gave up"));
            world.dead_letters.lock().expect("nothing panics while it gives up").push((function, event));
        });
    }

    /// Invokes a function once; the machine under it may die at any moment.
    pub async fn invoke(&self, function: &Function, event: &str) -> Result<String, String> {
        let _under_way = self.busy.read().await;
        self.run(function, event).await
    }

    /// Like [`World::invoke`], for a caller that sees to it that no long time passes meanwhile.
    pub async fn run(&self, function: &Function, event: &str) -> Result<String, String> {
        let name = &function.wiring.logical_id;
        let dies = self.chaos.strikes("function killed", 15);
        let lifetime = Duration::from_millis(self.chaos.below(250));
        self.trace(|| format!("{name} begins{}", if dies { ", and will be killed" } else { "" }));
        let running = tokio::time::timeout(function.wiring.timeout, (function.handler)(event.to_owned()));
        let outcome = tokio::select! {
            biased;
            () = tokio::time::sleep(lifetime), if dies => Err("killed".to_owned()),
            outcome = running => outcome.unwrap_or_else(|_| Err("timed out".to_owned())),
        };
        if outcome.is_err() {
            self.trouble(name);
        }
        self.trace(|| format!("{name} ends: {}", if outcome.is_ok() { "ok" } else { "failed" }));
        outcome
    }

    /// Reads the stream for every function that the template attaches to it, until the world ends.
    pub async fn pump(self: Arc<Self>) {
        let functions = self.wiring.functions.iter();
        let sources: Vec<_> = functions
            .flat_map(|function| function.streams.iter().map(|source| (function.logical_id.clone(), source.clone())))
            .collect();
        loop {
            self.writes.notified().await;
            self.in_flight.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5 + self.chaos.below(100))).await;
            let records = self.tables.new_records(&self.wiring.table.name);
            for (function, source) in &sources {
                self.hand_over(function, source, &records).await;
            }
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
        }
    }

    async fn hand_over(&self, function: &str, source: &StreamSource, records: &[Value]) {
        let patterns = Patterns::new(&source.filters).expect("the filters of the template run here");
        let wanted = |record: &&Value| source.filters.is_empty() || !patterns.matching(record).is_empty();
        let wanted: Vec<_> = records.iter().filter(wanted).cloned().collect();
        let bodies = wanted.iter().filter_map(|record| record.pointer("/dynamodb/NewImage/body/S")?.as_str());
        let ids = bodies.filter_map(|body| {
            let body: Value = serde_json::from_str(body).ok()?;
            Some(body["id"].as_str()?.to_owned())
        });
        self.recorded.lock().expect("nothing panics while it records").extend(ids);
        for batch in wanted.chunks(source.batch_size.max(1)) {
            if self.chaos.strikes("stream record lost", 10) {
                self.trace(|| format!("the stream loses {} records", batch.len()));
                continue;
            }
            self.process(function, source, batch.to_vec()).await;
        }
    }

    /// Hands a batch over until all of it is processed, too old, or has been tried too often.
    async fn process(&self, function: &str, source: &StreamSource, batch: Vec<Value>) {
        let target = &self.functions[function];
        let born = self.now_millis();
        let tries = source.retries.unwrap_or(STREAM_TRIES).min(STREAM_TRIES);
        let mut left = vec![(batch, 0)];
        while let Some((batch, tried)) = left.pop() {
            if batch.is_empty() {
                continue;
            }
            let answer = self.invoke(target, &json!({ "Records": batch }).to_string()).await;
            let rest = match &answer {
                Ok(answer) if source.reports_items => unprocessed(&batch, answer),
                Ok(_) => Vec::new(),
                Err(_) => batch.clone(),
            };
            if rest.is_empty() {
                if self.chaos.strikes("stream batch delivered twice", 20) {
                    left.push((batch, tries));
                }
                continue;
            }
            if tried >= tries || self.now_millis() - born > RETENTION_MILLIS {
                self.trace(|| format!("the stream gives {} records up", rest.len()));
                continue;
            }
            tokio::time::sleep(Duration::from_millis(200 << tried.min(8))).await;
            let tried = if rest.len() < batch.len() { 0 } else { tried + 1 };
            if answer.is_err() && source.bisects && rest.len() > 1 {
                let (first, second) = rest.split_at(rest.len() / 2);
                left.push((second.to_vec(), tried));
                left.push((first.to_vec(), tried));
            } else {
                left.push((rest, tried));
            }
        }
    }

    /// Runs the schedules of the template once, and waits until nothing is under way any more.
    pub async fn run_schedules(self: &Arc<Self>) {
        for function in self.wiring.functions.iter().filter(|function| !function.schedules.is_empty()) {
            self.invoke_later(&function.logical_id, json!({}));
        }
        self.settle().await;
    }

    /// Waits until nothing is under way.
    pub async fn settle(&self) {
        let mut quiet = 0;
        while quiet < 3 {
            tokio::time::sleep(Duration::from_millis(120)).await;
            quiet = if self.in_flight.load(Ordering::SeqCst) == 0 { quiet + 1 } else { 0 };
        }
    }
}

/// From the first record that the function says it did not process.
fn unprocessed(batch: &[Value], answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let Some(first) = answer.pointer("/batchItemFailures/0/itemIdentifier").and_then(Value::as_str) else {
        return Vec::new();
    };
    let sequence = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
    let place = batch.iter().position(|record| sequence(record) == first).unwrap_or(0);
    batch[place..].to_vec()
}
