//! The programs of this workspace, made into functions the way their `main` would on Lambda.
//!
//! Each gets its configuration from the environment that the template gives its function, real SDK
//! clients, and events as JSON text.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use gatepass_lambda::{Clock, ConfigError, Vars};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::Service;

use crate::aws::RunSecret;
use crate::function::{Function, Handler};
use crate::template;

/// A function of the template that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum CannotRun {
    /// No program of this workspace has the name.
    #[error("there is no program `{0}`; the template names one in Metadata.BuildProperties.Binary")]
    NoProgram(String),
    /// The program refuses its configuration.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
}

/// The real AWS SDK clients of one caller.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The event bus.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// The key that seals secrets.
    pub kms: aws_sdk_kms::Client,
    /// Mail.
    pub ses: aws_sdk_sesv2::Client,
    /// The table's stream.
    pub streams: aws_sdk_dynamodbstreams::Client,
}

impl Clients {
    /// Clients that sign as `caller`, who is known by the access key id, as a role is on AWS, with `secret`.
    pub fn of(caller: &str, config: &SdkConfig, secret: &str) -> Self {
        let credentials = Credentials::new(caller, secret, None, None, "gatepass-local");
        let credentials = SharedCredentialsProvider::new(credentials);
        let config = &config.to_builder().credentials_provider(credentials).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            eventbridge: aws_sdk_eventbridge::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            ses: aws_sdk_sesv2::Client::new(config),
            streams: aws_sdk_dynamodbstreams::Client::new(config),
        }
    }
}

/// Every function of the template, by logical id.
pub(crate) fn all(
    wirings: &[template::Function],
    config: &SdkConfig,
    secret: &RunSecret,
    clock: &Clock,
) -> Result<BTreeMap<String, Arc<Function>>, (String, CannotRun)> {
    let mut functions = BTreeMap::new();
    for wiring in wirings {
        let id = &wiring.logical_id;
        let handler = handler(wiring, Clients::of(id, config, secret.as_str()), clock.clone())
            .map_err(|error| (id.clone(), error))?;
        let of_program = wirings.iter().filter(|other| other.binary == wiring.binary).count();
        let name = if of_program == 1 { &wiring.binary } else { id };
        functions.insert(id.clone(), Arc::new(Function::new(name.clone(), wiring, handler)));
    }
    Ok(functions)
}

/// The program that `wiring` names, as its `main` makes it.
///
/// # Errors
/// [`CannotRun`].
pub fn handler(wiring: &template::Function, clients: Clients, clock: Clock) -> Result<Handler, CannotRun> {
    let vars: Vars = wiring.environment.clone().into_iter().collect();
    let Clients { dynamodb, eventbridge, kms, ses, streams: _ } = clients;
    Ok(match wiring.binary.as_str() {
        "api" => {
            let config = gatepass_api::Config::from_vars(&vars)?;
            http(gatepass_api::service(config, &gatepass_api::Clients { dynamodb, kms }, clock))
        }
        "relay" => {
            let config = gatepass_relay::Config::from_vars(&vars)?;
            let relay = gatepass_relay::Relay::new(config, dynamodb, eventbridge, clock);
            json(relay, |relay, event| async move { Ok::<_, gatepass_lambda::Failure>(relay.handle(event).await) })
        }
        "auto-approve" => {
            let config = gatepass_auto_approve::Config::from_vars(&vars)?;
            let auto_approve = gatepass_auto_approve::AutoApprove::new(config, dynamodb, clock);
            json(auto_approve, |auto_approve, event| async move { auto_approve.handle(event).await })
        }
        "provision" => {
            let config = gatepass_provision::Config::from_vars(&vars)?;
            let provision = gatepass_provision::Provision::new(config, dynamodb, kms, clock);
            json(provision, |provision, event| async move { provision.handle(event).await })
        }
        "notify" => {
            let config = gatepass_notify::Config::from_vars(&vars)?;
            let notify = gatepass_notify::Notify::new(config, dynamodb, ses, clock);
            json(notify, |notify, event| async move { notify.handle(event).await })
        }
        "expire" => {
            let config = gatepass_expire::Config::from_vars(&vars)?;
            let expire = gatepass_expire::Expire::new(config, dynamodb, eventbridge, clock);
            json(expire, |expire, event| async move { expire.handle(event).await })
        }
        "authorizer" => {
            let config = gatepass_authorizer::Config::from_vars(&vars)?;
            let authorizer = gatepass_authorizer::Authorizer::new(config, dynamodb, clock);
            json(authorizer, |authorizer, event| async move { authorizer.handle(event).await })
        }
        "pre-token" => json((), |(), event| async move { Ok::<_, String>(gatepass_pre_token::handle(event)) }),
        other => return Err(CannotRun::NoProgram(other.to_owned())),
    })
}

/// A function that takes an event of type `E`: it gets a copy of `state` for each.
fn json<S, E, A, X, F>(state: S, handle: impl Fn(S, E) -> F + Send + Sync + 'static) -> Handler
where
    S: Clone + Send + Sync + 'static,
    E: DeserializeOwned,
    A: Serialize,
    X: Display,
    F: Future<Output = Result<A, X>> + Send + 'static,
{
    Box::new(move |event| {
        let running = serde_json::from_str(&event).map(|event| handle(state.clone(), event));
        Box::pin(async move {
            let running = running.map_err(|error| format!("the event cannot be read: {error}"))?;
            let answer = running.await.map_err(|failure| failure.to_string())?;
            serde_json::to_string(&answer).map_err(|error| format!("the answer cannot be written: {error}"))
        })
    })
}

/// A function that answers HTTP requests, through the same adapter as on Lambda.
fn http(router: axum::Router) -> Handler {
    Box::new(move |event| {
        let router = router.clone();
        Box::pin(async move {
            let payload: LambdaRequest =
                serde_json::from_str(&event).map_err(|error| format!("the event cannot be read: {error}"))?;
            // A router is always ready to be called.
            let running = Adapter::from(router).call(LambdaEvent { payload, context: Context::default() });
            let answer = running.await.unwrap_or_else(|never| match never {});
            serde_json::to_string(&answer).map_err(|error| format!("the answer cannot be written: {error}"))
        })
    })
}
