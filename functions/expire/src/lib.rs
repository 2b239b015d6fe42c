//! Schedule → background work: what stands still, events that the stream lost, the counters that statistics are made of.
//!
//! The three are independent: each has its share of the time, and one that fails does not keep the others from running.

use std::sync::Arc;
use std::time::Duration;

use gatepass_app::reconcile::{Report, reconcile};
use gatepass_app::{Deadline, cursors, statistics, sweep};
use gatepass_bus::Bus;
use gatepass_domain::Context;
use gatepass_lambda::{Clock, ConfigError, Failure, Figure, Metrics, Vars};
use gatepass_store::Store;
use serde_json::Value;
use tokio::sync::OnceCell;

/// The time that the reconciler may take. The template gives a run 55 seconds.
const RECONCILE_FOR: Duration = Duration::from_secs(25);

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The event bus (`GATEPASS_BUS`).
    pub bus: String,
    /// Where metrics go.
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
pub struct Expire {
    store: Store,
    bus: Bus,
    metrics: Metrics,
    clock: Clock,
    cursor_key_made: Arc<OnceCell<()>>,
}

impl Expire {
    /// The function on these clients.
    pub fn new(
        config: Config,
        dynamodb: aws_sdk_dynamodb::Client,
        eventbridge: aws_sdk_eventbridge::Client,
        clock: Clock,
    ) -> Self {
        let Config { table, bus, metrics } = config;
        Self {
            store: Store::new(dynamodb, table),
            bus: Bus::new(eventbridge, bus),
            metrics,
            clock,
            cursor_key_made: Arc::default(),
        }
    }

    /// Does what is due. What the schedule sends with its call is of no interest.
    ///
    /// # Errors
    /// The first [`Failure`] of the three, once all have run; what was done stays done, and the next run goes on from there.
    pub async fn handle(&self, _schedule: Value) -> Result<(), Failure> {
        let now = self.clock.now();
        let context = self.clock.context(format!("expire-{}", now.as_millisecond()));
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?;
        let reconciled = logged(self.reconcile(&mut context).await);
        let republished = logged(self.republish_lost().await);
        let counted = logged(self.count(&mut context).await);
        let prepared = logged(self.make_cursor_key(&mut context).await);
        let (report, republished, counted) = (reconciled?, republished?, counted?);
        prepared?;
        let (reconciled, failed) = (report.done(), report.failed());
        tracing::info!(reconciled, failed, republished, counted, "looked after what is due");
        Ok(())
    }

    async fn reconcile(&self, context: &mut Context) -> Result<Report, Failure> {
        let report = reconcile(&self.store, context, Deadline::after(RECONCILE_FOR)).await;
        let report = report.map_err(|error| Failure::transient("due work could not be listed", &error))?;
        let failures = vec![Figure::WorkFailed; report.failed()];
        self.metrics.write(context.now, &failures);
        Ok(report)
    }

    async fn count(&self, context: &mut Context) -> Result<usize, Failure> {
        let counted = statistics::count_up(&self.store, context).await;
        counted.map_err(|error| Failure::transient("the log could not be counted", &error))
    }

    /// Makes the key of cursors after the installation. A process that has seen it does not look again.
    async fn make_cursor_key(&self, context: &mut Context) -> Result<(), Failure> {
        let made = self.cursor_key_made.get_or_try_init(|| cursors::make_key(&self.store, context)).await;
        made.copied().map_err(|error| Failure::transient("the key of cursors could not be made", &error))
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

/// Logs a failure at once: only the first of a run is returned.
fn logged<T>(done: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(failure) = &done {
        tracing::error!(%failure, "a part of the run failed");
    }
    done
}
