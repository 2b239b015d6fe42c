//! The state of a request as plain data: what the store writes, and restores a request from.

use jiff::Timestamp;

use super::lifecycle::{AccessRequest, Approved, Closed, Failed, Pending, Provisioned, Queued, Revoked};
use super::submission::Facts;
use super::vocabulary::{Approval, Decision, Ending, LastError, RequestKind};
use super::waiting::Waiting;
use crate::id::{CredentialId, RequestId};
use crate::person::PersonId;

/// The state of a request, with the data that only this state has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Undecided.
    Pending {
        /// How long it waits.
        waiting: Waiting,
    },
    /// Ended without access.
    Closed {
        /// The person who ended it, and the time.
        decision: Decision,
        /// How it ended.
        ending: Ending,
        /// The reason given for a rejection.
        reason: Option<String>,
    },
    /// Approved.
    Approved {
        /// The person who gave the last approval, and the time.
        decision: Decision,
        /// The credential, allocated at approval.
        credential_id: CredentialId,
        /// Attempts at provisioning since it was last queued by a person.
        attempts: u32,
        /// The error of the last attempt.
        last_error: Option<LastError>,
        /// State of provisioning.
        provisioning: Provisioning,
    },
}

/// Provisioning of an approved request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisioning {
    /// To be done.
    Queued {
        /// When the next attempt is due; `None` while one is on its way.
        next_attempt_at: Option<Timestamp>,
    },
    /// The credential is in the app.
    Provisioned,
    /// Given up until somebody retries.
    Failed,
    /// Access was taken back.
    Revoked {
        /// The reason given.
        reason: Option<String>,
    },
}

impl AccessRequest {
    /// The approvals given so far, oldest first.
    pub fn approvals(&self) -> &[Approval] {
        match self {
            Self::Pending(Pending { approvals, .. }) | Self::Closed(Closed { approvals, .. }) => approvals,
            Self::Queued(Queued { approved, .. })
            | Self::Provisioned(Provisioned(approved))
            | Self::Failed(Failed(approved))
            | Self::Revoked(Revoked { approved, .. }) => &approved.approvals,
        }
    }

    /// True when `person` had a part in the decision: approved it, also when that counts no longer, or took something from it.
    pub fn was_decided_by(&self, person: &PersonId) -> bool {
        let narrowing = self.facts().narrowing.as_ref();
        self.approvals().iter().any(|approval| approval.by.is_person(person))
            || narrowing.is_some_and(|narrowing| narrowing.deciders.contains(person))
    }

    /// The state as plain data; with [`AccessRequest::facts`] and [`AccessRequest::approvals`] all there is.
    pub fn progress(&self) -> Progress {
        let of = |approved: &Approved, provisioning| Progress::Approved {
            decision: approved.decision.clone(),
            credential_id: approved.credential_id,
            attempts: approved.attempts,
            last_error: approved.last_error.clone(),
            provisioning,
        };
        match self {
            Self::Pending(Pending { waiting, .. }) => Progress::Pending { waiting: waiting.clone() },
            Self::Closed(Closed { decision, ending, reason, .. }) => {
                Progress::Closed { decision: decision.clone(), ending: *ending, reason: reason.clone() }
            }
            Self::Queued(Queued { approved, next_attempt_at }) => {
                of(approved, Provisioning::Queued { next_attempt_at: *next_attempt_at })
            }
            Self::Provisioned(Provisioned(approved)) => of(approved, Provisioning::Provisioned),
            Self::Failed(Failed(approved)) => of(approved, Provisioning::Failed),
            Self::Revoked(Revoked { approved, reason }) => {
                of(approved, Provisioning::Revoked { reason: reason.clone() })
            }
        }
    }

    /// The request whose parts these are.
    ///
    /// # Errors
    /// [`Inconsistent`] when they contradict one another.
    pub fn restore(facts: Facts, approvals: Vec<Approval>, progress: Progress) -> Result<Self, Inconsistent> {
        let submission = &facts.submission;
        let concerns_a_credential = match submission.kind {
            RequestKind::New | RequestKind::Grant => false,
            RequestKind::Extend | RequestKind::ChangePlan | RequestKind::Renewal => true,
        };
        if concerns_a_credential && submission.extends_credential_id.is_none() {
            let what = "it names no credential to extend, to change or to renew";
            return Err(Inconsistent { id: facts.id, what });
        }
        Ok(match progress {
            Progress::Pending { waiting } => Self::Pending(Pending { facts, approvals, waiting }),
            Progress::Closed { decision, ending, reason } => {
                Self::Closed(Closed { facts, approvals, decision, ending, reason })
            }
            Progress::Approved { decision, credential_id, attempts, last_error, provisioning } => {
                let approved = Approved { facts, approvals, decision, credential_id, attempts, last_error };
                match provisioning {
                    Provisioning::Queued { next_attempt_at } => Self::Queued(Queued { approved, next_attempt_at }),
                    Provisioning::Provisioned => Self::Provisioned(Provisioned(approved)),
                    Provisioning::Failed => Self::Failed(Failed(approved)),
                    Provisioning::Revoked { reason } => Self::Revoked(Revoked { approved, reason }),
                }
            }
        })
    }
}

/// A stored request whose parts contradict one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access request {id} is stored in a state that cannot be: {what}")]
pub struct Inconsistent {
    /// The request.
    pub id: RequestId,
    /// The contradiction.
    pub what: &'static str,
}
