//! Who calls.
//!
//! API Gateway has verified the bearer token before the function runs. It hands claims over
//! flattened to strings, so that a list of groups becomes ambiguous; therefore the payload of that
//! same token is decoded here, and its subject must be the one that API Gateway vouches for.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepass_domain::{ApiOwner, Person, PersonId};
use lambda_http::request::RequestContext;
use serde_json::Value;

use crate::problem::Problem;

/// The name of the claim that lists groups; `cognito:groups` at Amazon Cognito.
#[derive(Debug, Clone)]
pub struct GroupsClaim(pub String);

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
    GroupsClaim: FromRef<S>,
{
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthorized> {
        let groups = GroupsClaim::from_ref(state);
        person(parts, &groups).map(Caller).ok_or(Unauthorized)
    }
}

impl<S> FromRequestParts<S> for Owner
where
    S: Send + Sync,
    GroupsClaim: FromRef<S>,
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

fn person(parts: &Parts, GroupsClaim(groups_claim): &GroupsClaim) -> Option<Person> {
    let vouched_for = vouched_subject(parts)?;
    let authorization = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    let claims = scheme.eq_ignore_ascii_case("bearer").then(|| payload(token.trim()))??;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let id = text("sub").filter(|subject| *subject == vouched_for)?;
    let groups = claims.get(groups_claim).and_then(Value::as_array).into_iter().flatten();
    Some(Person {
        name: text("name").unwrap_or_else(|| id.clone()),
        email: text("email"),
        groups: groups.filter_map(|group| group.as_str().map(str::to_owned)).collect(),
        organisation: text("organisation"),
        id: PersonId(id),
    })
}

fn vouched_subject(parts: &Parts) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get::<RequestContext>() else { return None };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    claims.get("sub").cloned()
}

fn payload(token: &str) -> Option<Value> {
    let mut segments = token.split('.');
    let (_, payload, _) = (segments.next()?, segments.next()?, segments.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
