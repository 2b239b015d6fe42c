//! The HTTP front: one loopback address for the API, the local extras and the portal.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::json;

use crate::gateway::{Gateway, message};
use crate::local_routes::{self, Extras};
use crate::oidc::{self, Issuer};
use crate::portal::Portal;

/// What the front leads to.
pub(crate) struct Front {
    pub(crate) gateway: Gateway,
    pub(crate) extras: Arc<Extras>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) portal: Portal,
    pub(crate) port: u16,
}

/// The front.
pub(crate) fn router(front: Front) -> Router {
    let port = front.port;
    let issuer = oidc::router(Arc::clone(&front.issuer));
    let extras = local_routes::router(Arc::clone(&front.extras));
    let config = json!({
        "api": "",
        "authority": oidc::issuer_url(port),
        "client_id": oidc::CLIENT_ID,
        "product_url": format!("{}/_local/apis/{{product_id}}", origin(port)),
    });
    let config = config.to_string();
    let config = move || async move { ([(header::CONTENT_TYPE, "application/json"), no_cache()], config) };
    Router::new()
        .route("/config.json", get(config))
        .fallback(api_or_portal)
        .with_state(Arc::new(front))
        .nest(oidc::PATH, issuer)
        .nest("/_local", extras)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(port, only_local_callers))
}

fn no_cache() -> (header::HeaderName, &'static str) {
    (header::CACHE_CONTROL, "no-cache")
}

async fn api_or_portal(State(front): State<Arc<Front>>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/v1" || path.starts_with("/v1/") {
        return front.gateway.handle(request).await;
    }
    match *request.method() {
        Method::GET | Method::HEAD => match elsewhere(&request, front.port) {
            Some(address) => Redirect::temporary(&address).into_response(),
            None => front.portal.serve(path).await,
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Where to look at the portal instead, when not at the address by which its issuer is known: to a browser,
/// `localhost` is another site, and would not be let in there.
fn elsewhere(request: &Request, port: u16) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let origin = origin(port);
    (origin.strip_prefix("http://") != Some(host)).then(|| format!("{origin}{path}"))
}

/// The address of the front, as its issuer spells it.
fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Turns away what a page of another site sends here: by its `Host`, when that site's name was made to
/// point here (DNS rebinding), or by its `Origin`.
async fn only_local_callers(State(port): State<u16>, request: Request, next: Next) -> Response {
    if !host_is_local(request.headers(), request.uri(), port) {
        return message(StatusCode::FORBIDDEN, "This address answers to localhost alone");
    }
    if !origin_is_local(request.headers()) {
        return message(StatusCode::FORBIDDEN, "Pages of other sites cannot use this address");
    }
    next.run(request).await
}

fn host_is_local(headers: &HeaderMap, uri: &Uri, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    };
    let named = |host: &str| is_local_name(host.strip_suffix(&format!(":{port}")).unwrap_or(""));
    host.is_some_and(named) && uri.authority().is_none_or(|authority| named(authority.as_str()))
}

/// Pages served from another port of this machine, such as those of a development server, are welcome.
fn origin_is_local(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
    let host = authority.map(|authority| authority.rsplit_once(':').map_or(authority, |(host, _)| host));
    host.is_some_and(is_local_name)
}

fn is_local_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_host_is_this_machine_on_this_port() {
        let is_local = |host: &str| host_is_local(&with(header::HOST, host), &Uri::from_static("/"), 3000);
        for good in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:3000"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["localhost", "localhost:3001", "evil.example:3000", "127.0.0.1.evil.example:3000", "", ":3000"] {
            assert!(!is_local(bad), "{bad}");
        }
        assert!(!host_is_local(&HeaderMap::new(), &Uri::from_static("/"), 3000));
        let absolute = Uri::from_static("http://evil.example:3000/");
        assert!(!host_is_local(&with(header::HOST, "localhost:3000"), &absolute, 3000));
    }

    #[test]
    fn pages_of_other_sites_are_turned_away() {
        let is_local = |origin: &str| origin_is_local(&with(header::ORIGIN, origin));
        assert!(origin_is_local(&HeaderMap::new()));
        for good in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:3000", "http://localhost"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["null", "https://evil.example", "http://evil.example:3000", "http://localhost.evil.example"] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
