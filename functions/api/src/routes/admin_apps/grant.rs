//! `POST /v1/admin/apps/{id}/grants`

use axum::extract::State;
use gatepass_app::grant::{self, GrantRequest};
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_http::{Id, IdempotencyKey, JsonBody, Owner, Problem, Reply, RequestContext};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::access_requests::response::AccessRequestResponse;
use crate::routes::access_requests::submit::answer;
use crate::state::Api;

/// The access to grant.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct GrantBody {
    /// The products: 1 to 20, which share an authentication method.
    #[schema(min_items = 1, max_items = 20)]
    product_ids: Vec<ProductId>,
    /// The plan.
    plan_id: PlanId,
    /// The catalogue that offers both; any that does, unless one is named.
    catalogue_id: Option<CatalogueId>,
    /// A credential of the app that is to open the products too.
    #[schema(value_type = Option<String>, format = "uuid")]
    extends_credential_id: Option<CredentialId>,
    /// A text for the record, at most 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Grants access to an app without a request. Under a plan that needs two approvals it is a pending request, which somebody
/// else completes. Nobody grants access to an app in which they have an interest of their own.
#[utoipa::path(post, path = "/v1/admin/apps/{id}/grants", tag = "admin: apps", operation_id = "grant_access",
    security(("bearer" = ["administrator"])), params(Id<AppId>, IdempotencyKey),
    request_body = GrantBody, responses((status = 201, body = AccessRequestResponse, headers(("Location" = String)))))]
pub(crate) async fn grant(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    key: IdempotencyKey,
    JsonBody { value: body, bytes }: JsonBody<GrantBody>,
) -> Result<Reply, Problem> {
    let GrantBody { product_ids, plan_id, catalogue_id, extends_credential_id, note } = body;
    let asked = GrantRequest { product_ids, plan_id, catalogue_id, extends_credential_id, note };
    asked.check()?;
    let idempotent = key.idempotent(&owner.person().id, &bytes);
    let id = id.parse()?;
    answer(&api, grant::grant(&api.store, &mut context, &owner, id, &asked, &idempotent).await?).await
}
