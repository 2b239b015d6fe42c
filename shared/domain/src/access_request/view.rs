//! An access request as it is stored and shown: flat.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lifecycle::{AccessRequest, Approval};
use crate::id::{AppId, CatalogueId, CredentialId, EventId, PlanId, ProductId, RequestId};
use crate::person::{Actor, Person, PersonId};
use crate::policy::Verdict;
use crate::product::AuthMethod;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A new credential.
    New,
    /// More products for an existing credential.
    Extend,
    /// Another plan for an existing credential.
    ChangePlan,
    /// More time for access that ends.
    Renewal,
    /// Access granted by an API Owner, without being asked for.
    Grant,
}

/// Where the decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Undecided.
    Pending,
    /// Approved; see `provisioning` for what came of it.
    Approved,
    /// Access was not granted.
    Rejected,
    /// Taken back by the requester.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

/// Where provisioning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvisioningStatus {
    /// Nothing is to be provisioned (yet).
    None,
    /// To be done, or to be tried again.
    Queued,
    /// Access stands; the credential is in the app.
    Provisioned,
    /// Given up until somebody retries.
    Failed,
    /// Access was taken back.
    Revoked,
}

/// Which end of a list of requests comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The request that was submitted last.
    #[default]
    Newest,
    /// The one that has waited longest.
    Oldest,
}

/// How provisioning goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvisioningView {
    /// Where it stands.
    pub status: ProvisioningStatus,
    /// Attempts made since it was last queued by a person.
    pub attempts: u32,
    /// When the next attempt is due; `null` when none is planned or one is under way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
}

/// What went wrong at the last attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastError {
    /// A stable code.
    #[schema(example = "gateway-not-configured")]
    pub code: String,
    /// In plain words.
    pub message: String,
}

/// The app that is to receive the credential, as it was called at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppRef {
    /// The app.
    #[schema(value_type = uuid::Uuid)]
    pub id: AppId,
    /// Its name.
    #[schema(example = "Storm warnings")]
    pub name: String,
}

/// A product asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// The product.
    pub product_id: ProductId,
    /// The catalogue that offered it.
    pub catalogue_id: CatalogueId,
    /// The product's name at submit.
    #[schema(example = "Weather API")]
    pub name: String,
}

/// A formal request for access to products under one plan (R1, R4, R5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AccessRequest)]
pub struct AccessRequestView {
    /// UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    pub id: RequestId,
    /// What is asked for.
    pub kind: RequestKind,
    /// Who asks, as their token described them at submit.
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
    /// What the requester says it is for, at most 2,000 characters.
    pub justification: Option<String>,
    /// Where the decision stands.
    pub status: Status,
    /// What the policy said at submit, or when it referred the request to the owners.
    pub policy: Verdict,
    /// Approvals given so far.
    pub approvals: Vec<Approval>,
    /// Who settled it.
    pub decided_by: Option<Actor>,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected or revoked.
    pub reason: Option<String>,
    /// How provisioning goes.
    pub provisioning: ProvisioningView,
    /// When it was submitted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Counts its changes, from 1.
    #[schema(example = 1)]
    pub version: u64,
}

/// A request that keeps something from being deleted: it awaits it, or gives access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedBy {
    /// The request.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: RequestId,
    /// Its app.
    pub app: AppRef,
    /// Who asked.
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
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "AccessRequestApproved")]
    pub event_type: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// Why, in their own words.
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

/// A stored request whose parts contradict one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access request {id} is stored in a state that cannot be: {what}")]
pub struct Inconsistent {
    /// The request.
    pub id: RequestId,
    /// The contradiction.
    pub what: &'static str,
}
