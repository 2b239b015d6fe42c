//! The caller of an endpoint.
//!
//! API Gateway has verified the bearer token before the function runs; [`token`](crate::token) reads the claims.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gatepass_domain::{ApiOwner, Person};
use lambda_http::request::RequestContext;

use crate::problem::Problem;
use crate::token::{self, TokenRules};

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Caller(pub Person);

/// A signed-in API Owner.
#[derive(Debug, Clone)]
pub struct Owner(pub ApiOwner);

/// No token that API Gateway vouches for. API Gateway answers this itself; this is the same answer.
#[derive(Debug)]
pub struct Unauthorized;

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::WWW_AUTHENTICATE, "Bearer")];
        (StatusCode::UNAUTHORIZED, headers, r#"{"message":"Unauthorized"}"#).into_response()
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    TokenRules: FromRef<S>,
{
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthorized> {
        person(parts, &TokenRules::from_ref(state)).map(Caller).ok_or(Unauthorized)
    }
}

impl<S> FromRequestParts<S> for Owner
where
    S: Send + Sync,
    TokenRules: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Caller(person) = Caller::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        person.into_api_owner().map(Owner).map_err(|_| {
            let detail = "This is for members of the group `api-owners`.";
            Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into_response()
        })
    }
}

fn person(parts: &Parts, rules: &TokenRules) -> Option<Person> {
    let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get::<RequestContext>() else { return None };
    let verified = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    let authorization = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token::person(token.trim(), verified, rules))?
}
