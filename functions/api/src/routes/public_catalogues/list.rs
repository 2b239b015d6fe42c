//! `GET /v1/public/catalogues`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_domain::PersonId;
use gatepass_http::{Listed, NoFilter, PageQuery, Problem};

use crate::routes::catalogues::views::CatalogueSummary;
use crate::state::Api;

/// The catalogues presented to everybody.
#[utoipa::path(get, path = "/v1/public/catalogues", tag = "catalogues", operation_id = "list_public_catalogues",
    params(PageQuery<NoFilter>), responses((status = 200, body = Listed<CatalogueSummary>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    query: PageQuery<NoFilter>,
) -> Result<Json<Listed<CatalogueSummary>>, Problem> {
    let store = &api.store;
    let load = |limit, after: Option<_>| async move { browse::catalogues(store, None, limit, after.as_ref()).await };
    // Cursors are bound to a person; these are for whoever it may be.
    let anybody = PersonId(String::new());
    api.page(&anybody, &query, load, CatalogueSummary::from).await
}
