//! The states of a request and the transitions between them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::submission::{Facts, Submission};
use super::vocabulary::{Approval, Decision, Ending, LastError, MAX_ATTEMPTS};
use super::waiting::Waiting;
use crate::context::Context;
use crate::event::{AttemptFailed, Detail, Event, Submitted};
use crate::id::{CredentialId, ProductId};
use crate::person::{Actor, ActorKind, ApiOwner, PersonId};
use crate::plan::Plan;
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
    pub(super) waiting: Waiting,
}

/// The part that every approved request has.
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
    pub(super) ending: Ending,
    pub(super) reason: Option<String>,
}

/// The result of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterApproval {
    /// More approvals are needed.
    StillPending(Pending),
    /// That was the last one needed.
    Decided(Queued),
}

/// The result of a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It will be tried again.
    Deferred(Queued),
    /// It will not, until somebody retries.
    GaveUp(Failed),
}

/// Files a request: the beginning of its life.
pub fn submit(context: &mut Context, submission: Submission) -> (Pending, Event) {
    let mut facts = Facts::new(context, submission);
    let actor = Actor::from(&facts.submission.requester);
    let review = facts.submission.policy.review;
    let detail = Detail::AccessRequestSubmitted(Submitted { subject: facts.subject(None), review });
    let event = facts.record(context, &actor, detail, None);
    (Pending { facts, approvals: Vec::new(), waiting: Waiting::default() }, event)
}

/// Grants access that nobody asked for: a request that begins its life approved by `owner`, so that it
/// stands where all access stands. When others must approve too, it begins pending, and its first event tells of the
/// submit by `owner`, which is their approval.
pub fn grant(
    context: &mut Context,
    submission: Submission,
    owner: &ApiOwner,
    note: Option<String>,
) -> (AccessRequest, Event) {
    let by = Actor::from(owner.person());
    let required = submission.approvals_required;
    let mut pending =
        Pending { facts: Facts::new(context, submission), approvals: Vec::new(), waiting: Waiting::default() };
    if required <= 1 {
        let (decided, event) = pending.approve(context, &by, note, required);
        return (decided.into(), event);
    }
    let product_ids = pending.facts.product_ids();
    pending.approvals.push(Approval { by: by.clone(), at: context.now, note: note.clone(), product_ids });
    let detail = Detail::AccessRequestSubmitted(Submitted {
        subject: pending.facts.subject(None),
        review: pending.facts.submission.policy.review,
    });
    let event = pending.facts.record(context, &by, detail, note);
    (pending.into(), event)
}

impl Pending {
    /// The facts of the request.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The times of the request while it waits.
    pub fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Reminds those who decide.
    pub fn remind(mut self, context: &mut Context, by: &Actor) -> (Self, Event) {
        self.waiting.reminded_at = Some(context.now);
        if by.kind == ActorKind::Person {
            self.waiting.asked_at = Some(context.now);
        }
        let detail = Detail::AccessRequestReminded(self.facts.subject(None));
        let event = self.facts.record(context, by, detail, None);
        (self, event)
    }

    /// Tells others that nobody decides.
    pub fn escalate(mut self, context: &mut Context, by: &Actor) -> (Self, Event) {
        self.waiting.escalated_at = Some(context.now);
        let detail = Detail::AccessRequestEscalated(self.facts.subject(None));
        let event = self.facts.record(context, by, detail, None);
        (self, event)
    }

    /// True when `person` approved `product` already.
    pub fn is_approved_by(&self, person: &PersonId, product: &ProductId) -> bool {
        self.approvals.iter().any(|approval| approval.by.is_person(person) && approval.product_ids.contains(product))
    }

    /// The number of people who must approve each product: the larger of the number at submit and the number by the plan as
    /// it is now, so that no change of the plan lowers it.
    pub fn approvals_required(&self, plan_now: Option<&Plan>) -> u8 {
        plan_now.map_or(0, |plan| plan.approvals_required).max(self.facts.submission.approvals_required)
    }

    /// The products that lack approvals when `required` different people must approve each.
    pub fn unapproved(&self, required: u8) -> Vec<ProductId> {
        let lacks = |product: &ProductId| {
            let approvals = self.approvals.iter().filter(|approval| approval.product_ids.contains(product));
            let people: BTreeSet<_> = approvals.map(|approval| &approval.by.id).collect();
            people.len() < usize::from(required)
        };
        self.facts.product_ids().into_iter().filter(lacks).collect()
    }

    /// The products that people still have to decide on: those that lack approvals. When none does, because the plan has come to
    /// need fewer than before, all of them: somebody has to complete the request.
    pub fn undecided(&self, required: u8) -> Vec<ProductId> {
        let lacking = self.unapproved(required);
        if lacking.is_empty() { self.facts.product_ids() } else { lacking }
    }

    /// Those of `products` that `person` may approve: each only once, unless the request is merely to be completed.
    pub fn approvable_by(&self, person: &PersonId, mut products: Vec<ProductId>, required: u8) -> Vec<ProductId> {
        if !self.unapproved(required).is_empty() {
            products.retain(|product| !self.is_approved_by(person, product));
        }
        products
    }

    /// Approves every product, as one of `required` approvals (the policy's counts for all of them).
    pub fn approve(
        self,
        context: &mut Context,
        by: &Actor,
        note: Option<String>,
        required: u8,
    ) -> (AfterApproval, Event) {
        let products = self.facts.product_ids();
        self.approve_products(context, by, note, products, required)
    }

    /// Approves `products`. When every product has `required` approvals, that allocates the credential's id and queues
    /// provisioning.
    pub fn approve_products(
        mut self,
        context: &mut Context,
        by: &Actor,
        note: Option<String>,
        products: Vec<ProductId>,
        required: u8,
    ) -> (AfterApproval, Event) {
        self.approvals.push(Approval { by: by.clone(), at: context.now, note: note.clone(), product_ids: products });
        if by.kind == ActorKind::Person && !self.unapproved(required).is_empty() {
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

    /// Rejects, with the reason that the requester will read.
    pub fn reject(self, context: &mut Context, by: &Actor, reason: String) -> (Closed, Event) {
        let detail = Detail::AccessRequestRejected(self.facts.subject(None));
        self.close(context, by, Ending::Rejected, detail, Some(reason))
    }

    /// Takes the request back.
    pub fn withdraw(self, context: &mut Context, by: &Actor) -> (Closed, Event) {
        let detail = Detail::AccessRequestWithdrawn(self.facts.subject(None));
        self.close(context, by, Ending::Withdrawn, detail, None)
    }

    /// Ends the request because nobody decided in time.
    pub fn expire(self, context: &mut Context, by: &Actor) -> (Closed, Event) {
        let detail = Detail::AccessRequestExpired(self.facts.subject(None));
        self.close(context, by, Ending::Expired, detail, None)
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
        ending: Ending,
        detail: Detail,
        reason: Option<String>,
    ) -> (Closed, Event) {
        let event = self.facts.record(context, by, detail, reason.clone());
        let decision = Decision { by: by.clone(), at: context.now };
        (Closed { facts: self.facts, approvals: self.approvals, decision, ending, reason }, event)
    }
}

impl Queued {
    /// The access that was approved.
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
    pub fn ending(&self) -> Ending {
        self.ending
    }
}

impl Failed {
    /// The access that was approved.
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
    /// The access that was approved.
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

    /// The time of the last approval.
    pub fn approved_at(&self) -> Timestamp {
        self.decision.at
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

    /// The same request, which waits like this as long as it is undecided.
    #[must_use]
    pub fn waiting(self, waiting: Waiting) -> Self {
        match self {
            Self::Pending(pending) => Self::Pending(Pending { waiting, ..pending }),
            decided => decided,
        }
    }

    /// True when it may still lead to access, or has led to access that was not taken back.
    pub fn is_standing(&self) -> bool {
        !matches!(self, Self::Closed(_) | Self::Revoked(_))
    }
}
