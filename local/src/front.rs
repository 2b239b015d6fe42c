//! The HTTP front: one loopback address for the API, the local extras and the portal.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::json;

use crate::gateway::Gateway;
use crate::guard::only_local_callers;
use crate::local_routes::{self, Extras};
use crate::oidc::{self, Issuer};
use crate::portal::Portal;

/// The parts behind the front.
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
        Method::GET | Method::HEAD => match better_address(&request, front.port) {
            Some(address) => Redirect::temporary(&address).into_response(),
            None => front.portal.serve(path).await,
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The address at which to look at the portal instead, for one that browsers would not understand as a page of it.
///
/// To a browser, `localhost` is another site than the one that the issuer knows, and would not be let in there. And
/// `//host/x` in a page means the address `/x` of another site: the portal could not even write down where it is.
fn better_address(request: &Request, port: u16) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = format!("/{}", asked.trim_start_matches(['/', '\\']));
    let origin = origin(port);
    (origin.strip_prefix("http://") != Some(host) || path != asked).then(|| format!("{origin}{path}"))
}

/// The address of the front, as its issuer spells it.
fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
