//! A stream record as Lambda hands it to functions.
//!
//! See "Event" in "Using AWS Lambda with Amazon DynamoDB", Lambda developer guide.

use std::collections::HashMap;

use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::template::REGION;

/// A record, ready to be handed over.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) sequence_number: String,
    pub(super) json: Value,
}

/// The event that `record` of the stream `stream_arn` is.
pub(super) fn event(record: &Record, stream_arn: &str) -> Event {
    let change = record.dynamodb();
    let sequence_number = change.and_then(|change| change.sequence_number()).unwrap_or_default().to_owned();
    let mut dynamodb = Map::new();
    if let Some(change) = change {
        if let Some(created) = change.approximate_creation_date_time() {
            dynamodb.insert("ApproximateCreationDateTime".into(), json!(created.as_secs_f64()));
        }
        for (name, item) in
            [("Keys", change.keys()), ("NewImage", change.new_image()), ("OldImage", change.old_image())]
        {
            if let Some(item) = item {
                dynamodb.insert(name.into(), attributes(item));
            }
        }
        dynamodb.insert("SequenceNumber".into(), json!(sequence_number));
        dynamodb.insert("SizeBytes".into(), json!(change.size_bytes()));
        dynamodb.insert("StreamViewType".into(), json!(change.stream_view_type().map(|view| view.as_str())));
    }
    let json = json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().map(|name| name.as_str()),
        "eventVersion": record.event_version().unwrap_or("1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": dynamodb,
        "eventSourceARN": stream_arn,
    });
    Event { sequence_number, json }
}

fn attributes(item: &HashMap<String, AttributeValue>) -> Value {
    item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>().into()
}

fn attribute(value: &AttributeValue) -> Value {
    let base64 = |blob: &aws_sdk_dynamodbstreams::primitives::Blob| STANDARD.encode(blob);
    match value {
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Bs(blobs) => json!({ "BS": blobs.iter().map(base64).collect::<Vec<_>>() }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(item) => json!({ "M": attributes(item) }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        // The SDK's name for a type that it does not know; DynamoDB has the ten above.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodbstreams::primitives::{Blob, DateTime};
    use aws_sdk_dynamodbstreams::types::{OperationType, StreamRecord, StreamViewType};

    use super::*;

    #[test]
    fn a_record_looks_as_lambda_sends_it() {
        let change = StreamRecord::builder()
            .approximate_creation_date_time(DateTime::from_millis(1_500))
            .keys("PK", AttributeValue::S("R#1".into()))
            .new_image("PK", AttributeValue::S("R#1".into()))
            .new_image("seq", AttributeValue::N("7".into()))
            .new_image("raw", AttributeValue::B(Blob::new([255])))
            .new_image(
                "deep",
                AttributeValue::M([("l".into(), AttributeValue::L(vec![AttributeValue::Bool(true)]))].into()),
            )
            .sequence_number("111")
            .size_bytes(9)
            .stream_view_type(StreamViewType::NewImage)
            .build();
        let record = Record::builder().event_id("e").event_name(OperationType::Insert).event_version("1.1");
        let event = event(&record.dynamodb(change).build(), "arn");
        assert_eq!(event.sequence_number, "111");
        assert_eq!(
            event.json,
            json!({
                "eventID": "e", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": REGION, "eventSourceARN": "arn",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1.5,
                    "Keys": {"PK": {"S": "R#1"}},
                    "NewImage": {
                        "PK": {"S": "R#1"}, "seq": {"N": "7"}, "raw": {"B": "/w=="},
                        "deep": {"M": {"l": {"L": [{"BOOL": true}]}}},
                    },
                    "SequenceNumber": "111", "SizeBytes": 9, "StreamViewType": "NEW_IMAGE",
                },
            })
        );
    }
}
