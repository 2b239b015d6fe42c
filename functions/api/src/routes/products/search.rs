//! `GET /v1/products`

use axum::Json;
use axum::extract::State;
use gatepass_app::browse;
use gatepass_domain::id::CatalogueId;
use gatepass_domain::product::AuthMethod;
use gatepass_http::{Caller, Listed, PageQuery, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::routes::catalogues::views::ProductSummary;
use crate::state::Api;

/// The most characters of a search.
const MAX_TEXT: usize = 200;

/// The products to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchFilters {
    /// Words that the name, the id or the description must contain, every one of them, in upper or lower case.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only products with this authentication method.
    #[param(inline)]
    auth_method: Option<AuthMethod>,
    /// Only products of this catalogue.
    catalogue_id: Option<CatalogueId>,
}

/// A product, with the catalogues of the caller that offer it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundProduct {
    #[serde(flatten)]
    product: ProductSummary,
    /// The catalogues.
    catalogue_ids: Vec<CatalogueId>,
}

/// The products that the caller may see, by id, each once.
///
/// One page looks at 500 products at most: where few of many match, it has fewer rows than `limit`, and `next_cursor`
/// goes on.
#[utoipa::path(get, path = "/v1/products", tag = "catalogues", operation_id = "search_products", security(("bearer" = [])),
    params(PageQuery<SearchFilters>), responses((status = 200, body = Listed<FoundProduct>)))]
pub(crate) async fn search(
    State(api): State<Api>,
    Caller(caller): Caller,
    query: PageQuery<SearchFilters>,
) -> Result<Json<Listed<FoundProduct>>, Problem> {
    let SearchFilters { q, auth_method, catalogue_id } = &query.filter;
    let text = q.clone().unwrap_or_default();
    if text.chars().count() > MAX_TEXT {
        return Err(Problem::parameter("q", &format!("must have at most {MAX_TEXT} characters")));
    }
    let search = browse::Search { text, auth_method: *auth_method, catalogue_id: catalogue_id.clone() };
    let (store, who, search) = (&api.store, &caller, &search);
    let load = |limit, after: Option<_>| async move { browse::search(store, who, search, limit, after.as_ref()).await };
    api.page(&caller.id, &query, load, |found| FoundProduct {
        product: found.product.into(),
        catalogue_ids: found.catalogue_ids,
    })
    .await
}
