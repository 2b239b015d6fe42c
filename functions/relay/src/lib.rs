//! Table stream → EventBridge.
//!
//! An event item's appearance on the stream is what publishes it; there is no dual write. The stream
//! delivers at least once and so does this function: consumers go by the state they find.
//!
//! Each batch that was published leaves a receipt, by which the sweeper in `expire` finds what the stream has lost.

mod metrics;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::streams::DynamoDbBatchItemFailure;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use gatepass_app::relay::{Batch, Relayed};
use gatepass_bus::Bus;
use gatepass_lambda::{Clock, ConfigError, Metrics, Vars};
use gatepass_store::Store;

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The event bus (`GATEPASS_BUS`).
    pub bus: String,
    /// The destination of metrics.
    pub metrics: Metrics,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        Ok(Self {
            table: vars.required("GATEPASS_TABLE")?.into(),
            bus: vars.required("GATEPASS_BUS")?.into(),
            metrics: Metrics::of(vars),
        })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Relay {
    store: Store,
    bus: Bus,
    metrics: Metrics,
    clock: Clock,
}

impl Relay {
    /// The function on these clients.
    pub fn new(
        config: Config,
        dynamodb: aws_sdk_dynamodb::Client,
        eventbridge: aws_sdk_eventbridge::Client,
        clock: Clock,
    ) -> Self {
        let Config { table, bus, metrics } = config;
        Self { store: Store::new(dynamodb, table), bus: Bus::new(eventbridge, bus), metrics, clock }
    }

    /// Publishes the events of a batch. Names the first record that was not published, from which the
    /// stream goes on ("Reporting batch item failures", AWS Lambda developer guide). A record that cannot be read is set
    /// aside and holds up no others.
    pub async fn handle(&self, batch: StreamEvent) -> DynamoDbEventResponse {
        let now = self.clock.now();
        let (positions, records): (Vec<_>, Vec<_>) = batch
            .records
            .into_iter()
            .map(|record| (record.change.sequence_number, Store::event_from_image(record.change.new_image)))
            .unzip();
        let batch = Batch::read(&self.store, now, records).await;
        let answers = self.bus.publish_in_order(&batch.events).await;
        let Relayed { published, stopped_at } = batch.settle(&self.store, now, &answers).await;
        for event in &published {
            let (event_type, correlation_id) = (event.detail.event_type(), &event.correlation_id);
            tracing::info!(event_id = %event.id, event_type, correlation_id, "relayed");
        }
        self.metrics.write(now, &metrics::of(published.iter()));
        let mut response = DynamoDbEventResponse::default();
        let stopped_at = stopped_at.and_then(|position| positions.into_iter().nth(position).flatten());
        response.batch_item_failures = stopped_at
            .map(|sequence_number| {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(sequence_number);
                failure
            })
            .into_iter()
            .collect();
        response
    }
}
