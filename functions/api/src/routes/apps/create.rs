//! `POST /v1/apps`

use axum::extract::{Extension, State};
use gatepass_app::apps;
use gatepass_domain::app::Profile;
use gatepass_domain::{App, Versioned};
use gatepass_http::{Caller, ExchangeId, JsonBody, Keyed, Problem, Reply, created};
use gatepass_store::Answer;

use crate::state::Api;

/// Creates an app.
#[utoipa::path(post, path = "/v1/apps", tag = "apps", operation_id = "create_app", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")), request_body = Profile,
    responses((status = 201, body = Versioned<App>, headers(("Location" = String)))))]
pub(crate) async fn create(
    State(api): State<Api>,
    Caller(caller): Caller,
    Extension(exchange): Extension<ExchangeId>,
    keyed: Keyed,
    JsonBody { value: profile, bytes }: JsonBody<Profile>,
) -> Result<Reply, Problem> {
    let idempotent = keyed.idempotent(&caller.id, &bytes, answer);
    let mut context = api.context(&exchange)?;
    Reply::to(apps::create(&api.store, &mut context, &caller, profile, &idempotent).await, answer)
}

fn answer(app: &Versioned<App>) -> Answer {
    created(app, format!("/v1/apps/{}", app.id))
}
