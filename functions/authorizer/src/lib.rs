//! API Gateway authorizer: opens protected APIs to the keys issued here.
//!
//! A request authorizer with payload format 2.0 and simple responses ("Controlling and managing
//! access to HTTP APIs with Lambda authorizers", API Gateway developer guide). The API names its
//! product in the stage variable `gatepass_product_id`. One consistent read a call and nothing
//! cached: what was suspended or revoked is closed by the next call.

use std::collections::HashMap;

use gatepass_domain::id::ProductId;
use gatepass_domain::key::PlainKey;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars};
use gatepass_store::Store;
use serde::{Deserialize, Serialize};

/// The stage variable by which an API names its product.
pub const PRODUCT_VARIABLE: &str = "gatepass_product_id";
/// The header that carries the key.
pub const KEY_HEADER: &str = "x-api-key";

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

/// The part of API Gateway's request that matters here.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    stage_variables: Option<HashMap<String, String>>,
}

/// A simple response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Whether the call goes through.
    pub is_authorized: bool,
    /// Who calls, for the API behind: ids, no key.
    pub context: HashMap<String, String>,
}

/// The function.
#[derive(Debug, Clone)]
pub struct Authorizer {
    store: Store,
    clock: Clock,
}

impl Authorizer {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, clock: Clock) -> Self {
        Self { store: Store::new(dynamodb, config.table), clock }
    }

    /// Whether the key of the call opens the API's product now.
    ///
    /// # Errors
    /// [`Failure::Permanent`] when the API names no product; [`Failure::Transient`] when the store
    /// cannot be reached. API Gateway answers either with 500: closed, and visibly not by a decision.
    pub async fn handle(&self, request: Request) -> Result<Response, Failure> {
        let product = product_of(&request)?;
        let key = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(KEY_HEADER));
        let Some(key) = key.and_then(|(_, value)| PlainKey::parse(value).ok()) else {
            return Ok(closed("no key of ours"));
        };
        let record = self.store.api_key(&key.digest()).await;
        let record = record.map_err(|error| Failure::transient("the key could not be looked up", &error))?;
        let Some(record) = record else { return Ok(closed("never issued")) };
        if let Err(why) = record.opens(&product, self.clock.now()) {
            tracing::info!(credential_id = %record.credential_id, %product, %why, "closed");
            return Ok(closed("not open"));
        }
        let context = HashMap::from([
            ("credential_id".to_owned(), record.credential_id.to_string()),
            ("app_id".to_owned(), record.app_id.to_string()),
            ("plan_id".to_owned(), record.plan_id.to_string()),
            ("product_id".to_owned(), product.to_string()),
        ]);
        Ok(Response { is_authorized: true, context })
    }
}

fn product_of(request: &Request) -> Result<ProductId, Failure> {
    let variable = request.stage_variables.as_ref().and_then(|variables| variables.get(PRODUCT_VARIABLE));
    let slug =
        variable.ok_or_else(|| Failure::Permanent(format!("the stage variable {PRODUCT_VARIABLE} is not set")))?;
    slug.parse().map_err(|error| Failure::permanent("the stage variable names no product", &error))
}

fn closed(why: &str) -> Response {
    tracing::debug!(why, "closed");
    Response { is_authorized: false, context: HashMap::new() }
}
