//! `/_local`: what only the local stack has. Nothing of it exists in what is deployed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use futures_util::future::join_all;
use gatepass_lambda::causes;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use crate::bus::{Buses, Entry, NotTaken};
use crate::clock::{NotMoved, StackClock};
use crate::delivery::Deliveries;
use crate::function::Function;
use crate::gateway::message;
use crate::journal::{Journal, Log};
use crate::oidc::{Issuer, LIFETIME};
use crate::people::Person;
use crate::sample_api;
use crate::schedule::Schedule;

/// The state that the extras work on.
pub(crate) struct Extras {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) buses: Arc<Buses>,
    pub(crate) clock: StackClock,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) schedules: Vec<Arc<Schedule>>,
    /// The functions that can be held back: those that events come to.
    pub(crate) holdable: Vec<Arc<Function>>,
    /// The authorizer of the sample APIs, if the template has one.
    pub(crate) authorizer: Option<Arc<Function>>,
}

type Shared = State<Arc<Extras>>;

/// The extras, relative to `/_local`.
pub(crate) fn router(extras: Arc<Extras>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/mail", get(mail))
        .route("/events", get(events).post(put_event))
        .route("/dead-letters", get(dead_letters))
        .route("/functions/{name}/pause", post(pause))
        .route("/functions/{name}/resume", post(resume))
        .route("/apis/{product_id}", any(sample))
        .route("/apis/{product_id}/{*rest}", any(sample))
        .route("/clock", post(clock))
        .fallback(async || message(StatusCode::NOT_FOUND, "The local stack has nothing at this address"))
        .with_state(extras)
}

/// The kind of a token, as Cognito calls it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TokenUse {
    #[default]
    Access,
    /// For tests of refusal: the API takes access tokens alone.
    Id,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct TokenRequest {
    user: Option<String>,
    name: Option<String>,
    email: Option<String>,
    groups: Option<String>,
    organisation: Option<String>,
    #[serde(default = "yes")]
    email_verified: bool,
    expires_in: Option<i64>,
    #[serde(default)]
    token_use: TokenUse,
}

async fn token(State(extras): Shared, Query(request): Query<TokenRequest>) -> Response {
    let Some(user) = request.user.filter(|user| !user.is_empty()) else {
        return message(StatusCode::BAD_REQUEST, "Say for whom: ?user=ada");
    };
    let known = Person::called(&user);
    let list = |text: String| text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    let person = Person {
        name: request.name.unwrap_or(known.name),
        email: request.email.unwrap_or(known.email),
        groups: request.groups.map_or(known.groups, list),
        organisation: request.organisation.filter(|name| !name.is_empty()).or(known.organisation),
        email_is_verified: request.email_verified,
        user: known.user,
    };
    let expires_in = request.expires_in.unwrap_or(LIFETIME);
    let (tokens, now) = (&extras.issuer.tokens, extras.clock.now());
    let token = match request.token_use {
        TokenUse::Access => tokens.access(&person, now, expires_in),
        TokenUse::Id => tokens.id(&person, now, expires_in, None),
    };
    match token {
        Some(token) => {
            let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in });
            ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        None => message(StatusCode::INTERNAL_SERVER_ERROR, "The token could not be signed"),
    }
}

#[derive(Serialize)]
struct Items {
    items: Vec<Box<RawValue>>,
}

async fn mail(State(extras): Shared) -> Response {
    list(&extras, Log::Mails)
}

async fn events(State(extras): Shared) -> Response {
    list(&extras, Log::Events)
}

/// Puts one entry of `PutEvents` on the bus, for replays. An entry that names no bus means the stack's own.
async fn put_event(State(extras): Shared, body: Bytes) -> Response {
    let entry = match serde_json::from_slice::<Entry>(&body) {
        Ok(entry) => entry,
        Err(error) => {
            let text = format!("The body must be one entry of PutEvents (Source, DetailType, Detail …): {error}");
            return message(StatusCode::BAD_REQUEST, &text);
        }
    };
    match extras.buses.publish(extras.buses.addressed(entry)) {
        Ok(id) => Json(json!({ "EventId": id })).into_response(),
        Err(NotTaken::Refused { code, message: why }) => message(StatusCode::BAD_REQUEST, &format!("{code}: {why}")),
        Err(NotTaken::Journal(error)) => message(StatusCode::INTERNAL_SERVER_ERROR, &causes(&error)),
    }
}

async fn dead_letters(State(extras): Shared) -> Response {
    list(&extras, Log::DeadLetters)
}

fn list(extras: &Extras, log: Log) -> Response {
    match extras.journal.entries(log) {
        Ok(items) => ([(header::CACHE_CONTROL, "no-store")], Json(Items { items })).into_response(),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn pause(State(extras): Shared, Path(name): Path<String>) -> Response {
    set_paused(&extras, &name, true)
}

async fn resume(State(extras): Shared, Path(name): Path<String>) -> Response {
    set_paused(&extras, &name, false)
}

fn set_paused(extras: &Extras, name: &str, paused: bool) -> Response {
    let Some(function) = extras.holdable.iter().find(|function| function.is_called(name)) else {
        let known: Vec<_> = extras.holdable.iter().map(|function| function.name.as_str()).collect();
        let text = format!("No function `{name}` can be held back; these can: {}", known.join(", "));
        return message(StatusCode::NOT_FOUND, &text);
    };
    function.set_paused(paused);
    tracing::info!(function = function.name, paused, "held back or let go");
    Json(json!({ "name": function.name, "paused": paused })).into_response()
}

#[derive(Deserialize)]
struct SamplePath {
    product_id: String,
    #[serde(default)]
    rest: String,
}

async fn sample(State(extras): Shared, Path(path): Path<SamplePath>, request: Request) -> Response {
    match &extras.authorizer {
        Some(authorizer) => {
            let SamplePath { product_id, rest } = path;
            sample_api::answer(authorizer, &product_id, &rest, request, extras.clock.now()).await
        }
        None => message(StatusCode::NOT_FOUND, "The template has no function of the program `authorizer`"),
    }
}

#[derive(Deserialize)]
struct Advance {
    advance: Option<String>,
}

async fn clock(State(extras): Shared, Query(request): Query<Advance>) -> Response {
    let by = request.advance.unwrap_or_default();
    if let Err(error) = extras.clock.advance(&by) {
        let status = match error {
            NotMoved::NotADuration(_) | NotMoved::OutOfRange => StatusCode::BAD_REQUEST,
            NotMoved::Journal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        return message(status, &error.to_string());
    }
    // Side by side, so that a slow one does not add to the wait for the others.
    let runs = extras.schedules.iter().map(|schedule| schedule.run_for_caller());
    let schedules: Vec<_> = join_all(runs).await.into_iter().flatten().collect();
    extras.deliveries.time_moved();
    Json(json!({ "now": extras.clock.now(), "schedules": schedules })).into_response()
}
