//! `POST /v1/admin/access-requests/{id}/reject`

use axum::extract::State;
use gatepass_app::reject::{self, RejectRequest};
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_http::{Id, IdempotencyKey, JsonBody, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::{AccessRequestResponse, answer};
use crate::state::Api;

/// The reason of a rejection.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "Please use the plan `free` for trials."}))]
pub(crate) struct RejectBody {
    /// The text that the requester will read, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000, pattern = "[^ ]")]
    reason: String,
    /// The products that are rejected, of those that the caller decides on: the request goes on with the rest. The whole
    /// request, unless they are named.
    #[schema(min_items = 1, max_items = 20)]
    product_ids: Option<Vec<ProductId>>,
}

/// Rejects a request, or some of its products, with a reason. The whole request is rejected by somebody who decides on every product of it.
#[utoipa::path(post, path = "/v1/admin/access-requests/{id}/reject", tag = "admin: access requests", operation_id = "reject_access_request",
    security(("bearer" = ["approver"])), params(Id<RequestId>, IdempotencyKey),
    request_body = RejectBody, responses((status = 200, body = AccessRequestResponse)))]
pub(crate) async fn reject(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    id: Id<RequestId>,
    key: IdempotencyKey,
    JsonBody { value: RejectBody { reason, product_ids }, bytes }: JsonBody<RejectBody>,
) -> Result<Reply, Problem> {
    let rejection = RejectRequest { reason, product_ids };
    rejection.check()?;
    let idempotent = key.idempotent(&reviewer.person().id, &bytes);
    let id = id.parse()?;
    answer(&api, reject::reject(&api.store, &mut context, &reviewer, id, &rejection, &idempotent).await?).await
}
