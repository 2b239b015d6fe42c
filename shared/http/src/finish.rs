//! The frame around every endpoint: one log line and span a request, and problems written out.

use axum::extract::Request;
use axum::http::{Extensions, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gatepass_domain::context::Origin;
use lambda_http::request::RequestContext;
use tracing::Instrument;

use crate::problem::Problem;

/// For answers that nobody may keep: those to a signed-in person, and problems.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Runs the endpoint inside a span that carries the request's id, and writes a [`Problem`] out as
/// `application/problem+json`. Answers to a bearer of a token are not to be stored.
pub async fn finish(request: Request, next: Next) -> Response {
    let id = exchange_id(request.extensions());
    let authenticated = request.headers().contains_key(header::AUTHORIZATION);
    let span =
        tracing::info_span!("http", correlation_id = %id, method = %request.method(), path = request.uri().path());
    async move {
        let mut response = write_problem(next.run(request).await, &id);
        if authenticated {
            response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
        }
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// The id that API Gateway gave the request. It is the correlation id of everything that follows from it.
pub(crate) fn exchange_id(extensions: &Extensions) -> String {
    let id = match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    id.unwrap_or_else(|| "unknown".to_owned())
}

/// The longest user agent that goes on record, in characters.
const MOST_OF_AGENT: usize = 256;

/// The address and the program that the request came from, as API Gateway saw them.
pub(crate) fn origin(extensions: &Extensions) -> Option<Origin> {
    let Some(RequestContext::ApiGatewayV2(context)) = extensions.get::<RequestContext>() else { return None };
    let source_address = context.http.source_ip.clone()?;
    let user_agent = context.http.user_agent.as_ref().filter(|agent| !agent.is_empty());
    let user_agent = user_agent.map(|agent| agent.chars().take(MOST_OF_AGENT).collect());
    Some(Origin { source_address, user_agent })
}

fn write_problem(mut response: Response, id: &str) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED || response.status() == StatusCode::NOT_FOUND => {
            Problem::not_found("address")
        }
        None => return response,
    };
    let Problem { status, headers, mut body } = problem;
    body.request_id = id.to_owned();
    let text = serde_json::to_string(&body).unwrap_or_default();
    let mut response = (status, text).into_response();
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    response
}
