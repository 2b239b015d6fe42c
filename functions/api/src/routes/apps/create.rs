//! `POST /v1/apps`

use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::app::Profile;
use gatepass_domain::{App, Versioned};
use gatepass_http::{Answer, Caller, IdempotencyKey, JsonBody, Problem, Reply, RequestContext, created};

use super::response::AppResponse;
use crate::state::Api;

/// Creates an app.
#[utoipa::path(post, path = "/v1/apps", tag = "apps", operation_id = "create_app", security(("bearer" = [])),
    params(IdempotencyKey), request_body = Profile,
    responses((status = 201, body = AppResponse, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn create(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    key: IdempotencyKey,
    JsonBody { value: profile, bytes }: JsonBody<Profile>,
) -> Result<Reply, Problem> {
    let idempotent = key.idempotent(&caller.id, &bytes);
    Reply::to(apps::create(&api.store, &mut context, &caller, profile, &idempotent).await, answer)
}

fn answer(app: &Versioned<App>) -> Answer {
    created(&AppResponse::from(app.clone()), format!("/v1/apps/{}", app.id)).tagged(app.version)
}
