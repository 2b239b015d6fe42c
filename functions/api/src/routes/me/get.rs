//! `GET /v1/me`

use axum::Json;
use axum::extract::State;
use gatepass_app::reviewers::{self, ApproverOf};
use gatepass_app::settings;
use gatepass_domain::Person;
use gatepass_domain::id::ProductId;
use gatepass_domain::person::API_OWNERS;
use gatepass_domain::settings::AccessFlow;
use gatepass_http::{Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Api;

/// The caller, and the settings that concern them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    person: Person,
    /// The ways to submit requests: from the cart, directly, or both.
    access_flow: AccessFlow,
    /// True for members of the group `api-owners`, who manage everything and may decide on every request.
    administrator: bool,
    /// The products whose requests the caller decides on as a member of an approver group, by slug; at most 100.
    approver_of: Vec<ProductId>,
    /// True when there are more than `approver_of` names.
    approver_of_more: bool,
}

/// The caller as the API sees them, and the ways in which access can be asked for.
#[utoipa::path(get, path = "/v1/me", tag = "me", operation_id = "me", security(("bearer" = [])),
    responses((status = 200, body = Me)))]
pub(crate) async fn get(State(api): State<Api>, Caller(person): Caller) -> Result<Json<Me>, Problem> {
    let access_flow = settings::access_flow(&api.store).await?;
    let ApproverOf { product_ids, more } = reviewers::approver_of(&api.store, &person).await?;
    let administrator = person.belongs_to(API_OWNERS);
    Ok(Json(Me { person, access_flow, administrator, approver_of: product_ids, approver_of_more: more }))
}
