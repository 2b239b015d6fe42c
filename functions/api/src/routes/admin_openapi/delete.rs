//! `DELETE /v1/admin/products/{id}/openapi`

use axum::extract::State;
use axum::http::StatusCode;
use gatepass_app::api_documents;
use gatepass_domain::id::ProductId;
use gatepass_http::{Id, OptionalIfMatch, Owner, Problem, RequestContext};

use crate::state::Api;

/// Deletes the OpenAPI document of a product. It succeeds again when there is none.
#[utoipa::path(delete, path = "/v1/admin/products/{id}/openapi", tag = "admin: offerings",
    operation_id = "admin_delete_product_openapi", security(("bearer" = ["administrator"])), params(Id<ProductId>, OptionalIfMatch),
    responses((status = 204)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<ProductId>,
    OptionalIfMatch(precondition): OptionalIfMatch,
) -> Result<StatusCode, Problem> {
    api_documents::delete(&api.store, &mut context, &owner, &id.parse()?, precondition).await?;
    Ok(StatusCode::NO_CONTENT)
}
