//! The stored form of a catalogue.

use gatepass_domain::Catalogue;
use gatepass_domain::catalogue::Audience;
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// A catalogue.
#[derive(Debug, Serialize, Deserialize)]
pub struct CatalogueForm {
    schema_version: u32,
    id: CatalogueId,
    name: String,
    description: String,
    audience: Audience,
    product_ids: Vec<ProductId>,
    plan_ids: Vec<PlanId>,
    #[serde(default)]
    recommended_plan_id: Option<PlanId>,
}

impl From<&Catalogue> for CatalogueForm {
    fn from(catalogue: &Catalogue) -> Self {
        let Catalogue { id, name, description, audience, product_ids, plan_ids, recommended_plan_id } =
            catalogue.clone();
        Self {
            schema_version: SCHEMA_VERSION,
            id,
            name,
            description,
            audience,
            product_ids,
            plan_ids,
            recommended_plan_id,
        }
    }
}

impl From<CatalogueForm> for Catalogue {
    fn from(form: CatalogueForm) -> Self {
        let CatalogueForm {
            schema_version: _,
            id,
            name,
            description,
            audience,
            product_ids,
            plan_ids,
            recommended_plan_id,
        } = form;
        Self { id, name, description, audience, product_ids, plan_ids, recommended_plan_id }
    }
}
