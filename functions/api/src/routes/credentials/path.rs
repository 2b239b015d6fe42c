//! The path of one credential of an app.

use gatepass_domain::id::{AppId, CredentialId, ProductId};
use gatepass_http::{Id, path_parameter};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// The parameters of `/v1/apps/{id}/credentials/{cid}`.
#[derive(Debug, Deserialize)]
pub(crate) struct CredentialPath {
    pub(crate) id: Id<AppId>,
    pub(crate) cid: Id<CredentialId>,
}

impl IntoParams for CredentialPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter::<AppId>("id"), path_parameter::<CredentialId>("cid")]
    }
}

/// The parameters of `/v1/apps/{id}/credentials/{cid}/products/{product_id}`.
#[derive(Debug, Deserialize)]
pub(crate) struct GrantPath {
    pub(crate) id: Id<AppId>,
    pub(crate) cid: Id<CredentialId>,
    pub(crate) product_id: Id<ProductId>,
}

impl IntoParams for GrantPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            path_parameter::<AppId>("id"),
            path_parameter::<CredentialId>("cid"),
            path_parameter::<ProductId>("product_id"),
        ]
    }
}
