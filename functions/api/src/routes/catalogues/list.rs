//! `GET /v1/catalogues`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_http::{Caller, Listed, NoFilter, PageQuery, Problem};

use super::views::CatalogueSummary;
use crate::state::Api;

/// The catalogues presented to the caller.
#[utoipa::path(get, path = "/v1/catalogues", tag = "catalogues", operation_id = "list_catalogues", security(("bearer" = [])),
    params(PageQuery<NoFilter>), responses((status = 200, body = Listed<CatalogueSummary>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Caller(caller): Caller,
    query: PageQuery<NoFilter>,
) -> Result<Json<Listed<CatalogueSummary>>, Problem> {
    let (store, who) = (&api.store, &caller);
    let load =
        |limit, after: Option<_>| async move { browse::catalogues(store, Some(who), limit, after.as_ref()).await };
    api.page(&caller.id, &query, load, CatalogueSummary::from).await
}
