//! Catalogues, products and plans as API Owners see them.

use std::collections::BTreeMap;

use gatepass_domain::catalogue::Audience;
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::plan::{AutoApproveWhen, Limit};
use gatepass_domain::product::{AuthMethod, Gateway, ProductStatus};
use gatepass_domain::{Catalogue, Plan, Product, Versioned};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// Products and plans shown to an audience.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_Catalogue)]
pub(crate) struct CatalogueResponse {
    /// Client-chosen slug.
    id: CatalogueId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Public APIs", min_length = 1, max_length = 100)]
    name: String,
    /// The content of the catalogue, at most 2,000 characters.
    #[schema(max_length = 2000)]
    description: String,
    /// The people who see it.
    audience: Audience,
    /// Products it shows, at most 200.
    product_ids: Vec<ProductId>,
    /// Plans under which each of its products can be had, at most 200.
    plan_ids: Vec<PlanId>,
    /// The plan of `plan_ids` that is marked as recommended, if there is one.
    recommended_plan_id: Option<PlanId>,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    pub(crate) version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An API that people can request access to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_Product)]
pub(crate) struct ProductResponse {
    /// Client-chosen slug.
    id: ProductId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Weather API", min_length = 1, max_length = 100)]
    name: String,
    /// The description of the API, at most 2,000 characters.
    #[schema(max_length = 2000)]
    description: String,
    /// Authentication method. Products of one request must have the same.
    auth_method: AuthMethod,
    /// The gateway at which access is provisioned.
    gateway: Gateway,
    /// Mail addresses of its API Owners, at most 20. They are notified of requests.
    owners: Vec<String>,
    /// Groups whose members decide on requests for it, at most 20. Without any, administrators alone decide.
    #[schema(example = json!(["payments-team"]), max_items = 20)]
    approver_groups: Vec<String>,
    /// Its documentation: an `https` address of at most 512 bytes, or an `http` address on loopback.
    documentation_url: Option<String>,
    /// True when others than the owners see it.
    published: bool,
    /// How far its consumers can rely on it.
    status: ProductStatus,
    /// The day from which a deprecated product may stop working.
    #[schema(value_type = Option<String>, format = Date, example = "2027-06-30")]
    sunset_on: Option<Date>,
    /// The place to ask for help: a mail address, or an `https` address of at most 512 bytes.
    #[schema(example = "weather-support@example.com")]
    support: Option<String>,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    pub(crate) version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// The terms under which access is granted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_Plan)]
pub(crate) struct PlanResponse {
    /// Client-chosen slug.
    id: PlanId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Gold", min_length = 1, max_length = 100)]
    name: String,
    /// The purpose of the plan, at most 2,000 characters.
    #[schema(max_length = 2000)]
    description: String,
    /// Rate limit of an app; `null` is unlimited.
    rate_limit: Option<Limit>,
    /// Quota of an app; `null` is unlimited.
    quota: Option<Limit>,
    /// Lifetime of a key in seconds; `null` means that it does not expire.
    #[schema(example = 2592000)]
    key_expires_in_seconds: Option<u64>,
    /// Approve requests automatically ("Auto approve access request").
    auto_approve: bool,
    /// Limits automatic approval to trusted users or specific products.
    auto_approve_when: AutoApproveWhen,
    /// How often a person may ask for this plan, over all apps; `null` is unlimited.
    request_allowance: Option<Limit>,
    /// How many different people must approve: 1 or 2.
    #[schema(example = 1, minimum = 1, maximum = 2)]
    approvals_required: u8,
    /// Duration of access in seconds; `null` means until it is revoked.
    access_expires_in_seconds: Option<u64>,
    /// Seconds after which those who decide on a request are reminded, again and again; `null` is as the settings have it.
    #[schema(example = 172800)]
    remind_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides is escalated, once; `null` is as the settings have it.
    #[schema(example = 432000)]
    escalate_after_seconds: Option<u64>,
    /// Seconds after which a request that nobody decides expires; `null` is as the settings have it.
    #[schema(example = 2592000)]
    expire_after_seconds: Option<u64>,
    /// OAuth 2.0 scopes that the plan grants.
    scopes: Vec<String>,
    /// The owner's own notes, handed to gateways; at most 50 pairs.
    metadata: BTreeMap<String, String>,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    pub(crate) version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Versioned<Catalogue>> for CatalogueResponse {
    fn from(Versioned { content, version, created_at, updated_at }: Versioned<Catalogue>) -> Self {
        let Catalogue { id, name, description, audience, product_ids, plan_ids, recommended_plan_id } = content;
        Self {
            id,
            name,
            description,
            audience,
            product_ids,
            plan_ids,
            recommended_plan_id,
            version,
            created_at,
            updated_at,
        }
    }
}

impl From<Versioned<Product>> for ProductResponse {
    fn from(Versioned { content, version, created_at, updated_at }: Versioned<Product>) -> Self {
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
        } = content;
        Self {
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
            version,
            created_at,
            updated_at,
        }
    }
}

impl From<Versioned<Plan>> for PlanResponse {
    fn from(Versioned { content, version, created_at, updated_at }: Versioned<Plan>) -> Self {
        let Plan {
            id,
            name,
            description,
            rate_limit,
            quota,
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance,
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
        } = content;
        Self {
            id,
            name,
            description,
            rate_limit,
            quota,
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance,
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
            version,
            created_at,
            updated_at,
        }
    }
}
