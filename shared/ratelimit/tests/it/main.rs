//! The layer, around a service that counts its calls.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepass_ratelimit::{AuthorizerContext, LimitName, RateLimitLayer, Standing, Verdict};
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};

/// The answer to a call with this verdict, and how often the API was called.
async fn call(verdict: Option<&Verdict>) -> (Response<String>, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let api = service_fn(|_: Request<()>| {
        calls.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, Infallible>(Response::new("storms".to_owned())) }
    });
    let mut request = Request::new(());
    if let Some(verdict) = verdict {
        request.extensions_mut().insert(AuthorizerContext(verdict.to_context()));
    }
    let response = RateLimitLayer.layer(api).oneshot(request).await.unwrap();
    (response, calls.load(Ordering::SeqCst))
}

fn verdict(over: Option<LimitName>) -> Verdict {
    Verdict {
        rate: Some(Standing { requests: 25, per_seconds: 1, remaining: 7, reset_seconds: 1 }),
        quota: Some(Standing { requests: 1000, per_seconds: 86_400, remaining: 0, reset_seconds: 3600 }),
        over,
    }
}

fn header<'a>(response: &'a Response<String>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

// Covers P22.
#[tokio::test]
async fn a_call_over_the_limit_is_answered_429_and_never_reaches_the_api() {
    for (over, seconds, says) in [(LimitName::Quota, "3600", "quota"), (LimitName::Rate, "1", "rate limit")] {
        let (response, calls) = call(Some(&verdict(Some(over)))).await;
        assert_eq!((response.status().as_u16(), calls), (429, 0));
        assert_eq!(header(&response, "retry-after"), Some(seconds));
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        assert_eq!(header(&response, "ratelimit"), Some("\"rate_limit\";r=7;t=1, \"quota\";r=0;t=3600"));
        assert!(response.body().contains(says), "{}", response.body());
    }
}

#[tokio::test]
async fn a_call_within_the_limits_passes_and_is_told_what_is_left() {
    let (response, calls) = call(Some(&verdict(None))).await;
    assert_eq!((response.status().as_u16(), calls, response.body().as_str()), (200, 1, "storms"));
    assert_eq!(header(&response, "ratelimit-policy"), Some("\"rate_limit\";q=25;w=1, \"quota\";q=1000;w=86400"));
    assert_eq!(header(&response, "retry-after"), None);
}

#[tokio::test]
async fn where_nothing_is_counted_nothing_is_said() {
    for verdict in [None, Some(Verdict::default())] {
        let (response, calls) = call(verdict.as_ref()).await;
        assert_eq!((response.status().as_u16(), calls), (200, 1));
        assert_eq!((header(&response, "ratelimit"), header(&response, "ratelimit-policy")), (None, None));
    }
}

#[test]
fn a_verdict_survives_the_context() {
    for verdict in [verdict(None), verdict(Some(LimitName::Quota)), Verdict::default()] {
        assert_eq!(Verdict::from_context(&verdict.to_context()), verdict);
    }
}
