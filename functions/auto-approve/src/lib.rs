//! `AccessRequestSubmitted` with automatic review → decision (R33).

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use gatepass_app::auto_approve::auto_approve;
use gatepass_domain::event::{BusEvent, Detail};
use gatepass_domain::id::RequestId;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars, react};
use gatepass_store::Store;
use serde_json::Value;

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        Ok(Self { table: vars.required("GATEPASS_TABLE")?.into() })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct AutoApprove {
    store: Store,
    clock: Clock,
}

impl AutoApprove {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, clock: Clock) -> Self {
        Self { store: Store::new(dynamodb, config.table), clock }
    }

    /// Approves the submitted request by policy, or refers it to the owners. Safe to repeat.
    ///
    /// # Errors
    /// [`Failure::Permanent`] for an event of another kind; [`Failure::Transient`] when the store
    /// cannot be reached.
    pub async fn handle(&self, event: EventBridgeEvent<Value>) -> Result<(), Failure> {
        let event =
            BusEvent::parse(event.detail).map_err(|error| Failure::permanent("not an event of ours", &error))?;
        let Detail::AccessRequestSubmitted(submitted) = &event.detail else {
            let text = format!("{} is not for this function", event.detail.event_type());
            return Err(Failure::Permanent(text));
        };
        react(&event, self.carry_out(&event, submitted.subject.request_id)).await
    }

    async fn carry_out(&self, event: &BusEvent, request_id: RequestId) -> Result<(), Failure> {
        let context = self.clock.context(&event.correlation_id);
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?.caused_by(event.id);
        let outcome = auto_approve(&self.store, &mut context, request_id).await.map_err(|refused| {
            if refused.is_transient() {
                Failure::transient("the policy could not be carried out", &refused)
            } else {
                Failure::permanent("the policy could not be carried out", &refused)
            }
        })?;
        tracing::info!(%request_id, correlation_id = event.correlation_id, ?outcome, "policy carried out");
        Ok(())
    }
}
