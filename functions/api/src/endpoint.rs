//! An endpoint: a method, a path and the handler that serves them.

use axum::handler::Handler;
use axum::routing::{MethodRouter, on};
use utoipa::openapi::HttpMethod;
use utoipa_axum::PathItemExt;

use crate::state::Api;

/// A method and a path: `POST /v1/access-requests`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// HTTP method, in capitals.
    pub method: String,
    /// Path with parameters in braces.
    pub path: String,
}

impl Route {
    /// True for the endpoints that seal keys or open sealed ones.
    pub fn handles_keys(&self) -> bool {
        ["/reveal", "/rotate", "/owner"].iter().any(|end| self.path.ends_with(end))
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// An endpoint.
pub struct Endpoint {
    /// Its method and path.
    pub route: Route,
    pub(crate) handler: MethodRouter<Api>,
}

impl Endpoint {
    /// The endpoint that `handler` serves, one for each of its methods. `P` is the marker that `#[utoipa::path]` makes of
    /// the method and path in the handler's attribute; it makes no schemas to tell them.
    pub(crate) fn of<P: utoipa::Path, H: Handler<T, Api>, T: 'static>(handler: H) -> impl Iterator<Item = Self> {
        P::methods().into_iter().map(move |method| Self {
            route: Route { method: name(&method).to_owned(), path: P::path() },
            handler: on(method.to_method_filter(), handler.clone()),
        })
    }
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Put => "PUT",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.route)
    }
}
