//! Schedule → what is due by time: provisioning retries, events that the stream lost, the counters that
//! statistics are made of.

use gatepass_app::{retry, statistics, sweep};
use gatepass_bus::Bus;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars};
use gatepass_store::Store;
use serde_json::Value;

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The event bus (`GATEPASS_BUS`).
    pub bus: String,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        Ok(Self { table: vars.required("GATEPASS_TABLE")?.into(), bus: vars.required("GATEPASS_BUS")?.into() })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Expire {
    store: Store,
    bus: Bus,
    clock: Clock,
}

impl Expire {
    /// The function on these clients.
    pub fn new(
        config: Config,
        dynamodb: aws_sdk_dynamodb::Client,
        eventbridge: aws_sdk_eventbridge::Client,
        clock: Clock,
    ) -> Self {
        Self { store: Store::new(dynamodb, config.table), bus: Bus::new(eventbridge, config.bus), clock }
    }

    /// Does what is due. What the schedule sends with its call is of no interest.
    ///
    /// # Errors
    /// [`Failure`]; what was done before it stays done, and the next run goes on from there.
    pub async fn handle(&self, _schedule: Value) -> Result<(), Failure> {
        let now = self.clock.now();
        let context = self.clock.context(format!("expire-{}", now.as_millisecond()));
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?;
        let requeued = retry::requeue_due(&self.store, &mut context)
            .await
            .map_err(|error| Failure::transient("retries could not be queued", &error))?;
        let republished = self.republish_lost().await?;
        let counted = statistics::count_up(&self.store, &mut context)
            .await
            .map_err(|error| Failure::transient("the log could not be counted", &error))?;
        tracing::info!(requeued, republished, counted, "looked after what is due");
        Ok(())
    }

    /// Publishes what was recorded and has no receipt; gives how many. The sweep moves on only when
    /// all of it was published.
    async fn republish_lost(&self) -> Result<usize, Failure> {
        let failed = |error| Failure::transient("the sweep failed", &error);
        // One time for all strides: the sweep ends where the past ended when it began.
        let now = self.clock.now();
        let mut republished = 0;
        while let Some(found) = sweep::find_lost(&self.store, now).await.map_err(failed)? {
            for answer in self.bus.publish(&found.lost).await {
                answer.map_err(|error| Failure::transient("a lost event could not be published", &error))?;
            }
            for event in &found.lost {
                let correlation_id = &event.correlation_id;
                tracing::warn!(event_id = %event.id, correlation_id, "republished an event that the stream lost");
            }
            let ids: Vec<_> = found.lost.iter().map(|event| event.id).collect();
            self.store.put_receipt(&ids, self.clock.now()).await.map_err(failed)?;
            self.store.set_swept_to(found.until).await.map_err(failed)?;
            republished += ids.len();
        }
        Ok(republished)
    }
}
