//! `POST /v1/apps/{id}/credentials/{cid}/renew`

use axum::extract::State;
use gatepass_app::change_credential::{Change, change_credential};
use gatepass_http::{Caller, IdempotencyKey, OptionalBody, PathParams, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use super::path::CredentialPath;
use crate::routes::access_requests::response::AccessRequestResponse;
use crate::routes::access_requests::submit::answer;
use crate::state::Api;

/// The purpose of a renewal.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenewBody {
    /// The purpose, at most 2,000 characters. The owners see it.
    #[schema(max_length = 2000)]
    justification: Option<String>,
}

/// Asks for more time for a credential, from 30 days before its end until 30 days after it. The approved renewal keeps the
/// key and counts the new end from the old one, or from the approval if that is later.
#[utoipa::path(post, path = "/v1/apps/{id}/credentials/{cid}/renew", tag = "credentials", operation_id = "renew_credential",
    security(("bearer" = [])), params(CredentialPath, IdempotencyKey), request_body = Option<RenewBody>,
    responses((status = 201, body = AccessRequestResponse, headers(("Location" = String)))))]
pub(crate) async fn renew(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CredentialPath { id, cid }): PathParams<CredentialPath>,
    key: IdempotencyKey,
    OptionalBody { value: RenewBody { justification }, bytes }: OptionalBody<RenewBody>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&caller.id, &bytes);
    let of = (id.parse()?, cid.parse()?);
    let why = justification.as_deref();
    let filed = change_credential(&api.store, &mut context, &caller, of, &Change::Renewal, why, &idempotent).await;
    answer(&api, filed?).await
}
