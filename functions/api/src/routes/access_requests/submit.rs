//! `POST /v1/access-requests`: the direct flow.

use axum::extract::State;
use gatepass_app::submit::{self, Flow, MAX_PRODUCTS, SubmitRequest, Target};
use gatepass_app::{Refused, reviewers};
use gatepass_domain::AccessRequest;
use gatepass_domain::app::Profile;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::text::FieldError;
use gatepass_http::{Caller, IdempotencyKey, JsonBody, Problem, Reply, RequestContext, created};
use serde::Deserialize;
use utoipa::ToSchema;

use super::response::AccessRequestResponse;
use crate::state::Api;

/// The products to ask for, and the app: `app_id` or `new_app`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SubmitBody {
    /// The catalogue that offers products and plan.
    catalogue_id: CatalogueId,
    /// The products: 1 to 20, which share an authentication method.
    #[schema(min_items = 1, max_items = 20)]
    product_ids: Vec<ProductId>,
    /// The plan.
    plan_id: PlanId,
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

/// Submits an access request.
#[utoipa::path(post, path = "/v1/access-requests", tag = "access requests", operation_id = "submit_access_request",
    security(("bearer" = [])), params(IdempotencyKey), request_body = SubmitBody,
    responses((status = 201, body = AccessRequestResponse, headers(("Location" = String)))))]
pub(crate) async fn submit(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    key: IdempotencyKey,
    JsonBody { value: body, bytes }: JsonBody<SubmitBody>,
) -> Result<Reply, Problem> {
    let asked = body.into_submit_request()?;
    let idempotent = key.idempotent(&caller.id, &bytes);
    let request = submit::submit(&api.store, &mut context, &caller, &Flow::Direct, &asked, &idempotent).await?;
    answer(&api, request).await
}

/// The answer to a submit, by either flow.
pub(crate) async fn answer(api: &Api, request: AccessRequest) -> Result<Reply, Problem> {
    let awaiting = reviewers::awaiting(&api.store, &request).await?;
    let location = format!("/v1/access-requests/{}", request.facts().id);
    Ok(Reply(created(&AccessRequestResponse::new(&request, awaiting), location)))
}

/// The one target of two members.
pub(crate) fn target(app_id: Option<AppId>, new_app: Option<Profile>) -> Result<Target, Refused> {
    match (app_id, new_app) {
        (Some(id), None) => Ok(Target::Existing(id)),
        (None, Some(profile)) => Ok(Target::New(profile)),
        (None, None) => {
            Err(Refused::Invalid(vec![FieldError::new("/app_id", "name an app, or create one with `new_app`")]))
        }
        (Some(_), Some(_)) => Err(Refused::Invalid(vec![FieldError::new(
            "/new_app",
            "goes without `app_id`: the request is for one app",
        )])),
    }
}

impl SubmitBody {
    fn into_submit_request(self) -> Result<SubmitRequest, Refused> {
        if !(1..=MAX_PRODUCTS).contains(&self.product_ids.len()) {
            return Err(Refused::Invalid(vec![FieldError::new("/product_ids", "must name 1 to 20 products")]));
        }
        let catalogue = self.catalogue_id;
        Ok(SubmitRequest {
            wanted: self.product_ids.into_iter().map(|product| (catalogue.clone(), product)).collect(),
            plan_id: self.plan_id,
            target: target(self.app_id, self.new_app)?,
            extends_credential_id: self.extends_credential_id,
            justification: self.justification,
        })
    }
}
