//! `POST /v1/admin/access-requests/decide`

use axum::Json;
use axum::extract::State;
use gatepass_app::approve::ApproveRequest;
use gatepass_app::decide_many::{self, Decision};
use gatepass_app::reject::RejectRequest;
use gatepass_app::{Refused, reviewers};
use gatepass_domain::AccessRequest;
use gatepass_domain::access_request::AwaitedGroup;
use gatepass_domain::id::RequestId;
use gatepass_domain::text::FieldError;
use gatepass_http::{IdempotencyKey, JsonBody, Problem, ProblemBody, RequestContext};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::AccessRequestResponse;
use crate::state::Api;

/// One decision for many requests.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DecideBody {
    /// The decision.
    decision: Verb,
    /// The requests: 1 to 100, none twice.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 100)]
    ids: Vec<RequestId>,
    /// With `approve`: note, which each requester reads, at most 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// With `reject`, and required there: reason, which each requester reads; 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    reason: Option<String>,
}

/// The decisions that are possible.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Verb {
    /// To approve.
    Approve,
    /// To reject.
    Reject,
}

/// The result for each request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    /// One for each of `ids`, in their order.
    items: Vec<DecidedOne>,
}

/// The result for one request: as the single operation would have answered.
#[derive(Debug, Serialize, ToSchema)]
struct DecidedOne {
    /// The request.
    #[schema(value_type = uuid::Uuid)]
    id: RequestId,
    /// The HTTP status code of the single operation.
    #[schema(example = 200)]
    status: u16,
    /// The request after the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_request: Option<AccessRequestResponse>,
    /// The problem, when no decision was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Decides on up to 100 requests at once, each by itself. Sent again with the same `Idempotency-Key`, it
/// goes on where it was broken off.
#[utoipa::path(post, path = "/v1/admin/access-requests/decide", tag = "admin: access requests", operation_id = "decide_access_requests",
    security(("bearer" = ["approver"])), params(IdempotencyKey),
    request_body = DecideBody, responses((status = 200, body = Decided)))]
pub(crate) async fn decide(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    RequestContext(mut context): RequestContext,
    key: IdempotencyKey,
    JsonBody { value: body, bytes }: JsonBody<DecideBody>,
) -> Result<Json<Decided>, Problem> {
    let key = key.stored(&reviewer.person().id, &bytes);
    let ids = body.ids.clone();
    let decision = body.into_decision()?;
    decide_many::check(&ids, &decision, context.now)?;
    let results = decide_many::decide_many(&api.store, &mut context, &reviewer, &ids, &decision, key).await?;
    let decided = results.iter().filter_map(|result| result.as_ref().ok()).cloned().collect();
    let mut decided = reviewers::with_awaiting(&api.store, decided).await?.into_iter();
    let items = ids.into_iter().zip(results).filter_map(|(id, result)| match result {
        Ok(_) => decided.next().map(|(request, awaiting)| DecidedOne::decided(id, &request, awaiting)),
        Err(refused) => Some(DecidedOne::refused(id, refused, &context.correlation_id)),
    });
    Ok(Json(Decided { items: items.collect() }))
}

impl DecideBody {
    fn into_decision(self) -> Result<Decision, Refused> {
        let invalid = |pointer, detail| Err(Refused::Invalid(vec![FieldError::new(pointer, detail)]));
        match (self.decision, self.note, self.reason) {
            (Verb::Approve, note, None) => Ok(Decision::Approve(ApproveRequest { note, ..ApproveRequest::default() })),
            (Verb::Reject, None, Some(reason)) => Ok(Decision::Reject(RejectRequest::whole(reason))),
            (Verb::Reject, None, None) => invalid("/reason", "must say why: the requesters will read it"),
            (Verb::Approve, _, Some(_)) => invalid("/reason", "goes with `reject`; an approval has a `note`"),
            (Verb::Reject, Some(_), _) => invalid("/note", "goes with `approve`; a rejection has a `reason`"),
        }
    }
}

impl DecidedOne {
    fn decided(id: RequestId, request: &AccessRequest, awaiting: Vec<AwaitedGroup>) -> Self {
        let access_request = Some(AccessRequestResponse::new(request, awaiting));
        Self { id, status: 200, access_request, problem: None }
    }

    fn refused(id: RequestId, refused: Refused, request_id: &str) -> Self {
        let problem = Problem::from(refused).into_part(request_id);
        Self { id, status: problem.status, access_request: None, problem: Some(problem) }
    }
}
