//! `AccessRequestApproved`, `ProvisioningRequeued` → credential at the gateway (R18, R26). `AppReassigned` → new keys (P21).

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use gatepass_app::Refused;
use gatepass_domain::event::{BusEvent, Detail, Reassigned};
use gatepass_domain::id::RequestId;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars, react};
use gatepass_provisioning::{provision, replace_keys_of_reassigned};
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

    /// Provisions the request, or replaces the keys of the app. What goes wrong at the gateway is written on the request and
    /// retried from there; only what cannot be written down fails here. Safe to repeat.
    ///
    /// # Errors
    /// [`Failure::Permanent`] for an event of another kind; [`Failure::Transient`] when the store
    /// cannot be reached.
    pub async fn handle(&self, event: EventBridgeEvent<Value>) -> Result<(), Failure> {
        let event =
            BusEvent::parse(event.detail).map_err(|error| Failure::permanent("not an event of ours", &error))?;
        match &event.detail {
            Detail::AccessRequestApproved(subject) | Detail::ProvisioningRequeued(subject) => {
                react(&event, self.provision(&event, subject.request_id)).await
            }
            Detail::AppReassigned(reassigned) => react(&event, self.replace_keys(&event, reassigned)).await,
            other => Err(Failure::Permanent(format!("{} is not for this function", other.event_type()))),
        }
    }

    async fn replace_keys(&self, event: &BusEvent, reassigned: &Reassigned) -> Result<(), Failure> {
        let context = self.clock.context(&event.correlation_id);
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?.caused_by(event.id);
        let replaced = replace_keys_of_reassigned(&self.store, &self.sealer, &mut context, reassigned).await;
        replaced.map_err(|error| failure("keys of a reassigned app could not be replaced", &error))
    }

    async fn provision(&self, event: &BusEvent, request_id: RequestId) -> Result<(), Failure> {
        let context = self.clock.context(&event.correlation_id);
        let mut context = context.map_err(|error| Failure::transient("no entropy", &error))?.caused_by(event.id);
        let outcome = provision(&self.store, &self.sealer, &mut context, request_id).await;
        let outcome = outcome.map_err(|error| failure("provisioning could not be written down", &error))?;
        tracing::info!(%request_id, correlation_id = event.correlation_id, ?outcome, "provisioning attempted");
        Ok(())
    }
}

fn failure(what: &str, error: &Refused) -> Failure {
    if error.is_transient() { Failure::transient(what, error) } else { Failure::permanent(what, error) }
}
