//! API Gateway authorizer: opens protected APIs to the keys issued here.
//!
//! A request authorizer for HTTP APIs, which it answers with a simple response, and for REST APIs, which it answers with a policy. The
//! API names its product in the stage variable `gatepass_product_id`. One consistent read a call, and no verdict is
//! kept: what was suspended or revoked is closed by the next call. Only the limits of plans are kept, and whether a product
//! enforces them, for a minute: a change of either holds for live keys within that minute.
//!
//! The first call on a day that an instance sees with a key that opens the product is one conditional write more: the day of its last use.
//!
//! For a product that enforces the limits, a call under a plan that has some is one write more, which counts it. A call over the
//! limit is closed (403), or let through with the verdict in its context, so that the API can answer 429 (`gatepass-ratelimit`).
//! For other products the limits come with the verdict, for the API to enforce.

mod event;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use gatepass_domain::id::{CredentialId, PlanId, ProductId};
use gatepass_domain::key::PlainKey;
use gatepass_domain::product::OverLimit;
use gatepass_domain::{Plan, Product};
use gatepass_lambda::{Clock, ConfigError, Failure, Vars};
use gatepass_ratelimit::{LimitName, Standing, Verdict};
use gatepass_store::{CallLimits, Count, Counted, Store};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

pub use event::{Request, Response};

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

/// The caller, for the API behind.
type Context = HashMap<String, String>;

/// How long the limits of a plan, and whether a product enforces them, are kept.
const LIMITS_KEPT: SignedDuration = SignedDuration::from_secs(60);

/// The function.
#[derive(Debug, Clone)]
pub struct Authorizer {
    store: Store,
    clock: Clock,
    plans: Recent<PlanId, CallLimits>,
    /// The treatment of calls over the limits; `None` where nobody counts them.
    products: Recent<ProductId, Option<OverLimit>>,
    seen: Arc<Mutex<Seen>>,
}

/// The credentials that this instance has seen on a day.
#[derive(Debug, Default)]
struct Seen {
    day: Option<Date>,
    credentials: HashSet<CredentialId>,
}

/// What was read in the last minute.
#[derive(Debug, Clone)]
struct Recent<K, V>(Arc<Mutex<HashMap<K, (Timestamp, V)>>>);

impl<K: Eq + Hash + Clone, V: Copy> Recent<K, V> {
    fn new() -> Self {
        Self(Arc::default())
    }

    /// The value of `key`, read at most a minute before `now`, or else by `read`; `None` when there is none.
    async fn get<E>(
        &self,
        now: Timestamp,
        key: &K,
        read: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let kept = self.0.lock().await.get(key).copied();
        if let Some((_, value)) = kept.filter(|(read_at, _)| now.duration_since(*read_at) < LIMITS_KEPT) {
            return Ok(Some(value));
        }
        let value = read.await?;
        if let Some(value) = value {
            self.0.lock().await.insert(key.clone(), (now, value));
        }
        Ok(value)
    }
}

impl Authorizer {
    /// The function on these clients.
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, clock: Clock) -> Self {
        let store = Store::new(dynamodb, config.table);
        Self { store, clock, plans: Recent::new(), products: Recent::new(), seen: Arc::default() }
    }

    /// True when the key of the call opens the API's product now.
    ///
    /// # Errors
    /// [`Failure::Permanent`] when the API names no product; [`Failure::Transient`] when the store
    /// cannot be reached. API Gateway answers either with 500: closed, and visibly not by a decision.
    pub async fn handle(&self, request: Request) -> Result<Response, Failure> {
        let (product, form) = request.api()?;
        let context = self.open(&request, product).await?;
        Ok(Response { is_authorized: context.is_some(), context: context.unwrap_or_default(), form })
    }

    /// The context of a call that goes through; `None` for one that does not.
    async fn open(&self, request: &Request, product: ProductId) -> Result<Option<Context>, Failure> {
        let Some(key) = request.key().and_then(|key| PlainKey::recognise(key).ok()) else {
            return Ok(closed("no key of ours"));
        };
        let record = self.store.api_key(&key.digest()).await;
        let record = record.map_err(|error| Failure::transient("the key could not be looked up", &error))?;
        let Some(record) = record else { return Ok(closed("never issued")) };
        if let Err(why) = record.opens(&product, self.clock.now()) {
            tracing::info!(credential_id = %record.credential_id, %product, %why, "closed");
            return Ok(closed("not open"));
        }
        self.note_use(record.credential_id).await;
        let Some(limits) = self.limits_of(&record.plan_id).await? else { return Ok(closed("its plan is gone")) };
        let verdict = match self.enforcement_of(&product, limits).await? {
            None => stated(limits),
            Some(over_limit) => {
                let counted = self.store.count_call(record.credential_id, &product, limits, self.clock.now()).await;
                let counted = counted.map_err(|error| Failure::transient("the call could not be counted", &error))?;
                let verdict = verdict(counted, self.clock.now());
                if let Some(over) = verdict.over {
                    tracing::info!(credential_id = %record.credential_id, %product, over = over.as_str(), "over the limit");
                    if over_limit == OverLimit::Deny {
                        return Ok(closed("over the limit"));
                    }
                }
                verdict.to_context()
            }
        };
        let mut context = HashMap::from([
            ("credential_id".to_owned(), record.credential_id.to_string()),
            ("app_id".to_owned(), record.app_id.to_string()),
            ("plan_id".to_owned(), record.plan_id.to_string()),
            ("product_id".to_owned(), product.to_string()),
        ]);
        context.extend(verdict);
        Ok(Some(context))
    }

    /// Notes that the credential was used today, when this instance sees it for the first time on that day. A failure keeps
    /// nobody out: the next instance, or the next day, notes it.
    async fn note_use(&self, id: CredentialId) {
        let today = TimeZone::UTC.to_datetime(self.clock.now()).date();
        {
            let mut seen = self.seen.lock().await;
            if seen.day != Some(today) {
                *seen = Seen { day: Some(today), credentials: HashSet::new() };
            }
            if !seen.credentials.insert(id) {
                return;
            }
        }
        if let Err(error) = self.store.note_use(id, today).await {
            tracing::warn!(%error, credential_id = %id, "the use of a credential was not noted");
        }
    }

    /// The limits of the plan; `None` when there is no such plan.
    async fn limits_of(&self, id: &PlanId) -> Result<Option<CallLimits>, Failure> {
        let read = async {
            let plan = self.store.offering::<Plan>(id).await;
            let plan = plan.map_err(|error| Failure::transient("the plan could not be looked up", &error))?;
            Ok(plan.map(|(plan, _)| CallLimits { rate: plan.rate_limit, quota: plan.quota }))
        };
        self.plans.get(self.clock.now(), id, read).await
    }

    /// The treatment of calls over `limits` by the product; `None` when nobody counts. It is not looked up for a plan without limits.
    async fn enforcement_of(&self, id: &ProductId, limits: CallLimits) -> Result<Option<OverLimit>, Failure> {
        if limits == CallLimits::default() {
            return Ok(None);
        }
        let read = async {
            let product = self.store.offering::<Product>(id).await;
            let product = product.map_err(|error| Failure::transient("the product could not be looked up", &error))?;
            Ok(product.map(|(product, _)| product.gateway.enforced()))
        };
        Ok(self.products.get(self.clock.now(), id, read).await?.flatten())
    }
}

/// A plan's limits as the API behind is told them when nobody counts; one that the plan does not set is absent.
fn stated(limits: CallLimits) -> HashMap<String, String> {
    let named = [(LimitName::Rate, limits.rate), (LimitName::Quota, limits.quota)];
    let set = named.into_iter().filter_map(|(name, limit)| Some((name.as_str(), limit?)));
    let members = set.flat_map(|(name, limit)| {
        [
            (format!("{name}_requests"), limit.requests.to_string()),
            (format!("{name}_per_seconds"), limit.per_seconds.to_string()),
        ]
    });
    members.collect()
}

/// The verdict on a call that was counted at `now`.
fn verdict(counted: Counted, now: Timestamp) -> Verdict {
    let standing = |count: Count| Standing {
        requests: count.limit.requests,
        per_seconds: count.limit.per_seconds,
        remaining: count.limit.requests.saturating_sub(count.calls),
        reset_seconds: seconds_until(count.resets_at, now),
    };
    let (counts, over) = match counted {
        Counted::Within(counts) => (counts, None),
        Counted::Over(counts) => {
            let used_up = [(LimitName::Rate, counts.used_up_rate()), (LimitName::Quota, counts.used_up_quota())];
            let used_up = used_up.into_iter().filter_map(|(name, count)| Some((count?.resets_at, name)));
            (counts, Some(used_up.max_by_key(|(resets_at, _)| *resets_at).map_or(LimitName::Rate, |(_, name)| name)))
        }
    };
    Verdict { rate: counts.rate.map(standing), quota: counts.quota.map(standing), over }
}

/// Seconds from `now` until `end`, rounded up, and at least one.
fn seconds_until(end: Timestamp, now: Timestamp) -> u64 {
    let millis = u64::try_from(end.duration_since(now).as_millis()).unwrap_or(0);
    millis.div_ceil(1000).max(1)
}

fn closed(why: &str) -> Option<Context> {
    tracing::debug!(why, "closed");
    None
}
