//! `GET /v1/products/{id}`

use axum::Json;
use axum::extract::State;
use gatepass_app::{Refused, browse};
use gatepass_domain::ApiDocument;
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::policy::{self, Inputs, Review, Subject};
use gatepass_http::{Caller, Id, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::pagination::fitting;
use crate::routes::catalogues::views::{MAX_BYTES, PlanSummary, ProductSummary};
use crate::state::Api;

/// A product, with the plans open to the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductDetail {
    #[serde(flatten)]
    product: ProductSummary,
    /// The facts about its OpenAPI document, which `/v1/products/{id}/openapi` answers; `null` when it has none.
    openapi: Option<ApiDocument>,
    /// The plans open to the caller, each once.
    plans: Vec<OfferedPlan>,
    /// The offers of the product to the caller, to be named in a request.
    offers: Vec<OfferView>,
    /// The seconds within which people decided on half of the newest requests for it; `null` when they decided on fewer than five.
    #[schema(example = 5400)]
    usual_wait_seconds: Option<i64>,
    /// True when `plans` or `offers` ends early, because the answer would be larger than 1 MB.
    more: bool,
}

/// A plan open to the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferedPlan {
    #[serde(flatten)]
    plan: PlanSummary,
    /// How the approval policy would decide if the caller requested this product now.
    approval: ExpectedApproval,
}

/// The approval that a request would need.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpectedApproval {
    /// Automatic, or manual review.
    review: Review,
    /// The number of people who must approve a request that is reviewed.
    approvals_required: u8,
    /// The reasons, one for each condition.
    reasons: Vec<String>,
}

/// A catalogue that offers the product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// The catalogue.
    catalogue_id: CatalogueId,
    /// The plans under which it offers the product.
    plan_ids: Vec<PlanId>,
}

/// One product, with the plans open to the caller.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "catalogues", operation_id = "get_product", security(("bearer" = [])),
    params(Id<ProductId>), responses((status = 200, body = ProductDetail)))]
pub(crate) async fn get(
    State(api): State<Api>,
    Caller(caller): Caller,
    id: Id<ProductId>,
) -> Result<Json<ProductDetail>, Problem> {
    let offer = browse::product(&api.store, &caller, &id.parse()?).await?;
    let openapi = api.store.api_document(&offer.product.id).await.map_err(Refused::from)?;
    let usual_wait = browse::usual_wait(&api.store, &offer.product.id).await?;
    let requester = Subject { id: caller.id.clone(), groups: caller.groups.clone() };
    let product_ids = vec![offer.product.id.clone()];
    let plans = offer.plans.into_iter().map(|plan| {
        let inputs = Inputs { requester: requester.clone(), product_ids: product_ids.clone() };
        let verdict = policy::evaluate(&plan, inputs);
        let approval = ExpectedApproval {
            review: verdict.review,
            approvals_required: plan.approvals_required,
            reasons: verdict.reasons,
        };
        OfferedPlan { plan: plan.into(), approval }
    });
    let offers = offer.catalogues.into_iter().map(|(catalogue_id, plan_ids)| OfferView { catalogue_id, plan_ids });
    let (plans, offers) = (fitting(plans, MAX_BYTES), fitting(offers, MAX_BYTES));
    Ok(Json(ProductDetail {
        product: offer.product.into(),
        openapi,
        usual_wait_seconds: usual_wait.map(|wait| wait.as_secs()),
        more: plans.more || offers.more,
        plans: plans.items,
        offers: offers.items,
    }))
}
