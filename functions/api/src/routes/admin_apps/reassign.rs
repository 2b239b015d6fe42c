//! `POST /v1/admin/apps/{id}/owner`

use axum::extract::State;
use gatepass_app::apps::{self, NewOwner};
use gatepass_domain::id::AppId;
use gatepass_domain::{App, PersonId, Versioned};
use gatepass_http::{Answer, Id, IdempotencyKey, JsonBody, Owner, Problem, Reply, RequestContext, ok};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::apps::response::AppResponse;
use crate::state::Api;

/// The person to whom the app belongs from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReassignBody {
    /// The person's id at the identity provider, 1 to 255 bytes.
    owner: PersonId,
    /// Their organisation, when the app is to go over to another.
    organisation: Option<String>,
}

/// Reassigns an app to another person, with its credentials and requests.
#[utoipa::path(post, path = "/v1/admin/apps/{id}/owner", tag = "admin: apps", operation_id = "reassign_app",
    security(("bearer" = ["administrator"])), params(Id<AppId>, IdempotencyKey),
    request_body = ReassignBody, responses((status = 200, body = AppResponse)))]
pub(crate) async fn reassign(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    key: IdempotencyKey,
    JsonBody { value: ReassignBody { owner: to, organisation }, bytes }: JsonBody<ReassignBody>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let to = NewOwner::new(to, organisation)?;
    let id = id.parse()?;
    Reply::to(apps::reassign(&api.store, &mut context, &owner, id, &to, &idempotent).await, answer)
}

fn answer(app: &Versioned<App>) -> Answer {
    ok(&AppResponse::from(app.clone()))
}
