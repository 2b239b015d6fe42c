//! `POST /v1/admin/access-requests/{id}/approve`

use axum::extract::State;
use gatepass_app::approve::{self, ApproveRequest};
use gatepass_domain::id::{PlanId, ProductId, RequestId};
use gatepass_http::{Id, IdempotencyKey, OptionalBody, Problem, Reply, RequestContext};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// An approval of everything that the caller decides on, or of less.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ApproveBody {
    /// A note, which the requester reads, at most 2,000 characters. It is the reason for what is dropped.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// The products that are approved, of those that the caller decides on: the caller's others are dropped from the request.
    /// All of them, unless they are named.
    #[schema(min_items = 1, max_items = 20)]
    product_ids: Option<Vec<ProductId>>,
    /// Another plan, which gives no more than the plan that was asked for. Only by somebody who decides on every product that
    /// remains.
    plan_id: Option<PlanId>,
    /// The end of the access, no later than by the plan. Only by somebody who decides on every product that remains.
    #[schema(value_type = Option<String>, format = DateTime)]
    access_expires_at: Option<Timestamp>,
}

/// Approves the products of a request that the caller decides on, or less than that. Access is approved when every product
/// that remains has the approvals that it needs, by different people. A change of products, plan or end after a first approval
/// starts the count again, which `approvals_restarted_at` tells. Nobody decides where they have an interest of their own.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/approve", tag = "admin: access requests", operation_id = "approve_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = Option<ApproveBody>, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn approve(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    OptionalBody { value: body, bytes }: OptionalBody<ApproveBody>,
) -> Result<Reply, Problem> {
    let ApproveBody { note, product_ids, plan_id, access_expires_at } = body;
    let approval = ApproveRequest { note, product_ids, plan_id, access_expires_at };
    approval.check(context.now)?;
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    answer(&api, approve::approve(&api.store, &mut context, &reviewer, id, &approval, &idempotent).await?).await
}
