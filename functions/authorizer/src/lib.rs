//! API Gateway authorizer: opens protected APIs to the keys issued here.
//!
//! A request authorizer with payload format 2.0 and simple responses ("Controlling and managing
//! access to HTTP APIs with Lambda authorizers", API Gateway developer guide). The API names its
//! product in the stage variable `gatepass_product_id`. One consistent read a call, and no verdict is
//! kept: what was suspended or revoked is closed by the next call. Only the limits of plans are kept, for
//! a minute: they come with the verdict, for the API or gateway behind to enforce, and a change of a plan
//! holds for live keys within that minute.

use std::collections::HashMap;
use std::sync::Arc;

use gatepass_domain::Plan;
use gatepass_domain::id::{PlanId, ProductId};
use gatepass_domain::key::PlainKey;
use gatepass_lambda::{Clock, ConfigError, Failure, Vars};
use gatepass_store::Store;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

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
    /// True when the call goes through.
    pub is_authorized: bool,
    /// The caller, for the API behind: ids, no key.
    pub context: HashMap<String, String>,
}

/// How long the limits of a plan are kept.
const LIMITS_KEPT: SignedDuration = SignedDuration::from_secs(60);

/// The function.
#[derive(Debug, Clone)]
pub struct Authorizer {
    store: Store,
    clock: Clock,
    limits: Arc<Mutex<HashMap<PlanId, Kept>>>,
}

/// The limits of a plan as they stood at a time.
#[derive(Debug, Clone)]
struct Kept {
    read_at: Timestamp,
    limits: HashMap<String, String>,
}

impl Authorizer {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, clock: Clock) -> Self {
        Self { store: Store::new(dynamodb, config.table), clock, limits: Arc::default() }
    }

    /// True when the key of the call opens the API's product now.
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
        let Some(limits) = self.limits_of(&record.plan_id).await? else { return Ok(closed("its plan is gone")) };
        let mut context = HashMap::from([
            ("credential_id".to_owned(), record.credential_id.to_string()),
            ("app_id".to_owned(), record.app_id.to_string()),
            ("plan_id".to_owned(), record.plan_id.to_string()),
            ("product_id".to_owned(), product.to_string()),
        ]);
        context.extend(limits);
        Ok(Response { is_authorized: true, context })
    }

    /// The limits of the plan, read at most a minute ago; `None` when there is no such plan.
    async fn limits_of(&self, plan_id: &PlanId) -> Result<Option<HashMap<String, String>>, Failure> {
        let now = self.clock.now();
        let kept = self.limits.lock().await.get(plan_id).cloned();
        let fresh = kept.filter(|kept| now.duration_since(kept.read_at) < LIMITS_KEPT);
        if let Some(kept) = fresh {
            return Ok(Some(kept.limits));
        }
        let plan = self.store.offering::<Plan>(plan_id).await;
        let plan = plan.map_err(|error| Failure::transient("the plan could not be looked up", &error))?;
        let Some((plan, _)) = plan else { return Ok(None) };
        let limits = limits(&plan);
        self.limits.lock().await.insert(plan_id.clone(), Kept { read_at: now, limits: limits.clone() });
        Ok(Some(limits))
    }
}

/// A plan's limits as the API behind is told them; one that the plan does not set is absent.
fn limits(plan: &Plan) -> HashMap<String, String> {
    let named = [("rate_limit", plan.rate_limit), ("quota", plan.quota)];
    let set = named.into_iter().filter_map(|(name, limit)| Some((name, limit?)));
    let members = set.flat_map(|(name, limit)| {
        [
            (format!("{name}_requests"), limit.requests.to_string()),
            (format!("{name}_per_seconds"), limit.per_seconds.to_string()),
        ]
    });
    members.collect()
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
