//! The table: made as the template says, when it is not there.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TimeToLiveSpecification,
};
use gatepass_lambda::causes;

use crate::template::{self, KeyPart, KeyRole, Table};

/// The table could not be made or found.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The template describes no table that DynamoDB knows.
    #[error("the template's table cannot be made: {0}")]
    Description(#[from] BuildError),
    /// DynamoDB did not do it.
    #[error("DynamoDB: {operation}: {problem}")]
    DynamoDb {
        /// The operation, as DynamoDB names it.
        operation: &'static str,
        /// The answer.
        problem: String,
    },
    /// There is a table of that name, made for something else.
    #[error("the table `{0}` is there, but without a stream: it is not one of Gatepass")]
    NoStream(String),
}

fn failed(operation: &'static str, error: &dyn std::error::Error) -> TableError {
    TableError::DynamoDb { operation, problem: causes(error) }
}

/// Makes the table unless it is there; gives the ARN of its stream.
pub(crate) async fn ensure(client: &Client, table: &Table) -> Result<String, TableError> {
    let described = match describe(client, &table.name).await? {
        Some(described) => Some(described),
        None => {
            create(client, table).await?;
            describe(client, &table.name).await?
        }
    };
    let arn = described.and_then(|described| described.latest_stream_arn);
    arn.ok_or_else(|| TableError::NoStream(table.name.clone()))
}

/// Deletes the table.
pub(crate) async fn delete(client: &Client, table: &Table) -> Result<(), TableError> {
    let deleted = client.delete_table().table_name(&table.name).send().await;
    deleted.map(drop).map_err(|error| failed("DeleteTable", &error))
}

async fn describe(client: &Client, name: &str) -> Result<Option<TableDescription>, TableError> {
    match client.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failed("DescribeTable", &error)),
    }
}

async fn create(client: &Client, table: &Table) -> Result<(), TableError> {
    let mut call = client.create_table().table_name(&table.name).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in &table.attributes {
        let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(scalar(*kind));
        call = call.attribute_definitions(definition.build()?);
    }
    for index in &table.indexes {
        let projection = Projection::builder().projection_type(projection(index.projection)).build();
        let index_call = GlobalSecondaryIndex::builder().index_name(&index.name).projection(projection);
        call = call.global_secondary_indexes(index_call.set_key_schema(Some(schema(&index.key)?)).build()?);
    }
    if let Some(view) = &table.stream_view {
        let view = StreamViewType::from(view.as_str());
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view);
        call = call.stream_specification(stream.build()?);
    }
    let created = call.set_key_schema(Some(schema(&table.key)?)).send().await;
    created.map_err(|error| failed("CreateTable", &error))?;
    if let Some(attribute) = &table.ttl_attribute {
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build()?;
        let call = client.update_time_to_live().table_name(&table.name).time_to_live_specification(ttl);
        call.send().await.map_err(|error| failed("UpdateTimeToLive", &error))?;
    }
    Ok(())
}

fn schema(parts: &[KeyPart]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let elements = parts.iter().map(|part| {
        let kind = match part.role {
            KeyRole::Hash => KeyType::Hash,
            KeyRole::Range => KeyType::Range,
        };
        KeySchemaElement::builder().attribute_name(&part.attribute).key_type(kind).build()
    });
    elements.collect()
}

fn projection(kind: template::ProjectionType) -> ProjectionType {
    match kind {
        template::ProjectionType::All => ProjectionType::All,
        template::ProjectionType::KeysOnly => ProjectionType::KeysOnly,
    }
}

fn scalar(kind: template::KeyType) -> ScalarAttributeType {
    match kind {
        template::KeyType::S => ScalarAttributeType::S,
        template::KeyType::N => ScalarAttributeType::N,
        template::KeyType::B => ScalarAttributeType::B,
    }
}
