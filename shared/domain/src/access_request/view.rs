//! An access request as the API shows it: flat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lifecycle::AccessRequest;
use super::progress::{Progress, Provisioning};
use super::vocabulary::{AppRef, Approval, Decision, Item, LastError, ProvisioningStatus, RequestKind, Status};
use crate::id::{CredentialId, EventId, PlanId, ProductId, RequestId};
use crate::person::{Actor, Person, PersonId};
use crate::policy::Verdict;
use crate::product::AuthMethod;

/// State of provisioning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvisioningView {
    /// The state.
    pub status: ProvisioningStatus,
    /// Attempts made since it was last queued by a person.
    pub attempts: u32,
    /// Time of the next attempt; `null` when none is planned or one is running.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// The error of the last attempt.
    pub last_error: Option<LastError>,
}

/// A request for access to products under one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessRequest)]
pub struct AccessRequestView {
    /// UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    pub id: RequestId,
    /// The content of the request.
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
    #[schema(example = "Gold")]
    pub plan_name: String,
    /// The authentication method that all products share.
    pub auth_method: AuthMethod,
    /// The credential to extend, to change or to renew.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub extends_credential_id: Option<CredentialId>,
    /// The credential, allocated at approval.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub credential_id: Option<CredentialId>,
    /// The purpose in the requester's words, at most 2,000 characters.
    pub justification: Option<String>,
    /// The state of the decision.
    pub status: Status,
    /// The verdict of the policy at submit, or when it referred the request to the owners.
    pub policy: Verdict,
    /// Approvals given so far.
    pub approvals: Vec<Approval>,
    /// The person who settled it.
    pub decided_by: Option<Actor>,
    /// Time of the decision.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Reason of the rejection or revocation.
    pub reason: Option<String>,
    /// State of provisioning.
    pub provisioning: ProvisioningView,
    /// Time of the submit.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    pub version: u64,
}

impl AccessRequest {
    /// The request as the API shows it.
    pub fn view(&self) -> AccessRequestView {
        let facts = self.facts();
        let none =
            ProvisioningView { status: ProvisioningStatus::None, attempts: 0, next_attempt_at: None, last_error: None };
        let (status, decision, credential_id, reason, provisioning) = match self.progress() {
            Progress::Pending => (Status::Pending, None, None, None, none),
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
            approvals: self.approvals().to_vec(),
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

/// A request that keeps something from being deleted: it awaits it, or gives access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedBy {
    /// The request.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: RequestId,
    /// Its app.
    pub app: AppRef,
    /// The person who asked.
    pub requester_id: PersonId,
    /// Their name at submit.
    #[schema(example = "Ada")]
    pub requester_name: String,
    /// `pending`, or `approved` for access that stands.
    pub status: Status,
}

impl From<&AccessRequest> for UsedBy {
    fn from(request: &AccessRequest) -> Self {
        let AccessRequestView { id, app, requester, status, .. } = request.view();
        Self { request_id: id, app, requester_id: requester.id, requester_name: requester.name, status }
    }
}

/// A line of a request's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    pub id: EventId,
    /// The events, in order.
    #[serde(rename = "type")]
    #[schema(example = "AccessRequestApproved")]
    pub event_type: String,
    /// Time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The person who did it.
    pub actor: Actor,
    /// Reason, in the actor's words.
    pub reason: Option<String>,
}

impl From<&crate::Event> for HistoryEntry {
    fn from(event: &crate::Event) -> Self {
        Self {
            id: event.id,
            event_type: event.detail.event_type().to_owned(),
            at: event.occurred_at,
            actor: event.actor(),
            reason: event.personal.as_ref().and_then(|personal| personal.reason.clone()),
        }
    }
}
