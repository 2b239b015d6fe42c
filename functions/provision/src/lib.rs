//! `AccessRequestApproved`, `ProvisioningRequeued` → credential at the gateway (R18, R26).

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use gatepass_domain::event::{BusEvent, Detail};
use gatepass_domain::id::RequestId;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars, react};
use gatepass_provisioning::provision;
use gatepass_sealing::Sealer;
use gatepass_store::Store;
use serde_json::Value;

/// Configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The KMS key that API keys are sealed with (`GATEPASS_KEY_ID`).
    pub key_id: String,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        Ok(Self { table: vars.required("GATEPASS_TABLE")?.into(), key_id: vars.required("GATEPASS_KEY_ID")?.into() })
    }
}

/// The function.
#[derive(Debug, Clone)]
pub struct Provision {
    store: Store,
    sealer: Sealer,
    clock: Clock,
}

impl Provision {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, kms: aws_sdk_kms::Client, clock: Clock) -> Self {
        Self { store: Store::new(dynamodb, config.table), sealer: Sealer::new(kms, config.key_id), clock }
    }

    /// Provisions the request. What goes wrong at the gateway is written on the request and retried
    /// from there; only what cannot be written down fails here. Safe to repeat.
    ///
    /// # Errors
    /// [`Failure::Permanent`] for an event of another kind; [`Failure::Transient`] when the store
    /// cannot be reached.
    pub async fn handle(&self, event: EventBridgeEvent<Value>) -> Result<(), Failure> {
        let event =
            BusEvent::parse(event.detail).map_err(|error| Failure::permanent("not an event of ours", &error))?;
        let (Detail::AccessRequestApproved(subject) | Detail::ProvisioningRequeued(subject)) = &event.detail else {
            let text = format!("{} is not for this function", event.detail.event_type());
            return Err(Failure::Permanent(text));
        };
        react(&event, self.provision(&event, subject.request_id)).await
    }

    async fn provision(&self, event: &BusEvent, request_id: RequestId) -> Result<(), Failure> {
        let context = self.clock.context(&event.correlation_id);
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?.caused_by(event.id);
        let outcome = provision(&self.store, &self.sealer, &mut context, request_id).await.map_err(|error| {
            if error.is_transient() {
                Failure::transient("provisioning could not be written down", &error)
            } else {
                Failure::permanent("provisioning could not be written down", &error)
            }
        })?;
        tracing::info!(%request_id, correlation_id = event.correlation_id, ?outcome, "provisioning attempted");
        Ok(())
    }
}
