//! Statistics for owners: counts of a day's events, which add up to any span of days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_request::RequestKind;
use crate::event::{Detail, Event, RequestSubject};
use crate::id::RequestId;
use crate::person::ActorKind;

/// How many of each happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Counts {
    /// Requests that were submitted.
    pub submitted: u64,
    /// Requests that people approved.
    pub approved: u64,
    /// Requests that the policy approved.
    pub approved_automatically: u64,
    /// Access that owners granted without a request.
    pub granted: u64,
    /// Requests that were rejected.
    pub rejected: u64,
    /// Requests that were withdrawn.
    pub withdrawn: u64,
    /// Requests that expired undecided.
    pub expired: u64,
    /// Times that access was provisioned.
    pub provisioned: u64,
    /// Attempts at provisioning that failed and were tried again.
    pub provisioning_deferred: u64,
    /// Requests whose provisioning failed after the last attempt.
    pub provisioning_failed: u64,
    /// Times that access was taken back.
    pub revoked: u64,
}

/// Counts, and how long people took to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// How many of each.
    #[serde(flatten)]
    pub counts: Counts,
    /// Of decisions that people made: how many in each bucket of waiting time.
    pub waits: BTreeMap<Bucket, u64>,
}

/// A range of waiting times, each a fifth longer than the one before: the two ends are close enough that
/// either stands for all between, and the ranges of many days add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bucket(u16);

/// Buckets to a doubling.
const PER_DOUBLING: f64 = 4.0;

impl Bucket {
    /// The bucket of a waiting time.
    pub fn of(millis: u64) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a bucket is wider than what is lost")]
        let index = (millis as f64 + 1.0).log2() * PER_DOUBLING;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 4 × 64, at least 0")]
        Self(index as u16)
    }

    /// The longest waiting time that it holds, in seconds.
    pub fn longest_seconds(self) -> f64 {
        ((f64::from(self.0) + 1.0) / PER_DOUBLING).exp2() / 1000.0
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.0.to_string()
    }
}

impl TryFrom<String> for Bucket {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl Tally {
    /// Counts one event.
    pub fn count(&mut self, event: &Event) {
        let counts = &mut self.counts;
        match &event.detail {
            Detail::AccessRequestSubmitted(_) => counts.submitted += 1,
            Detail::AccessRequestApproved(subject) if subject.kind == RequestKind::Grant => counts.granted += 1,
            Detail::AccessRequestApproved(subject) if event.actor_kind == ActorKind::Person => {
                counts.approved += 1;
                self.wait(subject, event.occurred_at);
            }
            Detail::AccessRequestApproved(_) => counts.approved_automatically += 1,
            Detail::AccessRequestRejected(subject) => {
                counts.rejected += 1;
                self.wait(subject, event.occurred_at);
            }
            Detail::AccessRequestWithdrawn(_) => counts.withdrawn += 1,
            Detail::AccessRequestExpired(_) => counts.expired += 1,
            Detail::AccessProvisioned(_) => counts.provisioned += 1,
            Detail::ProvisioningDeferred(_) => counts.provisioning_deferred += 1,
            Detail::ProvisioningFailed(_) => counts.provisioning_failed += 1,
            Detail::AccessRevoked(_) => counts.revoked += 1,
            _ => {}
        }
    }

    fn wait(&mut self, subject: &RequestSubject, decided_at: Timestamp) {
        let waited = decided_at.as_millisecond().saturating_sub(submitted_at_millis(subject.request_id));
        *self.waits.entry(Bucket::of(u64::try_from(waited).unwrap_or(0))).or_default() += 1;
    }

    /// Adds what another tally counted.
    pub fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        for (bucket, count) in &other.waits {
            *self.waits.entry(*bucket).or_default() += count;
        }
    }

    /// How long people took to decide.
    pub fn time_to_decision(&self) -> TimeToDecision {
        TimeToDecision {
            decisions: self.waits.values().sum(),
            p50_seconds: self.quantile(50),
            p90_seconds: self.quantile(90),
        }
    }

    /// The waiting time that `percent` of all did not exceed, at most a fifth too long; `None` without any.
    fn quantile(&self, percent: u64) -> Option<f64> {
        let total: u64 = self.waits.values().sum();
        let rank = (total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.waits.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        bucket.map(|(bucket, _)| (bucket.longest_seconds() * 1000.0).round() / 1000.0)
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.submitted += other.submitted;
        self.approved += other.approved;
        self.approved_automatically += other.approved_automatically;
        self.granted += other.granted;
        self.rejected += other.rejected;
        self.withdrawn += other.withdrawn;
        self.expired += other.expired;
        self.provisioned += other.provisioned;
        self.provisioning_deferred += other.provisioning_deferred;
        self.provisioning_failed += other.provisioning_failed;
        self.revoked += other.revoked;
    }
}

/// A request's id begins with the time at which it was submitted (RFC 9562, section 5.7).
fn submitted_at_millis(id: RequestId) -> i64 {
    id.as_bytes().iter().take(6).fold(0, |millis, byte| millis << 8 | i64::from(*byte))
}

/// How long people took to decide on requests, from submit to approval or rejection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct TimeToDecision {
    /// Decisions that people made.
    pub decisions: u64,
    /// Half of them took no longer, in seconds; at most a fifth too high. `null` without any.
    #[schema(example = 240.5)]
    pub p50_seconds: Option<f64>,
    /// Nine of ten took no longer, in seconds; at most a fifth too high. `null` without any.
    #[schema(example = 86400.0)]
    pub p90_seconds: Option<f64>,
}

/// The counts of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-24")]
    pub date: Date,
    /// How many of each.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Open work at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Open {
    /// Requests that wait for a decision.
    pub pending: u64,
    /// Submit time of the request that has waited longest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_pending_at: Option<Timestamp>,
    /// Approved requests that are being provisioned, or will be tried again.
    pub queued: u64,
    /// Approved requests whose provisioning failed: an API Owner must retry or revoke them.
    pub failed: u64,
}

/// Statistics of a span of days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Statistics {
    /// The first day, in UTC.
    #[schema(value_type = String, format = Date, example = "2026-10-26")]
    pub from: Date,
    /// The last day, in UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-24")]
    pub to: Date,
    /// Every day of the span, oldest first.
    pub days: Vec<Day>,
    /// The sum of all days.
    pub totals: Counts,
    /// How long people took to decide.
    pub time_to_decision: TimeToDecision,
    /// The work that remains to be done now, whatever the span.
    pub open: Open,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_fifth_too_high(mut waits in prop::collection::vec(0u64..10_000_000_000, 1..200), percent in 1u64..=100) {
            let mut tally = Tally::default();
            for wait in &waits {
                *tally.waits.entry(Bucket::of(*wait)).or_default() += 1;
            }
            waits.sort_unstable();
            let rank = usize::try_from((waits.len() as u64 * percent).div_ceil(100).max(1)).unwrap();
            let exact = waits[rank - 1] as f64 / 1000.0;
            let estimate = tally.quantile(percent).unwrap();
            prop_assert!(estimate >= exact - 0.001, "{estimate} is below {exact}");
            prop_assert!(estimate <= exact * 1.2 + 0.002, "{estimate} is far above {exact}");
        }

        #[test]
        fn tallies_of_parts_add_up(waits in prop::collection::vec(0u64..1_000_000, 0..50), at in 0usize..50) {
            let tally = |waits: &[u64]| {
                let mut tally = Tally::default();
                for wait in waits {
                    *tally.waits.entry(Bucket::of(*wait)).or_default() += 1;
                    tally.counts.approved += 1;
                }
                tally
            };
            let (one, other) = waits.split_at(at.min(waits.len()));
            let mut sum = tally(one);
            sum.add(&tally(other));
            prop_assert_eq!(sum, tally(&waits));
        }
    }

    #[test]
    fn the_id_of_a_request_tells_when_it_was_submitted() {
        let now: Timestamp = "2026-11-24T02:00:00.123Z".parse().unwrap();
        let id: RequestId = crate::Context::seeded(now, 1).id();
        assert_eq!(submitted_at_millis(id), now.as_millisecond());
    }

    #[test]
    fn without_decisions_there_is_no_quantile() {
        let none = TimeToDecision { decisions: 0, p50_seconds: None, p90_seconds: None };
        assert_eq!(Tally::default().time_to_decision(), none);
    }
}
