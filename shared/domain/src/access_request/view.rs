//! An access request in any state, flat: for code that reads fields and does not change states. It is neither
//! stored nor sent; the stored form and the API have types of their own.

use jiff::Timestamp;

use super::lifecycle::AccessRequest;
use super::progress::{Progress, Provisioning};
use super::submission::Narrowing;
use super::vocabulary::{AppRef, Approval, Decision, Item, LastError, ProvisioningStatus, RequestKind, Status};
use super::waiting::Waiting;
use crate::id::{CredentialId, PlanId, ProductId, RequestId};
use crate::person::{Actor, Person};
use crate::policy::Verdict;
use crate::product::AuthMethod;

/// State of provisioning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningView {
    /// The state.
    pub status: ProvisioningStatus,
    /// Attempts made since it was last queued by a person.
    pub attempts: u32,
    /// Time of the next attempt; `null` when none is planned or one is running.
    pub next_attempt_at: Option<Timestamp>,
    /// The error of the last attempt.
    pub last_error: Option<LastError>,
}

/// The fields of a request for access to products under one plan; `None` where its state has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequestView {
    /// UUIDv7.
    pub id: RequestId,
    /// The kind of request: new access, an extension, or access that was granted.
    pub kind: RequestKind,
    /// The person who asks, as their token described them at submit.
    pub requester: Person,
    /// The app that is to receive the credential.
    pub app: AppRef,
    /// The products, with where they were offered.
    pub items: Vec<Item>,
    /// The products.
    pub product_ids: Vec<ProductId>,
    /// The plan.
    pub plan_id: PlanId,
    /// The plan's name at submit.
    pub plan_name: String,
    /// The authentication method that all products share.
    pub auth_method: AuthMethod,
    /// The credential to extend, to change or to renew.
    pub extends_credential_id: Option<CredentialId>,
    /// The credential, allocated at approval.
    pub credential_id: Option<CredentialId>,
    /// The purpose in the requester's words, at most 2,000 characters.
    pub justification: Option<String>,
    /// The state of the decision.
    pub status: Status,
    /// The verdict of the policy at submit, or when it referred the request to the owners.
    pub policy: Verdict,
    /// The difference to what was asked for, if there is one.
    pub narrowing: Option<Narrowing>,
    /// The number of people who had to approve each product by the plan at submit.
    pub approvals_required: u8,
    /// Approvals given so far.
    pub approvals: Vec<Approval>,
    /// How long it waits; `None` once it is decided.
    pub waiting: Option<Waiting>,
    /// The person who settled it.
    pub decided_by: Option<Actor>,
    /// Time of the decision.
    pub decided_at: Option<Timestamp>,
    /// Reason of the rejection or revocation.
    pub reason: Option<String>,
    /// State of provisioning.
    pub provisioning: ProvisioningView,
    /// Time of the submit.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// Version: 1, and one more with each change.
    pub version: u64,
}

impl AccessRequest {
    /// The credential that was allocated when the request was approved.
    pub fn credential_id(&self) -> Option<CredentialId> {
        match self.progress() {
            Progress::Approved { credential_id, .. } => Some(credential_id),
            Progress::Pending { .. } | Progress::Closed { .. } => None,
        }
    }

    /// The credential that a decision on the request is about: the one that it was given, or that it is to change.
    pub fn credential_concerned(&self) -> Option<CredentialId> {
        self.credential_id().or(self.facts().submission.extends_credential_id)
    }

    /// The fields of the request, whatever its state.
    pub fn view(&self) -> AccessRequestView {
        let facts = self.facts();
        let none =
            ProvisioningView { status: ProvisioningStatus::None, attempts: 0, next_attempt_at: None, last_error: None };
        let mut waits = None;
        let (status, decision, credential_id, reason, provisioning) = match self.progress() {
            Progress::Pending { waiting } => {
                waits = Some(waiting);
                (Status::Pending, None, None, None, none)
            }
            Progress::Closed { decision, ending, reason } => (ending.into(), Some(decision), None, reason, none),
            Progress::Approved { decision, credential_id, attempts, last_error, provisioning } => {
                let (status, next_attempt_at, reason) = match provisioning {
                    Provisioning::Queued { next_attempt_at } => (ProvisioningStatus::Queued, next_attempt_at, None),
                    Provisioning::Provisioned => (ProvisioningStatus::Provisioned, None, None),
                    Provisioning::Failed => (ProvisioningStatus::Failed, None, None),
                    Provisioning::Revoked { reason } => (ProvisioningStatus::Revoked, None, reason),
                };
                let provisioning = ProvisioningView { status, attempts, next_attempt_at, last_error };
                (Status::Approved, Some(decision), Some(credential_id), reason, provisioning)
            }
        };
        let (decided_by, decided_at) = decision.map(|Decision { by, at }| (by, at)).unzip();
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
            credential_id,
            justification: submission.justification,
            status,
            policy: submission.policy,
            narrowing: facts.narrowing.clone(),
            approvals_required: submission.approvals_required,
            approvals: self.approvals().to_vec(),
            waiting: waits,
            decided_by,
            decided_at,
            reason,
            provisioning,
            created_at: facts.created_at,
            updated_at: facts.updated_at,
            version: facts.version,
        }
    }
}
