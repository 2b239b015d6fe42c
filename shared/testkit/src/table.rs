//! A table of a test's own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use dynoxide::Database;
use gatepass_iam::NOBODY;
use gatepass_store::Store;
use tokio::net::TcpListener;

use crate::faults::Faults;

/// A table of a test's own, reached through the real SDK. It ends with the test.
#[derive(Debug, Clone)]
pub struct Table {
    /// The SDK's client, whose calls [`Table::faults`] can spoil.
    pub client: Client,
    /// The table's name.
    pub name: String,
    /// Faults of the calls made with [`Table::client`].
    pub faults: Faults,
    endpoint: String,
}

impl Table {
    /// A new, empty table: embedded, or at `GATEPASS_DYNAMODB_ENDPOINT`.
    pub async fn new() -> Self {
        let endpoint = match std::env::var("GATEPASS_DYNAMODB_ENDPOINT") {
            Ok(endpoint) => endpoint,
            Err(_) => embedded().await,
        };
        Self::at(endpoint).await
    }

    /// A new, empty table of the DynamoDB at `endpoint`.
    pub async fn at(endpoint: String) -> Self {
        let table = Self::reached_at(endpoint, unique_name());
        create_table(&table.client, &table.name).await;
        table
    }

    /// The same table, through a client with faults of its own: somebody else's way to it.
    pub fn beside(&self) -> Self {
        Self::reached_at(self.endpoint.clone(), self.name.clone())
    }

    fn reached_at(endpoint: String, name: String) -> Self {
        let faults = Faults::default();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::from_keys(NOBODY, "local", None))
            .region(Region::new("eu-central-1"))
            .endpoint_url(&endpoint)
            .http_client(faults.client())
            .build();
        Self { client: Client::from_conf(config), name, faults, endpoint }
    }

    /// [`Table::client`] signing as `caller`, whose calls are written down for the grants report.
    pub fn client_of(&self, caller: &str) -> Client {
        let credentials = Credentials::from_keys(caller, "local", None);
        Client::from_conf(self.client.config().to_builder().credentials_provider(credentials).build())
    }

    /// The bytes of an item, [as DynamoDB counts them][size]: names and values, and a little for each list and map;
    /// `None` when it does not exist.
    ///
    /// [size]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    pub async fn size_of(&self, pk: &str, sk: &str) -> Option<usize> {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let get = self.client.get_item().table_name(&self.name).key("PK", key(pk)).key("SK", key(sk));
        get.send().await.expect("the table can be read").item.map(|item| sizes(&item))
    }

    /// The store on this table.
    pub fn store(&self) -> Store {
        Store::new(self.client.clone(), &self.name)
    }
}

fn sizes(members: &HashMap<String, AttributeValue>) -> usize {
    members.iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len() / 2 + 2,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(members) => 3 + members.len() + sizes(members),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        other => panic!("no item of Gatepass has {other:?}"),
    }
}

async fn embedded() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = listener.local_addr().expect("a bound listener has an address");
    let database = Database::memory().expect("SQLite opens in memory");
    // It serves as long as the runtime of the test lives.
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    format!("http://{address}")
}

/// Unique also among processes that share a DynamoDB.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("gatepass-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Creates the table `name`, as `infra/template.yaml` declares it.
pub async fn create_table(client: &Client, name: &str) {
    let attributes = ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "WORKPK", "WORKSK"];
    let definitions = attributes.map(|name| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().expect("name and type are set")
    });
    let index = |name: &str, projection| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(Some(keys(&format!("{name}PK"), &format!("{name}SK"))))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .expect("name, keys and projection are set")
    };
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    client
        .create_table()
        .table_name(name)
        .set_attribute_definitions(Some(definitions.to_vec()))
        .set_key_schema(Some(keys("PK", "SK")))
        .global_secondary_indexes(index("GSI1", ProjectionType::All))
        .global_secondary_indexes(index("GSI2", ProjectionType::All))
        .global_secondary_indexes(index("WORK", ProjectionType::KeysOnly))
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream.build().expect("the stream is enabled or not"))
        .send()
        .await
        .expect("the table can be created");
}

fn keys(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and type are set")
        })
        .to_vec()
}
