//! The table that tests run on is the table that the template deploys.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeySchemaElement;
use gatepass_testkit::Table;
use serde_json::Value;

use crate::template;

fn properties() -> Value {
    let tables = template::of_type("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 1, "there is one table");
    tables[0].1["Properties"].clone()
}

/// `(attribute, type)` or `(attribute, role)` pairs.
fn pairs(list: &Value, second: &str) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = list.as_array().expect("a list").iter();
    list.map(|entry| (text(&entry["AttributeName"]), text(&entry[second]))).collect()
}

#[tokio::test]
async fn the_table_of_tests_is_as_the_template_declares_it() {
    let table = Table::new().await;
    let described = table.client.describe_table().table_name(&table.name).send().await.unwrap().table.unwrap();
    let declared = properties();
    let key = |schema: &[KeySchemaElement]| -> BTreeSet<_> {
        schema.iter().map(|part| (part.attribute_name.clone(), part.key_type.as_str().to_owned())).collect()
    };
    let attributes: BTreeSet<_> = described
        .attribute_definitions()
        .iter()
        .map(|definition| (definition.attribute_name.clone(), definition.attribute_type.as_str().to_owned()))
        .collect();
    assert_eq!(attributes, pairs(&declared["AttributeDefinitions"], "AttributeType"));
    assert_eq!(key(described.key_schema()), pairs(&declared["KeySchema"], "KeyType"));
    let indexes: Vec<_> = declared["GlobalSecondaryIndexes"].as_array().unwrap().iter().collect();
    assert_eq!(described.global_secondary_indexes().len(), indexes.len());
    for index in indexes {
        let name = index["IndexName"].as_str();
        let found = described.global_secondary_indexes().iter().find(|found| found.index_name.as_deref() == name);
        let found = found.unwrap_or_else(|| panic!("there is no index {name:?}"));
        assert_eq!(key(found.key_schema()), pairs(&index["KeySchema"], "KeyType"), "{name:?}");
        let projection = found.projection().and_then(|projection| projection.projection_type.clone());
        let projection = projection.map(|kind| kind.as_str().to_owned());
        assert_eq!(projection.as_deref(), index["Projection"]["ProjectionType"].as_str(), "{name:?}");
    }
    let stream = described.stream_specification.and_then(|stream| stream.stream_view_type);
    let stream = stream.map(|view| view.as_str().to_owned());
    assert_eq!(stream.as_deref(), declared["StreamSpecification"]["StreamViewType"].as_str());
}

#[test]
fn the_table_that_is_deployed_is_safe() {
    let declared = properties();
    assert_eq!(declared["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(declared["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(declared["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(declared["TimeToLiveSpecification"]["AttributeName"], "ttl");
    assert_eq!(declared["TimeToLiveSpecification"]["Enabled"], true);
    for resource in ["AWS::DynamoDB::Table", "AWS::KMS::Key"] {
        for (id, resource) in template::of_type(resource) {
            assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
        }
    }
}
