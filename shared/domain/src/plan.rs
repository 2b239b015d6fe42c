//! Plans: limits, lifetimes, and whether asking is enough.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gateway::check_scopes;
use crate::id::{PlanId, ProductId};
use crate::text::{FieldError, ValidationErrors};
use crate::visible::Lines;

/// The terms under which access is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Client-chosen slug.
    pub id: PlanId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Gold", min_length = 1, max_length = 100)]
    pub name: String,
    /// The purpose of the plan, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Rate limit of an app; `null` is unlimited.
    #[serde(default)]
    pub rate_limit: Option<Limit>,
    /// Quota of an app; `null` is unlimited.
    #[serde(default)]
    pub quota: Option<Limit>,
    /// Lifetime of a key in seconds; `null` means that it does not expire.
    #[serde(default)]
    #[schema(example = 2592000)]
    pub key_expires_in_seconds: Option<u64>,
    /// Approve requests automatically ("Auto approve access request").
    #[serde(default)]
    pub auto_approve: bool,
    /// Limits automatic approval to trusted users or specific products.
    #[serde(default)]
    pub auto_approve_when: AutoApproveWhen,
    /// How often a person may ask for this plan, over all apps; `null` is unlimited.
    #[serde(default)]
    pub request_allowance: Option<Limit>,
    /// How many different people must approve: 1 or 2.
    #[serde(default = "one")]
    #[schema(example = 1, minimum = 1, maximum = 2)]
    pub approvals_required: u8,
    /// Duration of access in seconds; `null` means until it is revoked.
    #[serde(default)]
    pub access_expires_in_seconds: Option<u64>,
    /// Seconds after which those who decide on a request are reminded, again and again; `null` is as the settings have it.
    #[serde(default)]
    #[schema(example = 172800)]
    pub remind_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides is escalated, once; `null` is as the settings have it.
    #[serde(default)]
    #[schema(example = 432000)]
    pub escalate_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides expires; `null` is as the settings have it.
    #[serde(default)]
    #[schema(example = 2592000)]
    pub expire_after_seconds: Option<u64>,
    /// OAuth 2.0 scopes that the plan grants.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The owner's own notes, handed to gateways; at most 50 pairs.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

fn one() -> u8 {
    1
}

/// At most `requests` in any `per_seconds` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many requests, at least 1.
    #[schema(example = 25, minimum = 1)]
    pub requests: u64,
    /// In how many seconds, at least 1.
    #[schema(example = 1, minimum = 1)]
    pub per_seconds: u64,
}

/// A window in which requests are counted. Windows of a limit follow one another since 1 January 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Counts the windows of the limit.
    pub index: u64,
    /// The end of the window, and the beginning of the next.
    pub ends_at: Timestamp,
}

impl Limit {
    /// The window at `now`.
    pub fn window(&self, now: Timestamp) -> Window {
        let length = self.per_seconds.max(1);
        let index = u64::try_from(now.as_second()).unwrap_or(0) / length;
        let end = i64::try_from((index + 1).saturating_mul(length)).ok();
        let ends_at = end.and_then(|end| Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(end)).ok());
        Window { index, ends_at: ends_at.unwrap_or(Timestamp::MAX) }
    }
}

/// Conditions on automatic approval: every list that is not empty must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AutoApproveWhen {
    /// The requester is in any of these groups, or named in `users`.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The requester has one of these ids, or is in any of `groups`.
    #[serde(default)]
    pub users: Vec<String>,
    /// Every requested product is one of these.
    #[serde(default)]
    pub products: Vec<ProductId>,
}

impl AutoApproveWhen {
    /// True when there is no condition at all.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.users.is_empty() && self.products.is_empty()
    }
}

/// Checks the times after which a request that nobody decides is brought to mind, is escalated and expires.
pub(crate) fn check_waits(errors: &mut ValidationErrors, [remind, escalate, expire]: [Option<u64>; 3]) {
    for (seconds, pointer) in
        [(remind, "/remind_after_seconds"), (escalate, "/escalate_after_seconds"), (expire, "/expire_after_seconds")]
    {
        errors.require(
            seconds.is_none_or(|seconds| (60..=366 * 86_400).contains(&seconds)),
            pointer,
            "must be between 1 minute and 1 year, or null",
        );
    }
}

impl Plan {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        /// A hundred years: longer lifetimes are typing errors, and stay within what a timestamp can hold.
        const LONGEST: u64 = 100 * 366 * 86_400;
        let mut errors = ValidationErrors::default();
        errors.name(&self.name, "/name", 100);
        errors.text(&self.description, "/description", 2000);
        for (limit, pointer) in
            [(self.rate_limit, "/rate_limit"), (self.quota, "/quota"), (self.request_allowance, "/request_allowance")]
        {
            let Some(limit) = limit else { continue };
            errors.require(limit.requests >= 1, &format!("{pointer}/requests"), "must be at least 1");
            errors.require(
                (1..=LONGEST).contains(&limit.per_seconds),
                &format!("{pointer}/per_seconds"),
                "must be between 1 second and 100 years",
            );
        }
        for (lifetime, pointer) in [
            (self.key_expires_in_seconds, "/key_expires_in_seconds"),
            (self.access_expires_in_seconds, "/access_expires_in_seconds"),
        ] {
            errors.require(
                lifetime.is_none_or(|seconds| (1..=LONGEST).contains(&seconds)),
                pointer,
                "must be between 1 second and 100 years, or null for ever",
            );
        }
        let waits = [self.remind_after_seconds, self.escalate_after_seconds, self.expire_after_seconds];
        check_waits(&mut errors, waits);
        errors.require((1..=2).contains(&self.approvals_required), "/approvals_required", "must be 1 or 2");
        errors.require(
            self.request_allowance.is_none_or(|limit| limit.requests <= 1000),
            "/request_allowance/requests",
            "must be at most 1000: each request within the interval is remembered",
        );
        errors.require(self.metadata.len() <= 50, "/metadata", "must have at most 50 pairs");
        errors.require(!self.metadata.contains_key(""), "/metadata", "must not have a pair without a name");
        for (name, value) in &self.metadata {
            errors.visible(name, "/metadata", Lines::One);
            errors.visible(value, &format!("/metadata/{}", name.replace('~', "~0").replace('/', "~1")), Lines::Many);
        }
        check_scopes(&mut errors, &self.scopes, "/scopes");
        errors.names(&self.auto_approve_when.groups, "/auto_approve_when/groups", 255);
        errors.names(&self.auto_approve_when.users, "/auto_approve_when/users", 255);
        errors.into_result()
    }
}
