//! `PUT /v1/admin/products/{id}/openapi`

use axum::Json;
use axum::extract::State;
use gatepass_app::api_documents;
use gatepass_domain::ApiDocument;
use gatepass_domain::id::ProductId;
use gatepass_http::{DocumentBody, Id, OptionalIfMatch, Owner, Problem, RequestContext};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The OpenAPI document that a product has from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadedDocument {
    #[serde(flatten)]
    document: ApiDocument,
    /// The ways in which clients of the document that it replaced may fail: at most 100.
    breaking_changes: Vec<BreakingChangeView>,
    /// True when there are more breaking changes than `breaking_changes` names.
    more: bool,
}

/// A change by which clients may fail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BreakingChange)]
pub(crate) struct BreakingChangeView {
    /// Method and path of the operation.
    #[schema(example = "GET /forecast")]
    operation: String,
    /// JSON pointer (RFC 6901) to the changed value: in the new document, or of what was removed, in the old one.
    #[schema(example = "/paths/~1forecast/get/parameters")]
    pointer: String,
    /// The change.
    #[schema(example = "the query parameter `hours` is required now")]
    detail: String,
}

/// Uploads or replaces the OpenAPI document of a product: version 3.0 or 3.1, at most 2 MiB, without references to other
/// documents. Extensions of AWS (`x-amazon-…`) are taken out. Faults are named with their line and JSON pointer.
#[utoipa::path(put, path = "/v1/admin/products/{id}/openapi", tag = "admin: offerings",
    operation_id = "admin_put_product_openapi", security(("bearer" = ["administrator"])), params(Id<ProductId>, OptionalIfMatch),
    request_body(content((serde_json::Value = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = UploadedDocument)))]
pub(crate) async fn put(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    id: Id<ProductId>,
    OptionalIfMatch(precondition): OptionalIfMatch,
    DocumentBody { text, format }: DocumentBody,
) -> Result<Json<UploadedDocument>, Problem> {
    let id = id.parse()?;
    let uploaded = api_documents::upload(&api.store, &mut context, &owner, &id, precondition, &text, format).await?;
    let breaking_changes = uploaded.breaking.items.into_iter().map(|change| BreakingChangeView {
        operation: change.operation,
        pointer: change.pointer,
        detail: change.detail,
    });
    Ok(Json(UploadedDocument {
        document: uploaded.document,
        breaking_changes: breaking_changes.collect(),
        more: uploaded.breaking.more,
    }))
}
