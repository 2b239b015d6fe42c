//! The consumer's view of catalogues, products and plans: not the owners' addresses, not the
//! gateways, not whom a plan trusts.

use gatepass_app::browse::Shelf;
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::plan::Limit;
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::{Catalogue, Plan, Product, Versioned};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::pagination::fitting;

/// A catalogue as its audience sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueSummary {
    /// Slug.
    id: CatalogueId,
    /// Display name.
    name: String,
    /// Description, at most 2,000 characters.
    description: String,
    /// Products it shows.
    product_ids: Vec<ProductId>,
    /// Plans under which each of its products can be had.
    plan_ids: Vec<PlanId>,
    /// The plan of `plan_ids` that is recommended, if one is.
    recommended_plan_id: Option<PlanId>,
    /// Version: 1, and one more with each change.
    version: u64,
}

/// A product as its audience sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductSummary {
    /// Slug.
    id: ProductId,
    /// Display name.
    name: String,
    /// The description of the API.
    description: String,
    /// Authentication method.
    auth_method: AuthMethod,
    /// Pages to read on.
    documentation_url: Option<String>,
    /// How far one can rely on it.
    status: ProductStatus,
    /// The day from which a deprecated product may stop working.
    #[schema(value_type = Option<String>, format = Date)]
    sunset_on: Option<Date>,
    /// The place to ask for help: a mail address, or an `https` address.
    support: Option<String>,
    /// Version: 1, and one more with each change.
    version: u64,
}

/// A plan as its audience sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanSummary {
    /// Slug.
    id: PlanId,
    /// Display name.
    name: String,
    /// The purpose of the plan.
    description: String,
    /// Rate limit of an app; `null` is unlimited.
    rate_limit: Option<Limit>,
    /// Quota of an app; `null` is unlimited.
    quota: Option<Limit>,
    /// Lifetime of a key in seconds; `null` means that it does not expire.
    key_expires_in_seconds: Option<u64>,
    /// Duration of access in seconds; `null` means until it is revoked.
    access_expires_in_seconds: Option<u64>,
    /// How often a person may ask for it; `null` is unlimited.
    request_allowance: Option<Limit>,
    /// The review that a request needs: none, or the owners'.
    auto_approve: bool,
    /// OAuth 2.0 scopes that the plan grants.
    scopes: Vec<String>,
    /// Version: 1, and one more with each change.
    version: u64,
}

/// A catalogue with what it shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueDetail {
    #[serde(flatten)]
    catalogue: CatalogueSummary,
    /// Its published products.
    products: Vec<ProductSummary>,
    /// Its plans.
    plans: Vec<PlanSummary>,
    /// True when `products` or `plans` ends early, because the answer would be larger than 1 MB. `product_ids` and `plan_ids`
    /// are complete.
    more: bool,
}

/// The most bytes of products and of plans in one answer: both and what stands beside them are below 1 MB.
pub(crate) const MAX_BYTES: usize = 450_000;

impl From<Versioned<Catalogue>> for CatalogueSummary {
    fn from(Versioned { content, version, .. }: Versioned<Catalogue>) -> Self {
        let Catalogue { id, name, description, product_ids, plan_ids, recommended_plan_id, audience: _ } = content;
        Self { id, name, description, product_ids, plan_ids, recommended_plan_id, version }
    }
}

impl From<Versioned<Product>> for ProductSummary {
    fn from(Versioned { content, version, .. }: Versioned<Product>) -> Self {
        let Product { id, name, description, auth_method, documentation_url, status, sunset_on, support, .. } = content;
        Self { id, name, description, auth_method, documentation_url, status, sunset_on, support, version }
    }
}

impl From<Versioned<Plan>> for PlanSummary {
    fn from(Versioned { content, version, .. }: Versioned<Plan>) -> Self {
        let Plan { id, name, description, rate_limit, quota, request_allowance, auto_approve, scopes, .. } = content;
        Self {
            id,
            name,
            description,
            rate_limit,
            quota,
            key_expires_in_seconds: content.key_expires_in_seconds,
            access_expires_in_seconds: content.access_expires_in_seconds,
            request_allowance,
            auto_approve,
            scopes,
            version,
        }
    }
}

impl From<Shelf> for CatalogueDetail {
    fn from(Shelf { catalogue, products, plans }: Shelf) -> Self {
        let products = fitting(products.into_iter().map(ProductSummary::from), MAX_BYTES);
        let plans = fitting(plans.into_iter().map(PlanSummary::from), MAX_BYTES);
        Self {
            catalogue: catalogue.into(),
            more: products.more || plans.more,
            products: products.items,
            plans: plans.items,
        }
    }
}
