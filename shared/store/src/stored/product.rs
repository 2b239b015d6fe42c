//! The stored form of a product.

use gatepass_domain::Product;
use gatepass_domain::id::ProductId;
use gatepass_domain::product::{AuthMethod, ProductStatus};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::gateway::GatewayForm;

const SCHEMA_VERSION: u32 = 1;

/// A product.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProductForm {
    schema_version: u32,
    id: ProductId,
    name: String,
    description: String,
    auth_method: AuthMethod,
    gateway: GatewayForm,
    owners: Vec<String>,
    #[serde(default)]
    approver_groups: Vec<String>,
    documentation_url: Option<String>,
    published: bool,
    #[serde(default)]
    status: ProductStatus,
    #[serde(default)]
    sunset_on: Option<Date>,
    #[serde(default)]
    support: Option<String>,
}

impl From<&Product> for ProductForm {
    fn from(product: &Product) -> Self {
        let Product {
            id,
            name,
            description,
            auth_method,
            gateway,
            owners,
            approver_groups,
            documentation_url,
            published,
            status,
            sunset_on,
            support,
        } = product.clone();
        Self {
            schema_version: SCHEMA_VERSION,
            id,
            name,
            description,
            auth_method,
            gateway: gateway.into(),
            owners,
            approver_groups,
            documentation_url,
            published,
            status,
            sunset_on,
            support,
        }
    }
}

impl From<ProductForm> for Product {
    fn from(form: ProductForm) -> Self {
        let ProductForm {
            schema_version: _,
            id,
            name,
            description,
            auth_method,
            gateway,
            owners,
            approver_groups,
            documentation_url,
            published,
            status,
            sunset_on,
            support,
        } = form;
        Self {
            id,
            name,
            description,
            auth_method,
            gateway: gateway.into(),
            owners,
            approver_groups,
            documentation_url,
            published,
            status,
            sunset_on,
            support,
        }
    }
}
