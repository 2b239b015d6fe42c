//! The issuer's endpoints.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::authorize::{Refusal, Request};
use super::token::LIFETIME;
use super::{CLIENT_ID, Issuer, Wanted, page};
use crate::people::Person;

type Shared = State<Arc<Issuer>>;

/// The issuer's endpoints, relative to where it is.
pub(crate) fn router(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(jwks))
        .route("/authorize", get(authorize).post(sign_in))
        .route("/token", post(token))
        .route("/userinfo", get(user_info).post(user_info))
        .route("/logout", get(logout))
        .fallback(StatusCode::NOT_FOUND)
        .with_state(issuer)
}

/// OpenID Connect Discovery 1.0, section 3.
async fn discovery(State(issuer): Shared) -> Json<Value> {
    let at = &issuer.tokens.issuer;
    Json(json!({
        "issuer": at,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "userinfo_endpoint": format!("{at}/userinfo"),
        "end_session_endpoint": format!("{at}/logout"),
        "jwks_uri": format!("{at}/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "email", "profile"],
        "claims_supported": ["sub", "name", "email", "email_verified", "cognito:groups", "organisation"],
    }))
}

async fn jwks(State(issuer): Shared) -> Json<Value> {
    Json(issuer.tokens.key.set())
}

async fn authorize(State(issuer): Shared, Query(request): Query<Request>) -> Response {
    match request.check(&issuer) {
        Ok(()) => html(StatusCode::OK, page::sign_in(&request), &request.redirect_uri),
        Err(refusal) => refused(&request, &refusal),
    }
}

#[derive(Deserialize)]
struct SignIn {
    user: String,
    #[serde(flatten)]
    request: Request,
}

async fn sign_in(State(issuer): Shared, Form(form): Form<SignIn>) -> Response {
    let request = form.request;
    if let Err(refusal) = request.check(&issuer) {
        return refused(&request, &refusal);
    }
    let Some(person) = Person::demo().find(|person| person.user == form.user) else {
        return refused(&request, &Refusal::Back("access_denied", "nobody of the demonstration has that name"));
    };
    let code = issuer.grants.code(request.clone().grant(person), issuer.clock.now());
    Redirect::to(&request.way_back(&[("code", &code)])).into_response()
}

fn refused(request: &Request, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Page(text) => html(StatusCode::BAD_REQUEST, page::problem(text), ""),
        Refusal::Back(error, description) => {
            let answer = [("error", *error), ("error_description", *description)];
            Redirect::to(&request.way_back(&answer)).into_response()
        }
    }
}

/// A page under a policy that lets nothing run, and its form lead only back here and to `client`.
fn html(status: StatusCode, page: String, client: &str) -> Response {
    let client: String = client.chars().take_while(|c| !matches!(c, ';' | ',' | ' ' | '?')).collect();
    let policy =
        format!("default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {client}; frame-ancestors 'none'");
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".into())];
    (status, headers, Html(page)).into_response()
}

/// RFC 6749, sections 4.1.3 and 6.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    refresh_token: String,
}

async fn token(State(issuer): Shared, Form(request): Form<TokenRequest>) -> Response {
    if request.client_id != CLIENT_ID {
        return grant_refused("invalid_client", "there is no such client");
    }
    let now = issuer.clock.now();
    match request.grant_type.as_str() {
        "authorization_code" => {
            let grant = issuer.grants.redeem(&request.code, now);
            let honest = |challenge: &str| {
                let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, request.code_verifier.as_bytes()));
                verify_slices_are_equal(hashed.as_bytes(), challenge.as_bytes()).is_ok()
            };
            let grant = grant.filter(|grant| grant.redirect_uri == request.redirect_uri && honest(&grant.challenge));
            let Some(grant) = grant else {
                return grant_refused(
                    "invalid_grant",
                    "the code is not valid, or not for this redirect_uri and code_verifier",
                );
            };
            let refresh_token = issuer.grants.refresh_token(grant.person.clone(), now);
            issue(&issuer, &grant.person, grant.nonce.as_deref(), Some(refresh_token))
        }
        "refresh_token" => match issuer.grants.refreshed(&request.refresh_token, now) {
            Some(person) => issue(&issuer, &person, None, None),
            None => grant_refused("invalid_grant", "the refresh token is not valid"),
        },
        _ => grant_refused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token"),
    }
}

fn issue(issuer: &Issuer, person: &Person, nonce: Option<&str>, refresh_token: Option<String>) -> Response {
    let now = issuer.clock.now();
    let access = issuer.tokens.access(person, now, LIFETIME);
    let Some((access_token, id_token)) = access.zip(issuer.tokens.id(person, now, LIFETIME, nonce)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut answer = json!({
        "access_token": access_token,
        "id_token": id_token,
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": "openid",
    });
    if let Some(refresh_token) = refresh_token {
        answer["refresh_token"] = json!(refresh_token);
    }
    (no_store(), Json(answer)).into_response()
}

fn grant_refused(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, no_store(), Json(body)).into_response()
}

fn no_store() -> [(HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}

/// OpenID Connect Core, section 5.3.
async fn user_info(State(issuer): Shared, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let audience = [CLIENT_ID.to_owned()];
    let wanted = Wanted { issuer: &issuer.tokens.issuer, audience: &audience };
    let claims = token.and_then(|(_, token)| issuer.tokens.verify(token, &wanted, issuer.clock.now()).ok());
    let Some(claims) = claims else {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")])
            .into_response();
    };
    let shown = ["sub", "name", "email", "email_verified", "cognito:groups", "organisation"];
    let shown = claims.into_iter().filter(|(name, _)| shown.contains(&name.as_str()));
    Json(Value::Object(shown.collect())).into_response()
}

/// OpenID Connect RP-Initiated Logout 1.0, or Cognito's way of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Logout {
    #[serde(alias = "logout_uri")]
    post_logout_redirect_uri: String,
    state: Option<String>,
}

/// Nobody stays signed in here: there is only the way back.
async fn logout(State(issuer): Shared, Query(logout): Query<Logout>) -> Response {
    if !issuer.may_return_to(&logout.post_logout_redirect_uri) {
        let text = "post_logout_redirect_uri must be a page of this local stack.";
        return html(StatusCode::BAD_REQUEST, page::problem(text), "");
    }
    let request = Request { redirect_uri: logout.post_logout_redirect_uri, state: logout.state, ..Request::default() };
    let uri = if request.state.is_some() { request.way_back(&[]) } else { request.redirect_uri };
    Redirect::to(&uri).into_response()
}
