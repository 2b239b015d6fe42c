//! The embedded DynamoDB, called in process, with a replica that its indexes may be read from.

use std::sync::{Arc, Mutex};

use dynoxide::storage_backend::Clock;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer of DynamoDB: a status and a JSON body.
pub type Answer = (u16, String);

/// The table, and a second one that repeats what was written to the first, some time later.
pub struct Tables {
    primary: Database,
    replica: Database,
    /// What was written, with its time in milliseconds, and how much of it the replica has repeated.
    log: Mutex<Log>,
    stream: Mutex<Option<String>>,
}

#[derive(Default)]
struct Log {
    writes: Vec<(i64, String, String)>,
    repeated: usize,
}

impl Tables {
    /// No table yet, and a database that goes by `clock`.
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        let database = || Database::memory_with_clock(Arc::clone(clock)).expect("SQLite opens in memory");
        Self { primary: database(), replica: database(), log: Mutex::default(), stream: Mutex::default() }
    }

    /// Deletes what has outlived its time to live, everywhere.
    pub fn sweep(&self) {
        self.repeat_until(i64::MAX);
        for database in [&self.primary, &self.replica] {
            database.sweep_ttl().expect("the table can be swept");
        }
    }

    /// Carries out `operation` at `now`, in milliseconds.
    pub fn carry_out(&self, operation: &str, body: &str, now: i64) -> Answer {
        let answer = dispatch(&self.primary, operation, body);
        if answer.0 == 200 && writes(operation) {
            let mut log = self.log.lock().expect("nothing panics while it logs");
            log.writes.push((now, operation.to_owned(), body.to_owned()));
        }
        answer
    }

    /// Reads an index as it stood at `as_of`, in milliseconds, or later.
    pub fn read_replica(&self, operation: &str, body: &str, as_of: i64) -> Answer {
        self.repeat_until(as_of);
        dispatch(&self.replica, operation, body)
    }

    /// Tells how each part of a transaction would have been judged, and does nothing: `None` of one that cannot be asked.
    pub fn judge(&self, body: &Value) -> Option<Vec<Value>> {
        let mut probe = body.clone();
        let parts = probe["TransactItems"].as_array_mut()?;
        let table = parts.first()?.as_object()?.values().next()?["TableName"].clone();
        parts.push(serde_json::json!({ "ConditionCheck": {
            "TableName": table, "Key": { "PK": { "S": "nothing" }, "SK": { "S": "nothing" } },
            "ConditionExpression": "attribute_exists(PK)",
        } }));
        probe.as_object_mut()?.remove("ClientRequestToken");
        let (_, answer) = dispatch(&self.primary, "TransactWriteItems", &probe.to_string());
        let answer: Value = serde_json::from_str(&answer).ok()?;
        let mut reasons = answer["CancellationReasons"].as_array()?.clone();
        reasons.pop();
        Some(reasons)
    }

    /// Has the replica repeat what was written until `as_of`, in milliseconds.
    fn repeat_until(&self, as_of: i64) {
        let mut log = self.log.lock().expect("nothing panics while it logs");
        while let Some((at, write, write_body)) = log.writes.get(log.repeated) {
            if *at > as_of {
                break;
            }
            dispatch(&self.replica, write, write_body);
            log.repeated += 1;
        }
    }

    /// The stream records since this was last asked, as Lambda hands them to functions.
    pub fn new_records(&self, table: &str) -> Vec<Value> {
        let mut position = self.stream.lock().expect("nothing panics while it reads the stream");
        let iterator = position.take().unwrap_or_else(|| self.first_iterator(table));
        let request = serde_json::from_value(serde_json::json!({ "ShardIterator": iterator, "Limit": 1000 }));
        let answer = self.primary.get_records(request.expect("this is how it is asked")).expect("streams are on");
        *position = answer.next_shard_iterator;
        answer.records.iter().map(|record| serde_json::to_value(record).expect("records are JSON")).collect()
    }

    fn first_iterator(&self, table: &str) -> String {
        let describe = serde_json::json!({ "TableName": table });
        let (_, described) = dispatch(&self.primary, "DescribeTable", &describe.to_string());
        let described: Value = serde_json::from_str(&described).expect("an answer is JSON");
        let arn = described["Table"]["LatestStreamArn"].as_str().expect("the stream is on").to_owned();
        let request = serde_json::from_value(serde_json::json!({ "StreamArn": arn })).expect("this is how it is asked");
        let shards = self.primary.describe_stream(request).expect("the stream is on").stream_description.shards;
        let shard = &shards.first().expect("a stream has a shard").shard_id;
        let request = serde_json::json!({
            "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON",
        });
        let request = serde_json::from_value(request).expect("this is how it is asked");
        self.primary.get_shard_iterator(request).expect("the shard exists").shard_iterator.expect("it begins somewhere")
    }
}

fn writes(operation: &str) -> bool {
    !matches!(operation, "Query" | "GetItem" | "BatchGetItem" | "TransactGetItems" | "DescribeTable")
}

fn dispatch(database: &Database, operation: &str, body: &str) -> Answer {
    let answer = match operation {
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        other => panic!("the simulation has no {other}: nothing in Gatepass may call it, or it is to be added here"),
    };
    answer.map_or_else(|error| (error.status_code(), error.to_json()), |body| (200, body))
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    carry_out: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_str(body).expect("the SDK sends what DynamoDB takes");
    carry_out(request).map(|answer| serde_json::to_string(&answer).expect("answers are JSON"))
}
