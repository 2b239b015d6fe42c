//! `PATCH /v1/apps/{id}`

use axum::extract::State;
use gatepass_app::apps;
use gatepass_domain::app::Visibility;
use gatepass_domain::id::AppId;
use gatepass_http::{Caller, Id, IfMatch, JsonBody, Problem, RequestContext, Tagged};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::response::AppResponse;
use crate::state::Api;

/// The changes; members that are left out stay.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EditAppBody {
    /// Another name, 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Another description, at most 2,000 characters.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Another visibility.
    visibility: Option<Visibility>,
    /// Another team; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    team: Option<Option<String>>,
    /// Other redirect URIs, at most 20.
    redirect_uris: Option<Vec<String>>,
}

/// Tells `null` from nothing at all.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Edits an app. Only its owner may.
#[utoipa::path(patch, path = "/v1/apps/{id}", tag = "apps", operation_id = "edit_app", security(("bearer" = [])),
    params(Id<AppId>, IfMatch), request_body = EditAppBody,
    responses((status = 200, body = AppResponse, headers(("ETag" = String)))))]
pub(crate) async fn edit(
    State(api): State<Api>,
    Caller(caller): Caller,
    RequestContext(mut context): RequestContext,
    id: Id<AppId>,
    IfMatch(precondition): IfMatch,
    JsonBody { value: body, .. }: JsonBody<EditAppBody>,
) -> Result<Tagged<AppResponse>, Problem> {
    let EditAppBody { name, description, visibility, team, redirect_uris } = body;
    let edit = apps::Edit { name, description, visibility, team, redirect_uris };
    let app = apps::edit(&api.store, &mut context, &caller, id.parse()?, precondition, &edit).await?;
    Ok(Tagged { version: app.version, entity: app.into() })
}
