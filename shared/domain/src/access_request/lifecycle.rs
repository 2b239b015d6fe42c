//! The states of a request and the transitions between them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MAX_ATTEMPTS;
use super::submission::{Facts, Submission};
use super::view::{
    AccessRequestView, Inconsistent, LastError, ProvisioningStatus, ProvisioningView, RequestKind, Status,
};
use crate::context::Context;
use crate::event::{AttemptFailed, Chain, Detail, Event};
use crate::id::CredentialId;
use crate::person::{Actor, PersonId};
use crate::policy::{Review, Rule, Verdict};

/// A request in any state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessRequest {
    /// Undecided.
    Pending(Pending),
    /// Approved; provisioning is to be done.
    Queued(Queued),
    /// Approved; access stands.
    Provisioned(Provisioned),
    /// Approved; provisioning gave up.
    Failed(Failed),
    /// Approved once; access was taken back.
    Revoked(Revoked),
    /// Rejected, withdrawn or expired: nothing follows.
    Closed(Closed),
}

/// Undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub(super) facts: Facts,
    pub(super) approvals: Vec<Approval>,
}

/// An approval that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Who approved.
    pub by: Actor,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What they noted.
    pub note: Option<String>,
}

/// How a request was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What every approved request has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub(super) facts: Facts,
    pub(super) approvals: Vec<Approval>,
    pub(super) decision: Decision,
    pub(super) credential_id: CredentialId,
    pub(super) attempts: u32,
    pub(super) last_error: Option<LastError>,
}

/// Approved; provisioning is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub(super) approved: Approved,
    pub(super) next_attempt_at: Option<Timestamp>,
}

/// Approved; access stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned(pub(super) Approved);

/// Approved; provisioning gave up until somebody retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub(super) Approved);

/// Approved once; access was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    pub(super) approved: Approved,
    pub(super) reason: Option<String>,
}

/// Rejected, withdrawn or expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    pub(super) facts: Facts,
    pub(super) approvals: Vec<Approval>,
    pub(super) decision: Decision,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
}

/// What an approval led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterApproval {
    /// More approvals are needed.
    StillPending(Pending),
    /// That was the last one needed.
    Decided(Queued),
}

/// What a failed attempt led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It will be tried again.
    Deferred(Queued),
    /// It will not, until somebody retries.
    GaveUp(Failed),
}

impl Pending {
    /// The facts of the request.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether `person` approved already.
    pub fn is_approved_by(&self, person: &PersonId) -> bool {
        self.approvals.iter().any(|approval| approval.by.is_person(person))
    }

    /// Whether one more approval decides, when `required` people must approve.
    fn decides(&self, by: &Actor, required: u8) -> bool {
        by.kind != crate::person::ActorKind::Person || self.approvals.len() + 1 >= usize::from(required)
    }

    /// Approves, as one of `required` approvals (the policy's counts for all of them). The last one
    /// allocates the credential's id and queues provisioning (R26, R33).
    pub fn approve(
        mut self,
        context: &mut Context,
        by: &Actor,
        note: Option<String>,
        required: u8,
    ) -> (AfterApproval, Event) {
        let decides = self.decides(by, required);
        self.approvals.push(Approval { by: by.clone(), at: context.now, note: note.clone() });
        if !decides {
            let detail = Detail::AccessRequestApprovalRecorded(self.facts.subject(None));
            let event = self.facts.record(context, by, detail, note);
            return (AfterApproval::StillPending(self), event);
        }
        let credential_id = self.facts.submission.extends_credential_id.unwrap_or_else(|| context.id());
        let detail = Detail::AccessRequestApproved(self.facts.subject(Some(credential_id)));
        let event = self.facts.record(context, by, detail, note);
        let approved = Approved {
            facts: self.facts,
            approvals: self.approvals,
            decision: Decision { by: by.clone(), at: context.now },
            credential_id,
            attempts: 0,
            last_error: None,
        };
        (AfterApproval::Decided(Queued { approved, next_attempt_at: None }), event)
    }

    /// Rejects, with the reason that the requester will read (R27, R41).
    pub fn reject(self, context: &mut Context, by: &Actor, reason: String) -> (Closed, Event) {
        let detail = Detail::AccessRequestRejected(self.facts.subject(None));
        self.close(context, by, Status::Rejected, detail, Some(reason))
    }

    /// Takes the request back.
    pub fn withdraw(self, context: &mut Context, by: &Actor) -> (Closed, Event) {
        let detail = Detail::AccessRequestWithdrawn(self.facts.subject(None));
        self.close(context, by, Status::Withdrawn, detail, None)
    }

    /// Ends the request because nobody decided in time.
    pub fn expire(self, context: &mut Context, by: &Actor) -> (Closed, Event) {
        let detail = Detail::AccessRequestExpired(self.facts.subject(None));
        self.close(context, by, Status::Expired, detail, None)
    }

    /// Hands a request that the policy had approved to the owners, because the plan as it is now,
    /// by `verdict`, no longer approves it.
    pub fn refer(mut self, context: &mut Context, by: &Actor, mut verdict: Verdict) -> (Self, Event) {
        verdict.review = Review::Manual;
        verdict.rule = Rule::NoLongerHolds;
        self.facts.submission.policy = verdict;
        let detail = Detail::AccessRequestReferred(self.facts.subject(None));
        let event = self.facts.record(context, by, detail, None);
        (self, event)
    }

    fn close(
        mut self,
        context: &mut Context,
        by: &Actor,
        status: Status,
        detail: Detail,
        reason: Option<String>,
    ) -> (Closed, Event) {
        let event = self.facts.record(context, by, detail, reason.clone());
        let decision = Decision { by: by.clone(), at: context.now };
        (Closed { facts: self.facts, approvals: self.approvals, decision, status, reason }, event)
    }
}

impl Queued {
    /// What was approved.
    pub fn approved(&self) -> &Approved {
        &self.approved
    }

    /// When the next attempt is due; `None` while one is on its way.
    pub fn next_attempt_at(&self) -> Option<Timestamp> {
        self.next_attempt_at
    }

    /// Access stands.
    pub fn provisioned(mut self, context: &mut Context, by: &Actor) -> (Provisioned, Event) {
        self.approved.attempts += 1;
        self.approved.last_error = None;
        let event = self.approved.record(context, by, None, Detail::AccessProvisioned);
        (Provisioned(self.approved), event)
    }

    /// An attempt failed. A `transient` failure is tried again after a growing pause, until
    /// [`MAX_ATTEMPTS`] were made; any other is final.
    pub fn attempt_failed(
        mut self,
        context: &mut Context,
        by: &Actor,
        error: LastError,
        transient: bool,
    ) -> (AttemptOutcome, Event) {
        self.approved.attempts += 1;
        let attempts = self.approved.attempts;
        let failed = |subject| AttemptFailed { subject, attempts, code: error.code.clone() };
        let reason = Some(error.message.clone());
        if transient && attempts < MAX_ATTEMPTS {
            let event =
                self.approved.record(context, by, reason, |subject| Detail::ProvisioningDeferred(failed(subject)));
            self.approved.last_error = Some(error);
            self.next_attempt_at = context.now.checked_add(pause_after(attempts)).ok();
            (AttemptOutcome::Deferred(self), event)
        } else {
            let event =
                self.approved.record(context, by, reason, |subject| Detail::ProvisioningFailed(failed(subject)));
            self.approved.last_error = Some(error);
            (AttemptOutcome::GaveUp(Failed(self.approved)), event)
        }
    }

    /// The pause after a transient failure is over: another attempt is on its way.
    pub fn requeue(mut self, context: &mut Context, by: &Actor) -> (Self, Event) {
        let event = self.approved.record(context, by, None, Detail::ProvisioningRequeued);
        self.next_attempt_at = None;
        (self, event)
    }

    /// Takes access back before it stands.
    pub fn revoke(self, context: &mut Context, by: &Actor, reason: Option<String>) -> (Revoked, Event) {
        self.approved.revoke(context, by, reason)
    }
}

/// One minute after the first failure, then 2, 4 and 8.
fn pause_after(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(1 << attempts.saturating_sub(1).min(6))
}

impl Closed {
    /// How it ended.
    pub fn status(&self) -> Status {
        self.status
    }
}

impl Failed {
    /// What was approved.
    pub fn approved(&self) -> &Approved {
        &self.0
    }

    /// Queues provisioning again, by hand: the attempts are counted anew.
    pub fn retry(mut self, context: &mut Context, by: &Actor) -> (Queued, Event) {
        self.0.attempts = 0;
        let event = self.0.record(context, by, None, Detail::ProvisioningRequeued);
        (Queued { approved: self.0, next_attempt_at: None }, event)
    }

    /// Takes access back that never stood.
    pub fn revoke(self, context: &mut Context, by: &Actor, reason: Option<String>) -> (Revoked, Event) {
        self.0.revoke(context, by, reason)
    }
}

impl Provisioned {
    /// What was approved.
    pub fn approved(&self) -> &Approved {
        &self.0
    }

    /// Takes access back.
    pub fn revoke(self, context: &mut Context, by: &Actor, reason: Option<String>) -> (Revoked, Event) {
        self.0.revoke(context, by, reason)
    }
}

impl Approved {
    /// The facts of the request.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The credential that access is, or is to be, provisioned under.
    pub fn credential_id(&self) -> CredentialId {
        self.credential_id
    }

    fn record(
        &mut self,
        context: &mut Context,
        by: &Actor,
        reason: Option<String>,
        detail: impl FnOnce(crate::event::RequestSubject) -> Detail,
    ) -> Event {
        let subject = self.facts.subject(Some(self.credential_id));
        self.facts.record(context, by, detail(subject), reason)
    }

    fn revoke(mut self, context: &mut Context, by: &Actor, reason: Option<String>) -> (Revoked, Event) {
        let event = self.record(context, by, reason.clone(), Detail::AccessRevoked);
        (Revoked { approved: self, reason }, event)
    }
}

macro_rules! into_request {
    ($($state:ident),*) => {$(
        impl From<$state> for AccessRequest {
            fn from(state: $state) -> Self {
                Self::$state(state)
            }
        }
    )*};
}
into_request!(Pending, Queued, Provisioned, Failed, Revoked, Closed);

impl From<AfterApproval> for AccessRequest {
    fn from(after: AfterApproval) -> Self {
        match after {
            AfterApproval::StillPending(pending) => pending.into(),
            AfterApproval::Decided(queued) => queued.into(),
        }
    }
}

impl From<AttemptOutcome> for AccessRequest {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Deferred(queued) => queued.into(),
            AttemptOutcome::GaveUp(failed) => failed.into(),
        }
    }
}

impl AccessRequest {
    /// The facts, whatever the state.
    pub fn facts(&self) -> &Facts {
        match self {
            Self::Pending(Pending { facts, .. }) | Self::Closed(Closed { facts, .. }) => facts,
            Self::Queued(Queued { approved, .. })
            | Self::Provisioned(Provisioned(approved))
            | Self::Failed(Failed(approved))
            | Self::Revoked(Revoked { approved, .. }) => &approved.facts,
        }
    }

    /// Whether it may still lead to access, or has led to access that was not taken back.
    pub fn is_standing(&self) -> bool {
        !matches!(self, Self::Closed(_) | Self::Revoked(_))
    }

    /// The request as it is stored and shown.
    pub fn view(&self) -> AccessRequestView {
        let facts = self.facts();
        let none = |status| ProvisioningView { status, attempts: 0, next_attempt_at: None, last_error: None };
        let (status, approvals, decision, reason, approved, provisioning) = match self {
            Self::Pending(Pending { approvals, .. }) => {
                (Status::Pending, approvals, None, None, None, none(ProvisioningStatus::None))
            }
            Self::Closed(Closed { approvals, decision, status, reason, .. }) => {
                (*status, approvals, Some(decision), reason.clone(), None, none(ProvisioningStatus::None))
            }
            Self::Queued(Queued { approved, next_attempt_at }) => {
                let view = ProvisioningView { next_attempt_at: *next_attempt_at, ..none(ProvisioningStatus::Queued) };
                (Status::Approved, &approved.approvals, Some(&approved.decision), None, Some(approved), view)
            }
            Self::Provisioned(Provisioned(approved)) => {
                let view = none(ProvisioningStatus::Provisioned);
                (Status::Approved, &approved.approvals, Some(&approved.decision), None, Some(approved), view)
            }
            Self::Failed(Failed(approved)) => {
                let view = none(ProvisioningStatus::Failed);
                (Status::Approved, &approved.approvals, Some(&approved.decision), None, Some(approved), view)
            }
            Self::Revoked(Revoked { approved, reason }) => {
                let view = none(ProvisioningStatus::Revoked);
                (Status::Approved, &approved.approvals, Some(&approved.decision), reason.clone(), Some(approved), view)
            }
        };
        let submission = facts.submission.clone();
        AccessRequestView {
            id: facts.id,
            kind: submission.kind,
            requester: submission.requester,
            app: submission.app,
            product_ids: facts.product_ids(),
            items: submission.items,
            plan_id: submission.plan_id,
            plan_name: submission.plan_name,
            auth_method: submission.auth_method,
            extends_credential_id: submission.extends_credential_id,
            credential_id: approved.map(|approved| approved.credential_id),
            justification: submission.justification,
            status,
            policy: submission.policy,
            approvals: approvals.clone(),
            decided_by: decision.map(|decision| decision.by.clone()),
            decided_at: decision.map(|decision| decision.at),
            reason,
            provisioning: ProvisioningView {
                attempts: approved.map_or(0, |approved| approved.attempts),
                last_error: approved.and_then(|approved| approved.last_error.clone()),
                ..provisioning
            },
            created_at: facts.created_at,
            updated_at: facts.updated_at,
            version: facts.version,
        }
    }

    /// The request from its stored form: parsed once, so that nothing later need check it again.
    ///
    /// # Errors
    /// [`Inconsistent`] when the parts contradict one another.
    pub fn from_view(view: AccessRequestView, chain: Chain) -> Result<Self, Inconsistent> {
        let id = view.id;
        let inconsistent = |what| Inconsistent { id, what };
        if view.kind != RequestKind::New && view.kind != RequestKind::Grant && view.extends_credential_id.is_none() {
            return Err(inconsistent("it names no credential to extend, to change or to renew"));
        }
        let facts = Facts {
            id,
            submission: Submission {
                kind: view.kind,
                requester: view.requester,
                app: view.app,
                items: view.items,
                plan_id: view.plan_id,
                plan_name: view.plan_name,
                auth_method: view.auth_method,
                extends_credential_id: view.extends_credential_id,
                justification: view.justification,
                policy: view.policy,
            },
            created_at: view.created_at,
            updated_at: view.updated_at,
            version: view.version,
            chain,
        };
        let approvals = view.approvals;
        if view.status == Status::Pending {
            return Ok(Self::Pending(Pending { facts, approvals }));
        }
        let (Some(by), Some(at)) = (view.decided_by, view.decided_at) else {
            return Err(inconsistent("it is settled, and does not say by whom and when"));
        };
        let decision = Decision { by, at };
        let reason = view.reason;
        if view.status != Status::Approved {
            return Ok(Self::Closed(Closed { facts, approvals, decision, status: view.status, reason }));
        }
        let Some(credential_id) = view.credential_id else {
            return Err(inconsistent("it is approved, and names no credential"));
        };
        let ProvisioningView { status, attempts, next_attempt_at, last_error } = view.provisioning;
        let approved = Approved { facts, approvals, decision, credential_id, attempts, last_error };
        match status {
            ProvisioningStatus::None => Err(inconsistent("it is approved, and nothing is to be provisioned")),
            ProvisioningStatus::Queued => Ok(Self::Queued(Queued { approved, next_attempt_at })),
            ProvisioningStatus::Provisioned => Ok(Self::Provisioned(Provisioned(approved))),
            ProvisioningStatus::Failed => Ok(Self::Failed(Failed(approved))),
            ProvisioningStatus::Revoked => Ok(Self::Revoked(Revoked { approved, reason })),
        }
    }
}
