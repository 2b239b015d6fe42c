//! The verdict on a call, in the context of the authorizer.

use std::collections::HashMap;
use std::time::Duration;

/// A limit of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitName {
    /// `rate_limit`.
    Rate,
    /// `quota`.
    Quota,
}

impl LimitName {
    const ALL: [Self; 2] = [Self::Rate, Self::Quota];

    /// Its name in the plan and in the context.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate_limit",
            Self::Quota => "quota",
        }
    }
}

/// The use of a limit in its present window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests that the limit allows in a window.
    pub requests: u64,
    /// The length of a window, in seconds.
    pub per_seconds: u64,
    /// Requests that are left in the window, after this one.
    pub remaining: u64,
    /// Seconds until the next window begins, at least 1.
    pub reset_seconds: u64,
}

/// The verdict on a call. In the authorizer's context, whose members are texts:
///
/// | member | |
/// |---|---|
/// | `rate_limit_requests`, `rate_limit_per_seconds` | the plan's rate limit, if it has one |
/// | `rate_limit_remaining`, `rate_limit_reset_seconds` | what is left of it, and for how long |
/// | `quota_requests`, `quota_per_seconds`, `quota_remaining`, `quota_reset_seconds` | the same of the quota |
/// | `over_limit` | `rate_limit` or `quota`, when the call is over that limit; absent otherwise |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rate limit.
    pub rate: Option<Standing>,
    /// The quota.
    pub quota: Option<Standing>,
    /// The limit that the call is over. Of two, the one that lasts longer.
    pub over: Option<LimitName>,
}

impl Verdict {
    /// The members of the context that state this verdict.
    pub fn to_context(&self) -> HashMap<String, String> {
        let standings = LimitName::ALL.into_iter().filter_map(|name| Some((name.as_str(), self.of(name)?)));
        let members = standings.flat_map(|(name, standing)| {
            let Standing { requests, per_seconds, remaining, reset_seconds } = standing;
            [
                (format!("{name}_requests"), requests.to_string()),
                (format!("{name}_per_seconds"), per_seconds.to_string()),
                (format!("{name}_remaining"), remaining.to_string()),
                (format!("{name}_reset_seconds"), reset_seconds.to_string()),
            ]
        });
        let over = self.over.map(|name| ("over_limit".to_owned(), name.as_str().to_owned()));
        members.chain(over).collect()
    }

    /// The verdict that an authorizer's context states. Limits that nobody counts are left out.
    pub fn from_context(context: &HashMap<String, String>) -> Self {
        let standing = |name: LimitName| {
            let member = |part: &str| context.get(&format!("{}_{part}", name.as_str()))?.parse().ok();
            Some(Standing {
                requests: member("requests")?,
                per_seconds: member("per_seconds")?,
                remaining: member("remaining")?,
                reset_seconds: member("reset_seconds")?,
            })
        };
        let over = context.get("over_limit");
        Self {
            rate: standing(LimitName::Rate),
            quota: standing(LimitName::Quota),
            over: LimitName::ALL.into_iter().find(|name| over.is_some_and(|over| over == name.as_str())),
        }
    }

    /// The time after which a call that is over a limit may be repeated.
    pub fn retry_after(&self) -> Option<Duration> {
        let standing = self.of(self.over?);
        Some(Duration::from_secs(standing.map_or(1, |standing| standing.reset_seconds)))
    }

    /// The values of `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10); empty when nothing is counted.
    pub(crate) fn headers(&self) -> (String, String) {
        let all = || LimitName::ALL.into_iter().filter_map(|name| Some((name.as_str(), self.of(name)?)));
        let policy = all().map(|(name, one)| format!("\"{name}\";q={};w={}", one.requests, one.per_seconds));
        let limit = all().map(|(name, one)| format!("\"{name}\";r={};t={}", one.remaining, one.reset_seconds));
        (policy.collect::<Vec<_>>().join(", "), limit.collect::<Vec<_>>().join(", "))
    }

    fn of(&self, name: LimitName) -> Option<Standing> {
        match name {
            LimitName::Rate => self.rate,
            LimitName::Quota => self.quota,
        }
    }
}
