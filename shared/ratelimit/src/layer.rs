//! The layer around an API's service.

use std::collections::HashMap;
use std::task::{Context, Poll};

use futures_util::TryFutureExt;
use futures_util::future::{Either, MapOk, Ready, ready};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

use crate::verdict::Verdict;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The context that the authorizer gave API Gateway, as an extension of the request.
#[derive(Debug, Clone, Default)]
pub struct AuthorizerContext(pub HashMap<String, String>);

/// Answers 429 with `Retry-After` when the [`AuthorizerContext`] of a request says that it is over a limit, and adds the `RateLimit`
/// headers to every answer about which the context says something. A request without that extension passes.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateLimitLayer;

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> RateLimit<S> {
        RateLimit { inner }
    }
}

/// The service that [`RateLimitLayer`] makes.
#[derive(Debug, Clone)]
pub struct RateLimit<S> {
    inner: S,
}

type Told<B> = Box<dyn FnOnce(Response<B>) -> Response<B> + Send>;

impl<S, Body, Answer> Service<Request<Body>> for RateLimit<S>
where
    S: Service<Request<Body>, Response = Response<Answer>>,
    Answer: From<String>,
{
    type Response = Response<Answer>;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response<Answer>, S::Error>>, MapOk<S::Future, Told<Answer>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let context = request.extensions().get::<AuthorizerContext>();
        let verdict = context.map(|context| Verdict::from_context(&context.0)).unwrap_or_default();
        if verdict.over.is_some() {
            return Either::Left(ready(Ok(too_many_requests(&verdict))));
        }
        let tell: Told<Answer> = Box::new(move |mut response| {
            tell(&verdict, response.headers_mut());
            response
        });
        Either::Right(self.inner.call(request).map_ok(tell))
    }
}

/// Adds the `RateLimit` headers.
fn tell(verdict: &Verdict, headers: &mut HeaderMap) {
    let (policy, limit) = verdict.headers();
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, limit)] {
        if let Some(value) = HeaderValue::try_from(value).ok().filter(|value| !value.is_empty()) {
            headers.insert(name, value);
        }
    }
}

/// The answer to a call over a limit, as a problem (RFC 9457).
fn too_many_requests<B: From<String>>(verdict: &Verdict) -> Response<B> {
    let seconds = verdict.retry_after().unwrap_or_default().as_secs();
    let name = verdict.over.map_or("limit", |name| match name {
        crate::LimitName::Rate => "rate limit",
        crate::LimitName::Quota => "quota",
    });
    let body = format!(
        "{{\"title\":\"Too many requests\",\"status\":429,\"detail\":\"The {name} of the plan is used up: try again in \
         {seconds} seconds.\"}}"
    );
    let mut response = Response::new(B::from(body));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    tell(verdict, headers);
    response
}
