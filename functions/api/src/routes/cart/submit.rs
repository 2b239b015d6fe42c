//! `POST /v1/cart/submit`

use axum::extract::State;
use gatepass_app::cart::{self, SubmitCart};
use gatepass_domain::app::Profile;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_http::{Caller, IdempotencyKey, JsonBody, OptionalIfMatch, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::access_requests::response::AccessRequestResponse;
use crate::routes::access_requests::submit::{answer, target};
use crate::state::Api;

/// The app to request access for: either `app_id` or `new_app`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SubmitCartBody {
    /// An app of the caller's.
    #[schema(value_type = Option<String>, format = "uuid")]
    app_id: Option<AppId>,
    /// An app to create together with the request.
    new_app: Option<Profile>,
    /// A credential of the app that is to open the products too.
    #[schema(value_type = Option<String>, format = "uuid")]
    extends_credential_id: Option<CredentialId>,
    /// The purpose, at most 2,000 characters. The owners see it.
    #[schema(max_length = 2000)]
    justification: Option<String>,
}

/// Asks for all that is in the cart, and empties it: "Submit request". With the cart's `ETag` in `If-Match`, a cart that
/// was changed meanwhile is refused.
#[utoipa::path(post, path = "/v1/cart/submit", tag = "cart", operation_id = "submit_cart", security(("bearer" = [])),
    params(IdempotencyKey, OptionalIfMatch), request_body = SubmitCartBody,
    responses((status = 201, body = AccessRequestResponse, headers(("Location" = String)))))]
pub(crate) async fn submit(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    key: IdempotencyKey,
    OptionalIfMatch(precondition): OptionalIfMatch,
    JsonBody { value: body, bytes }: JsonBody<SubmitCartBody>,
) -> Result<Reply, Problem> {
    let SubmitCartBody { app_id, new_app, extends_credential_id, justification } = body;
    let target = target(app_id, new_app)?;
    let idempotent = key.idempotent(&caller.id, &bytes);
    let order = SubmitCart { target, extends_credential_id, justification, precondition };
    answer(&api, cart::submit(&api.store, &mut context, &caller, order, &idempotent).await?).await
}
