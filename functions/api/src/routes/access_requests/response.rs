//! A request, its history and its mails as the API shows them.

use axum::Json;
use gatepass_app::{requests, reviewers};
use gatepass_domain::access_request::{
    AccessRequestView, AppRef, Approval, Asked, AwaitedGroup, Item, LastError, ProvisioningStatus, ProvisioningView,
    RequestKind, Status,
};
use gatepass_domain::event::{MailRecord, MailStatus};
use gatepass_domain::id::{CredentialId, EventId, PlanId, ProductId, RequestId};
use gatepass_domain::policy::Verdict;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{AccessRequest, Actor, Event, Person, PersonId};
use gatepass_http::{Listed, NoFilter, PageQuery, Problem, Reply, ok};
use gatepass_store::Dossier;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// State of provisioning.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProvisioningView)]
pub(crate) struct ProvisioningResponse {
    /// The state.
    status: ProvisioningStatus,
    /// Attempts made since it was last queued by a person.
    attempts: u32,
    /// Time of the next attempt; `null` when none is planned or one is running.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// The error of the last attempt.
    last_error: Option<LastError>,
}

/// The products and the plan that a request asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Asked)]
pub(crate) struct AskedResponse {
    /// The products.
    product_ids: Vec<ProductId>,
    /// The products, with where they were offered.
    items: Vec<Item>,
    /// The plan.
    plan_id: PlanId,
    /// The plan's name at submit.
    #[schema(example = "Gold")]
    plan_name: String,
}

impl From<Asked> for AskedResponse {
    fn from(Asked { items, plan_id, plan_name }: Asked) -> Self {
        let product_ids = items.iter().map(|item| item.product_id.clone()).collect();
        Self { product_ids, items, plan_id, plan_name }
    }
}

/// A request for access to products under one plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessRequest)]
pub(crate) struct AccessRequestResponse {
    /// UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    id: RequestId,
    /// The kind of request: new access, an extension, or access that was granted.
    kind: RequestKind,
    /// The person who asks, as their token described them at submit.
    requester: Person,
    /// The app that is to receive the credential.
    app: AppRef,
    /// The products, with where they were offered.
    items: Vec<Item>,
    /// The products.
    product_ids: Vec<ProductId>,
    /// The plan.
    plan_id: PlanId,
    /// The plan's name at submit.
    #[schema(example = "Gold")]
    plan_name: String,
    /// The authentication method that all products share.
    auth_method: AuthMethod,
    /// The credential to extend, to change or to renew.
    #[schema(value_type = Option<uuid::Uuid>)]
    extends_credential_id: Option<CredentialId>,
    /// The credential, allocated at approval.
    #[schema(value_type = Option<uuid::Uuid>)]
    credential_id: Option<CredentialId>,
    /// The purpose in the requester's words, at most 2,000 characters.
    justification: Option<String>,
    /// The state of the decision.
    status: Status,
    /// The verdict of the policy at submit, or when it referred the request to the owners.
    policy: Verdict,
    /// The products and the plan that were asked for, when less was approved.
    asked: Option<AskedResponse>,
    /// The end of the access, when one was set at the approval.
    #[schema(value_type = Option<String>, format = DateTime)]
    access_expires_at: Option<Timestamp>,
    /// The time of the last change of products, plan or end after which approvals given before no longer counted.
    #[schema(value_type = Option<String>, format = DateTime)]
    approvals_restarted_at: Option<Timestamp>,
    /// The number of people who had to approve each product by the plan at submit. If the plan has come to need more, that
    /// number counts.
    #[schema(example = 1)]
    approvals_required: u8,
    /// Approvals given so far.
    approvals: Vec<Approval>,
    /// The groups that it waits for; empty unless people have to decide.
    awaiting: Vec<AwaitedGroup>,
    /// The time by which somebody must decide, or it expires; `null` without a limit, and once it is decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    decide_by: Option<Timestamp>,
    /// The person who settled it.
    decided_by: Option<Actor>,
    /// Time of the decision.
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// Reason of the rejection or revocation.
    reason: Option<String>,
    /// State of provisioning.
    provisioning: ProvisioningResponse,
    /// Time of the submit.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    version: u64,
}

impl AccessRequestResponse {
    /// The request, which waits for the groups `awaiting`.
    pub(crate) fn new(request: &AccessRequest, awaiting: Vec<AwaitedGroup>) -> Self {
        let AccessRequestView {
            id,
            kind,
            requester,
            app,
            items,
            product_ids,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            credential_id,
            justification,
            status,
            policy,
            narrowing,
            approvals_required,
            approvals,
            waiting,
            decided_by,
            decided_at,
            reason,
            provisioning,
            created_at,
            updated_at,
            version,
        } = request.view();
        let access_expires_at = narrowing.as_ref().and_then(|narrowing| narrowing.access_expires_at);
        let approvals_restarted_at = narrowing.as_ref().and_then(|narrowing| narrowing.approvals_restarted_at);
        let ProvisioningView { status: progress, attempts, next_attempt_at, last_error } = provisioning;
        Self {
            id,
            kind,
            requester,
            app,
            items,
            product_ids,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            credential_id,
            justification,
            status,
            policy,
            asked: narrowing.map(|narrowing| AskedResponse::from(narrowing.asked)),
            access_expires_at,
            approvals_restarted_at,
            approvals_required,
            approvals,
            awaiting,
            decide_by: waiting.and_then(|waiting| waiting.decide_by),
            decided_by,
            decided_at,
            reason,
            provisioning: ProvisioningResponse { status: progress, attempts, next_attempt_at, last_error },
            created_at,
            updated_at,
            version,
        }
    }
}

/// A line of a request's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    /// The event.
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// The type of the event.
    #[serde(rename = "type")]
    #[schema(example = "AccessRequestApproved")]
    event_type: String,
    /// Time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The person who did it.
    actor: Actor,
    /// Reason, in the actor's words.
    reason: Option<String>,
}

impl From<&Event> for HistoryEntry {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id,
            event_type: event.detail.event_type().to_owned(),
            at: event.occurred_at,
            actor: event.actor(),
            reason: event.personal.as_ref().and_then(|personal| personal.reason.clone()),
        }
    }
}

/// A mail that was due for a request, and its result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailRecord)]
pub(crate) struct MailResponse {
    /// The mail.
    template: MailKind,
    /// The result.
    status: MailStatus,
    /// Time of the status.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<MailRecord> for MailResponse {
    fn from(MailRecord { template, status, at }: MailRecord) -> Self {
        Self { template, status, at }
    }
}

/// A request with its history and its mails.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessRequestDetail {
    #[serde(flatten)]
    request: AccessRequestResponse,
    /// A page of the events: the newest ones, in the order in which they happened.
    history: Vec<HistoryEntry>,
    /// Pass it as `cursor` to get older events; `null` when there are none.
    next_cursor: Option<String>,
    /// The mails that were due, with their results: the last 100.
    mails: Vec<MailResponse>,
}

impl AccessRequestDetail {
    /// The answer to `who` about a request that they may see, with the page of its history that `query` asks for.
    pub(crate) async fn of(
        api: &Api,
        who: &PersonId,
        dossier: Dossier,
        query: &PageQuery<NoFilter>,
    ) -> Result<Self, Problem> {
        let (store, about) = (&api.store, &dossier);
        let load =
            |limit, after: Option<_>| async move { requests::history(store, about, limit, after.as_ref()).await };
        let page = api.page(who, query, load, |event| HistoryEntry::from(&event)).await?;
        let Json(Listed { items: mut history, next_cursor }) = page;
        history.reverse();
        let Dossier { request, mails } = dossier;
        let awaiting = reviewers::awaiting(&api.store, &request).await?;
        Ok(Self {
            request: AccessRequestResponse::new(&request, awaiting),
            history,
            next_cursor,
            mails: mails.into_iter().map(MailResponse::from).collect(),
        })
    }
}

/// The answer to a change of a request.
pub(crate) async fn answer(api: &Api, request: AccessRequest) -> Result<Reply, Problem> {
    let awaiting = reviewers::awaiting(&api.store, &request).await?;
    Ok(Reply(ok(&AccessRequestResponse::new(&request, awaiting))))
}
