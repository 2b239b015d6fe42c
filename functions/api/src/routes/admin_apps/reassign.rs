//! `POST /v1/admin/apps/{id}/owner`

use axum::extract::State;
use gatepass_app::apps::{self, NewOwner};
use gatepass_domain::id::AppId;
use gatepass_domain::key::PlainKey;
use gatepass_domain::{App, PersonId, Versioned};
use gatepass_http::{Answer, Id, IdempotencyKey, JsonBody, Owner, Problem, Reply, RequestContext, ok};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::apps::response::AppResponse;
use crate::routes::credentials::seal;
use crate::state::Api;

/// The person to whom the app belongs from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReassignBody {
    /// The person's id at the identity provider, 1 to 255 bytes.
    owner: PersonId,
    /// Their display name, 1 to 100 characters: they are told by mail.
    name: Option<String>,
    /// Their mail address.
    email: Option<String>,
    /// Their organisation, when the app is to go over to another.
    organisation: Option<String>,
    /// Seconds for which the keys that the former owner knows still work; 0 ends them at once.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604_800, default = 0)]
    overlap_seconds: u32,
}

/// Reassigns an app to another person, with its credentials and requests. Its keys are replaced, and both persons are told by
/// mail.
#[utoipa::path(post, path = "/v1/admin/apps/{id}/owner", tag = "admin: apps", operation_id = "reassign_app",
    security(("bearer" = ["administrator"])), params(Id<AppId>, IdempotencyKey),
    request_body = ReassignBody, responses((status = 200, body = AppResponse)))]
pub(crate) async fn reassign(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    key: IdempotencyKey,
    JsonBody { value, bytes }: JsonBody<ReassignBody>,
) -> Result<Reply, Problem> {
    let ReassignBody { owner: to, name, email, organisation, overlap_seconds } = value;
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let to = NewOwner::new(to, (name, email), organisation, overlap_seconds)?;
    let (id, sealer) = (id.parse()?, api.sealer()?);
    let seal = |credential_id, key: PlainKey| seal(sealer, credential_id, key);
    Reply::to(apps::reassign(&api.store, &mut context, &owner, id, &to, seal, &idempotent).await, answer)
}

fn answer(app: &Versioned<App>) -> Answer {
    ok(&AppResponse::from(app.clone()))
}
