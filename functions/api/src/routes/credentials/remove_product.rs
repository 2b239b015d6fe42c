//! `DELETE /v1/apps/{id}/credentials/{cid}/products/{product_id}`

use axum::extract::State;
use gatepass_app::remove_product;
use gatepass_http::{Caller, OptionalIfMatch, PathParams, Problem, Reply, RequestContext};

use super::path::GrantPath;
use super::response::{CredentialResponse, answer};
use crate::state::Api;

/// Removes a product from a credential of one's own app: its keys no longer open it by the next call, and the app may ask for it
/// again. With its last product the credential is revoked. Only the owner of the app may.
#[utoipa::path(delete, path = "/v1/apps/{id}/credentials/{cid}/products/{product_id}", tag = "credentials",
    operation_id = "remove_credential_product", security(("bearer" = [])), params(GrantPath, OptionalIfMatch),
    responses((status = 200, body = CredentialResponse, headers(("ETag" = String)))))]
pub(crate) async fn remove_product(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    PathParams(GrantPath { id, cid, product_id }): PathParams<GrantPath>,
    OptionalIfMatch(precondition): OptionalIfMatch,
) -> Result<Reply, Problem> {
    let (of, product) = ((id.parse()?, cid.parse()?), product_id.parse()?);
    let credential =
        remove_product::remove_product(&api.store, &mut context, &caller, of, &product, &precondition).await?;
    let last_used_at = api.last_used_at(credential.id).await?;
    Ok(Reply(answer(&credential, last_used_at)))
}
