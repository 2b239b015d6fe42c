//! The list of endpoints, and the OpenAPI document that follows from it.

use std::sync::LazyLock;

use axum::routing::MethodRouter;
use gatepass_http::{FieldError, ProblemBody};
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::config::Route;
use crate::routes;
use crate::routes::problems::GatewayMessage;
use crate::state::Api;

/// An endpoint.
pub struct Endpoint {
    /// Its method and path.
    pub route: Route,
    /// Whether it opens sealed keys.
    pub reveals: bool,
    pub(crate) handler: MethodRouter<Api>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.route)
    }
}

/// Every endpoint, in the order of the document: listed once a process, for the list comes with the
/// schemas of everything that endpoints take and answer.
pub fn endpoints() -> &'static [Endpoint] {
    static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(list);
    &ENDPOINTS
}

fn list() -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for (_, paths, handler) in routes::all() {
        for (path, item) in paths.paths {
            let route = Route { method: method(&item).to_owned(), path };
            let reveals = route.path.ends_with("/reveal");
            endpoints.push(Endpoint { route, reveals, handler: handler.clone() });
        }
    }
    endpoints
}

/// The OpenAPI 3.1 document of all endpoints.
pub fn document() -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema_from::<GatewayMessage>()
        .schema_from::<ProblemBody>()
        .schema_from::<FieldError>()
        .build();
    let info =
        InfoBuilder::new().title("Gatepass").version("1").description(Some(include_str!("description.md"))).build();
    let base = OpenApiBuilder::new().info(info).components(Some(components)).build();
    let router = routes::all().into_iter().fold(OpenApiRouter::with_openapi(base), OpenApiRouter::routes);
    router.into_openapi()
}

fn method(item: &PathItem) -> &'static str {
    [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("PATCH", &item.patch), ("DELETE", &item.delete)]
        .into_iter()
        .find_map(|(method, operation)| operation.is_some().then_some(method))
        .unwrap_or("GET")
}
