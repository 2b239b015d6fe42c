//! Counters of calls, by which the authorizer holds keys to the limits of their plan.
//!
//! A credential has an item for each product and window of the quota. A call is one conditional update of it: it is counted, or it
//! is over a limit and nothing is counted. So what is counted is exact, however many callers and instances there are.
//!
//! The windows of the rate limit share the item. Each has one of [`SLOTS`] attributes, whose number holds the window in its
//! upper part and the calls in its lower one. A call removes the attributes of all windows but its own and its neighbours, whose
//! instances' clocks may be a little ahead or behind. After a pause of `SLOTS - 1` windows or more, a call can find its attribute with an older window in it: then
//! it begins the window by a second update, or counts by a third when another call has begun it. No other call costs more than one.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use gatepass_domain::id::{CredentialId, ProductId};
use gatepass_domain::plan::{Limit, Window};
use jiff::{SignedDuration, Timestamp};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, attributes_of};
use crate::keys;

/// Attributes for the windows of a rate limit.
const SLOTS: u64 = 32;
/// The size of an attribute's lower part: more calls than a window ever sees.
const CALLS: u64 = 1 << 32;
/// The attribute with the calls in the window of the quota.
const QUOTA: &str = "quota";
/// How much longer than its window a counter is kept: clocks differ.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The limits that a call is held to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallLimits {
    /// The plan's rate limit.
    pub rate: Option<Limit>,
    /// The plan's quota.
    pub quota: Option<Limit>,
}

/// The calls that were counted in the present window of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The limit.
    pub limit: Limit,
    /// Calls in the window, with this one if it is within the limits.
    pub calls: u64,
    /// The end of the window.
    pub resets_at: Timestamp,
}

impl Count {
    /// True when no further call fits.
    fn is_used_up(&self) -> bool {
        self.calls >= self.limit.requests
    }
}

/// The result of counting a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is within the limits.
    Within(Counts),
    /// It is over one of them, and was not counted.
    Over(Counts),
}

/// The counts of a call's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Of the rate limit.
    pub rate: Option<Count>,
    /// Of the quota.
    pub quota: Option<Count>,
}

impl Counts {
    /// The count of the rate limit, when that is used up.
    pub fn used_up_rate(&self) -> Option<Count> {
        self.rate.filter(Count::is_used_up)
    }

    /// The count of the quota, when that is used up.
    pub fn used_up_quota(&self) -> Option<Count> {
        self.quota.filter(Count::is_used_up)
    }
}

/// The attribute of a window of the rate limit.
struct Slot {
    limit: Limit,
    window: Window,
}

/// The part of an update that counts a call in a window of the rate limit.
struct RateUpdate {
    set: String,
    condition: String,
    values: Vec<(String, AttributeValue)>,
    removed: Vec<String>,
}

impl Slot {
    fn name(&self) -> String {
        format!("r{}", self.window.index % SLOTS)
    }

    /// The number that the attribute holds before the first call of its window.
    fn start(&self) -> u64 {
        self.window.index * CALLS
    }

    /// The number that it holds when the limit is used up.
    fn used_up(&self) -> u64 {
        self.start() + self.limit.requests.min(CALLS - 1)
    }

    /// The attributes of windows that have passed long ago.
    fn others(&self) -> impl Iterator<Item = String> {
        let own = self.window.index % SLOTS;
        let is_near = move |slot: u64| [SLOTS - 1, 0, 1].iter().any(|by| (own + by) % SLOTS == slot);
        (0..SLOTS).filter(move |slot| !is_near(*slot)).map(|slot| format!("r{slot}"))
    }

    /// Counts a call in a window that has begun, or whose attribute is free.
    fn counting(&self) -> RateUpdate {
        let name = self.name();
        RateUpdate {
            set: format!("{name} = if_not_exists({name}, :start) + :one"),
            condition: format!("(attribute_not_exists({name}) OR ({name} >= :start AND {name} < :rate))"),
            values: vec![
                (":start".into(), number(self.start())),
                (":one".into(), number(1)),
                (":rate".into(), number(self.used_up())),
            ],
            removed: self.others().collect(),
        }
    }

    /// Counts the first call of a window whose attribute holds an older one.
    fn beginning(&self) -> RateUpdate {
        let name = self.name();
        RateUpdate {
            set: format!("{name} = :first"),
            condition: format!("{name} < :start"),
            values: vec![(":start".into(), number(self.start())), (":first".into(), number(self.start() + 1))],
            removed: self.others().collect(),
        }
    }

    /// True when the attribute holds an older window.
    fn is_older(&self, found: &Attributes) -> bool {
        read(found, &self.name()).is_some_and(|held| held < self.start())
    }

    /// The calls of this window, when the attribute holds `number`; `None` when it is of another window.
    fn calls(&self, number: u64) -> Option<u64> {
        number.checked_sub(self.start()).filter(|calls| *calls < CALLS)
    }

    fn count(&self, calls: u64) -> Count {
        Count { limit: self.limit, calls, resets_at: self.window.ends_at }
    }
}

impl Store {
    /// Counts a call of `product` with a key of the credential `id` at `now`, unless it is over one of `limits`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_call(
        &self,
        id: CredentialId,
        product: &ProductId,
        limits: CallLimits,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let slot = limits.rate.map(|limit| Slot { limit, window: limit.window(now) });
        let quota = limits.quota.map(|limit| (limit, limit.window(now)));
        let key = keys::calls(id, product, &limits, now);
        let last = slot.iter().map(|slot| slot.window.ends_at).chain(quota.map(|(_, window)| window.ends_at)).max();
        let ttl = last.unwrap_or(now).checked_add(KEPT).unwrap_or(Timestamp::MAX).as_second();
        let quota_limit = quota.map(|(limit, _)| limit);

        let counted = self.count_in(&key, slot.as_ref().map(Slot::counting), quota_limit, ttl).await?;
        let (found, is_within) = match &slot {
            Some(slot) if !counted.1 && slot.is_older(&counted.0) => {
                let begun = self.count_in(&key, Some(slot.beginning()), quota_limit, ttl).await?;
                if begun.1 || slot.is_older(&begun.0) {
                    begun
                } else {
                    self.count_in(&key, Some(slot.counting()), quota_limit, ttl).await?
                }
            }
            _ => counted,
        };
        let counts = Counts {
            rate: slot
                .map(|slot| slot.count(read(&found, &slot.name()).and_then(|held| slot.calls(held)).unwrap_or(0))),
            quota: quota.map(|(limit, window)| Count {
                limit,
                calls: read(&found, QUOTA).unwrap_or(0),
                resets_at: window.ends_at,
            }),
        };
        Ok(if is_within { Counted::Within(counts) } else { Counted::Over(counts) })
    }

    /// Counts a call in the windows of the rate limit and the quota, unless a condition of one of them fails. Returns the
    /// counters as they are then, and whether it was counted.
    async fn count_in(
        &self,
        key: &keys::Key,
        rate: Option<RateUpdate>,
        quota: Option<Limit>,
        ttl: i64,
    ) -> Result<(Attributes, bool), StoreError> {
        let mut sets = vec!["#ttl = :ttl".to_owned()];
        let mut conditions = Vec::new();
        let mut values = Attributes::from([(":ttl".into(), number(ttl))]);
        let mut removed = Vec::new();
        if let Some(rate) = rate {
            sets.push(rate.set);
            conditions.push(rate.condition);
            values.extend(rate.values);
            removed.extend(rate.removed);
        }
        if let Some(limit) = quota {
            sets.push(format!("{QUOTA} = if_not_exists({QUOTA}, :none) + :one"));
            conditions.push(format!("(attribute_not_exists({QUOTA}) OR {QUOTA} < :quota)"));
            values.extend([
                (":none".into(), number(0)),
                (":one".into(), number(1)),
                (":quota".into(), number(limit.requests)),
            ]);
        }
        let mut update = format!("SET {}", sets.join(", "));
        if !removed.is_empty() {
            update = format!("{update} REMOVE {}", removed.join(", "));
        }
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(attributes_of(key)))
            .update_expression(update)
            .set_condition_expression(Some(conditions.join(" AND ")).filter(|text| !text.is_empty()))
            .expression_attribute_names("#ttl", "ttl")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(output) => Ok((output.attributes.unwrap_or_default(), true)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok((failed.item().cloned().unwrap_or_default(), false))
                }
                _ => Err(StoreError::from_sdk("UpdateItem", &error)),
            },
        }
    }
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn read(attributes: &Attributes, name: &str) -> Option<u64> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}
