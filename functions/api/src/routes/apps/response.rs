//! An app as the API shows it.

use gatepass_domain::app::Visibility;
use gatepass_domain::id::AppId;
use gatepass_domain::{App, PersonId, Versioned};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A developer's app. Credentials are issued to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_App)]
pub(crate) struct AppResponse {
    /// UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    id: AppId,
    /// Unique among the owner's apps, 1 to 100 characters.
    #[schema(example = "Storm warnings")]
    name: String,
    /// Description, at most 2,000 characters.
    description: String,
    /// Visibility.
    visibility: Visibility,
    /// The owner's group that shares it; only with the visibility `team`.
    team: Option<String>,
    /// Redirect URIs for OAuth 2.0.
    redirect_uris: Vec<String>,
    /// The owner.
    owner: PersonId,
    /// The owner's organisation when the app was created.
    organisation: Option<String>,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    pub(crate) version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Versioned<App>> for AppResponse {
    fn from(app: Versioned<App>) -> Self {
        let Versioned {
            content: App { id, profile, owner, contact: _, organisation, handovers: _, handover_count: _ },
            ..
        } = app;
        Self {
            id,
            name: profile.name,
            description: profile.description,
            visibility: profile.visibility,
            team: profile.team,
            redirect_uris: profile.redirect_uris,
            owner,
            organisation,
            version: app.version,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}
