//! `GET /v1/admin/access-requests`

use axum::Json;
use axum::extract::State;
use gatepass_app::requests::{self, Whose};
use gatepass_domain::PersonId;
use gatepass_domain::access_request::{Order, Status, Unprovisioned};
use gatepass_domain::id::{AppId, ProductId};
use gatepass_http::{Listed, PageQuery, Problem};
use gatepass_store::{Filter, Listing};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::reviewing::Reviewing;
use crate::routes::access_requests::response::AccessRequestResponse;
use crate::state::Api;

/// The requests to list: `status` and `provisioning` go with one of `product_id`, `app_id` and `requester`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestFilters {
    /// Only requests that wait for a decision of the caller: of a group of theirs, not yet approved by them, and without an interest of
    /// their own in it.
    #[serde(default)]
    mine: bool,
    /// Only requests in this status.
    status: Option<Status>,
    /// Only approved requests whose access is being set up (`queued`) or could not be set up (`failed`).
    #[param(inline)]
    provisioning: Option<Unprovisioned>,
    /// Only requests for this product.
    product_id: Option<ProductId>,
    /// Only requests for this app.
    #[param(value_type = Option<String>, format = "uuid")]
    app_id: Option<AppId>,
    /// Only requests of the person with this id.
    requester: Option<String>,
    /// Order of the list.
    #[serde(default)]
    #[param(inline)]
    order: Order,
}

/// All access requests, also those approved automatically; for an approver those that name a product of theirs. Newest first
/// by default.
#[utoipa::path(get, path = "/v1/admin/access-requests", tag = "admin: access requests", operation_id = "admin_list_access_requests",
    security(("bearer" = ["approver"])), params(PageQuery<RequestFilters>), responses((status = 200, body = Listed<AccessRequestResponse>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Reviewing(reviewer): Reviewing,
    query: PageQuery<RequestFilters>,
) -> Result<Json<Listed<AccessRequestResponse>>, Problem> {
    let filter = filter(&query.filter)?;
    let RequestFilters { mine, status, provisioning, order, .. } = query.filter;
    if mine && (status.is_some_and(|status| status != Status::Pending) || provisioning.is_some()) {
        return Err(Problem::parameter(
            "mine",
            "only pending requests wait for a decision: leave `status` and `provisioning` out",
        ));
    }
    let whose = if mine { Whose::Mine } else { Whose::All };
    let (store, reviewer, filter) = (&api.store, &reviewer, &filter);
    let load = |limit, after| async move {
        let listing = Listing { status, provisioning, order, limit, after };
        requests::list_for(store, reviewer, whose, filter, &listing).await
    };
    api.page(&reviewer.person().id, &query, load, |(request, awaiting)| AccessRequestResponse::new(&request, awaiting))
        .await
}

fn filter(params: &RequestFilters) -> Result<Filter, Problem> {
    match (&params.product_id, &params.app_id, &params.requester) {
        (None, None, None) => Ok(Filter::Everything),
        (Some(product), None, None) => Ok(Filter::Product(product.clone())),
        (None, Some(app), None) => Ok(Filter::App(*app)),
        (None, None, Some(person)) => Ok(Filter::Requester(PersonId(person.clone()))),
        (Some(_), Some(_), _) => Err(combination("app_id")),
        (_, _, Some(_)) => Err(combination("requester")),
    }
}

fn combination(parameter: &str) -> Problem {
    let detail = "`status` and `provisioning` go with at most one of `product_id`, `app_id`, `requester`";
    Problem::parameter(parameter, detail)
}
