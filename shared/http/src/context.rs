//! The surroundings of one HTTP request.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use gatepass_domain::Context;
use gatepass_lambda::Clock;

use crate::finish::{exchange_id, origin};
use crate::problem::Problem;

/// The time, entropy, origin and correlation id of one HTTP request. The correlation id is the id that API Gateway gave the
/// request.
#[derive(Debug)]
pub struct RequestContext(pub Context);

impl<S> FromRequestParts<S> for RequestContext
where
    S: Send + Sync,
    Clock: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = Clock::from_ref(state).context(exchange_id(&parts.extensions));
        let mut context = context.map_err(|cause| Problem::internal("no entropy", &cause))?;
        context.origin = origin(&parts.extensions);
        Ok(Self(context))
    }
}
