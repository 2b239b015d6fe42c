//! `POST /v1/apps/{id}/credentials/{cid}/rotate`

use axum::extract::State;
use gatepass_app::rotate::{self, DEFAULT_OVERLAP_SECONDS, DuringOverlap, Rotation};
use gatepass_domain::key::PlainKey;
use gatepass_http::{
    Caller, IdempotencyKey, OptionalBody, OptionalIfMatch, PathParams, Problem, Reply, RequestContext,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::path::CredentialPath;
use super::response::{CredentialResponse, answer};
use super::seal;
use crate::state::Api;

/// The time for which both keys work.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RotateBody {
    /// Seconds for which the key that is replaced still works; 0 ends it at once.
    #[serde(default = "default_overlap")]
    #[schema(minimum = 0, maximum = 604_800, default = 86_400)]
    overlap_seconds: u32,
    /// Ends the older key now when two work already; otherwise such a rotation is refused.
    #[serde(default)]
    replace: bool,
}

fn default_overlap() -> u32 {
    DEFAULT_OVERLAP_SECONDS
}

/// Gives a credential a new key, which reveal then answers. The key that it replaces works until its `not_after`.
#[utoipa::path(post, path = "/v1/apps/{id}/credentials/{cid}/rotate", tag = "credentials", operation_id = "rotate_credential",
    security(("bearer" = [])), params(CredentialPath, OptionalIfMatch, IdempotencyKey),
    request_body = Option<RotateBody>, responses((status = 200, body = CredentialResponse, headers(("ETag" = String)))))]
pub(crate) async fn rotate(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(CredentialPath { id, cid }): PathParams<CredentialPath>,
    OptionalIfMatch(precondition): OptionalIfMatch,
    key: IdempotencyKey,
    OptionalBody { value: RotateBody { overlap_seconds, replace }, bytes }: OptionalBody<RotateBody>,
) -> Result<Reply, Problem> {
    let during_overlap = if replace { DuringOverlap::EndOlderKey } else { DuringOverlap::Refuse };
    let rotation = Rotation::new(overlap_seconds, during_overlap)?;
    let sealer = api.sealer()?;
    let (app_id, credential_id) = (id.parse()?, cid.parse()?);
    let seal = |key: PlainKey| seal(sealer, credential_id, key);
    let last_used_at = api.last_used_at(credential_id).await?;
    let idempotent = key.idempotent(&caller.id, &bytes);
    let of = (app_id, credential_id);
    let rotated =
        rotate::rotate(&api.store, &mut context, &caller, of, rotation, &precondition, seal, &idempotent).await;
    Reply::to(rotated, |credential| answer(credential, last_used_at))
}
