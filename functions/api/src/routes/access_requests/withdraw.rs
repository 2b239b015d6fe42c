//! `POST /v1/access-requests/{id}/withdraw`

use axum::extract::{Extension, State};
use gatepass_app::withdraw::withdraw as take_back;
use gatepass_domain::access_request::AccessRequestView;
use gatepass_http::{Caller, ExchangeId, Id, Keyed, OptionalBody, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::answer;
use crate::state::Api;

/// Nothing to say.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Empty {}

/// Takes a request back that is still undecided.
#[utoipa::path(post, path = "/v1/access-requests/{id}/withdraw", tag = "access requests", operation_id = "withdraw_access_request",
    security(("bearer" = [])), params(("id" = String, Path, format = "uuid"), ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = Option<Empty>, responses((status = 200, body = AccessRequestView)))]
pub(crate) async fn withdraw(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    id: Id,
    keyed: Keyed,
    OptionalBody { value: Empty {}, bytes }: OptionalBody<Empty>,
) -> Result<Reply, Problem> {
    let idempotent = keyed.idempotent(&caller.id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    let id = id.uuid("access request")?;
    Reply::to(take_back(&api.store, &mut context, &caller, id, &idempotent).await, answer)
}
