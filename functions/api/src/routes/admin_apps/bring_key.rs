//! `POST /v1/admin/apps/{id}/credentials`

use axum::extract::State;
use gatepass_app::bring_key;
use gatepass_app::grant::GrantRequest;
use gatepass_domain::id::{AppId, PlanId, ProductId};
use gatepass_domain::{Credential, Versioned};
use gatepass_http::{Answer, Id, IdempotencyKey, JsonBody, Owner, Problem, Reply, RequestContext, created};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::routes::credentials::response::CredentialResponse;
use crate::state::Api;

/// A key that an app has already, and what it is to open. It cannot be printed: it holds the key.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BringKeyBody {
    /// The products: 1 to 20, of the built-in gateway.
    #[schema(min_items = 1, max_items = 20)]
    product_ids: Vec<ProductId>,
    /// The plan.
    plan_id: PlanId,
    /// The key: 24 to 128 visible ASCII characters, at least 12 of them different. Gatepass keeps a digest of it alone.
    #[schema(min_length = 24, max_length = 128, pattern = "^[!-~]*$")]
    key: String,
}

/// Takes over a key that an app has already, from another system. It opens the products by the next call, and nobody can
/// reveal it. Nobody does this for an app in which they have an interest of their own, nor under a plan that needs two
/// approvals.
#[utoipa::path(post, path = "/v1/admin/apps/{id}/credentials", tag = "admin: apps", operation_id = "bring_key",
    security(("bearer" = ["administrator"])), params(Id<AppId>, IdempotencyKey), request_body = BringKeyBody,
    responses((status = 201, body = CredentialResponse, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn bring_key(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    idempotency_key: IdempotencyKey,
    JsonBody { value: BringKeyBody { product_ids, plan_id, key }, bytes }: JsonBody<BringKeyBody>,
) -> Result<Reply, Problem> {
    let asked = GrantRequest { product_ids, plan_id, catalogue_id: None, extends_credential_id: None, note: None };
    asked.check()?;
    let idempotent = idempotency_key.idempotent(&owner.person().id, &bytes);
    let id = id.parse()?;
    let credential = bring_key::bring_key(&api.store, &mut context, &owner, id, &asked, &key, &idempotent).await;
    Reply::to(credential, answer)
}

fn answer(credential: &Versioned<Credential>) -> Answer {
    let location = format!("/v1/apps/{}/credentials/{}", credential.app_id, credential.id);
    let version = credential.version;
    created(&CredentialResponse::new(credential.clone(), None), location).tagged(version)
}
