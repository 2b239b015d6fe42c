//! Schedule → background work: what stands still, events that the stream lost, the counters that statistics are made of.
//!
//! The parts are independent: each has its share of the time, and one that fails does not keep the others from running.

use std::sync::Arc;
use std::time::Duration;

use gatepass_app::reconcile::{self, Report};
use gatepass_app::relay::Answer;
use gatepass_app::sweep::Sweep;
use gatepass_app::{Deadline, cursors, statistics};
use gatepass_bus::{Bus, NotPublished};
use gatepass_domain::{Context, Event};
use gatepass_lambda::{Clock, ConfigError, Failure, Metric, Metrics, Vars};
use gatepass_store::Store;
use serde_json::Value;
use tokio::sync::OnceCell;

/// The time that the sweep may take. With the reconciler's budget and the time for counting this stays below the 55 seconds that
/// the template gives a run: each part also ends the step that it is at.
const SWEEP_FOR: Duration = Duration::from_secs(15);
/// The time that counting may take.
const COUNT_FOR: Duration = Duration::from_secs(8);

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
    /// The first [`Failure`], once every part has run; what was done stays done, and the next run goes on from there.
    pub async fn handle(&self, _schedule: Value) -> Result<(), Failure> {
        let now = self.clock.now();
        let context = self.clock.context(format!("expire-{}", now.as_millisecond()));
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?;
        let reconciled = logged(self.reconcile(&mut context).await);
        let republished = logged(self.republish_lost(&mut context).await);
        let counted = logged(self.count(&mut context).await);
        let prepared = logged(self.make_cursor_key(&mut context).await);
        let (report, republished, counted) = (reconciled?, republished?, counted?);
        prepared?;
        let (reconciled, failed) = (report.done(), report.failed());
        tracing::info!(reconciled, failed, republished, counted, "looked after what is due");
        Ok(())
    }

    async fn reconcile(&self, context: &mut Context) -> Result<Report, Failure> {
        let report = reconcile::reconcile(&self.store, context, Deadline::after(reconcile::budget())).await;
        let report = report.map_err(|error| Failure::transient("due work could not be listed", &error))?;
        self.metrics.write(context.now, &vec![Metric::WorkFailed; report.failed()]);
        let released: Vec<_> = report.released.iter().map(|released| released.event.clone()).collect();
        let answers = self.publish(&released).await;
        reconcile::settle(&self.store, context, &report.released, &answers)
            .await
            .map_err(|error| Failure::transient("events that were set aside could not be settled", &error))?;
        Ok(report)
    }

    /// Makes the key of cursors after the installation. A process that has seen it does not look again.
    async fn make_cursor_key(&self, context: &mut Context) -> Result<(), Failure> {
        let made = self.cursor_key_made.get_or_try_init(|| cursors::make_key(&self.store, context)).await;
        made.copied().map_err(|error| Failure::transient("the key of cursors could not be made", &error))
    }

    async fn publish(&self, events: &[Event]) -> Vec<Answer> {
        let answers = self.bus.publish_once(events).await.into_iter().map(|answer| match answer {
            Ok(()) => Answer::Published,
            Err(NotPublished::Refused(cause)) => Answer::Refused(cause),
            Err(NotPublished::NotTaken(cause)) => Answer::NotTaken(cause),
            Err(NotPublished::Unanswered(cause)) => Answer::Unanswered(cause),
        });
        answers.collect()
    }

    /// Publishes what was recorded and has no receipt; gives how many.
    async fn republish_lost(&self, context: &mut Context) -> Result<usize, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::transient("the sweep failed", error);
        let deadline = Deadline::after(SWEEP_FOR);
        let run = context.attempt_token();
        let mut sweep = Sweep::begin(&self.store, self.clock.now(), run).await.map_err(|error| failed(&error))?;
        let mut republished = 0;
        while let Some(page) = sweep.next(&self.store, deadline).await.map_err(|error| failed(&error))? {
            for event in &page.events {
                let correlation_id = &event.correlation_id;
                tracing::warn!(event_id = %event.id, correlation_id, "republishing an event that the stream lost");
            }
            let answers = self.publish(&page.events).await;
            let settled = sweep.settle(&self.store, page, &answers).await.map_err(|error| failed(&error))?;
            republished += settled.published;
        }
        Ok(republished)
    }

    async fn count(&self, context: &mut Context) -> Result<usize, Failure> {
        let counted = statistics::count_up(&self.store, context, Deadline::after(COUNT_FOR)).await;
        counted.map_err(|error| Failure::transient("the log could not be counted", &error))
    }
}

/// Logs a failure at once: only the first of a run is returned.
fn logged<T>(done: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(failure) = &done {
        tracing::error!(%failure, "a part of the run failed");
    }
    done
}
