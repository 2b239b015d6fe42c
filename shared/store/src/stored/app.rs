//! The stored form of an app.

use gatepass_domain::app::{Contact, Handover, Profile, Visibility};
use gatepass_domain::id::AppId;
use gatepass_domain::{App, PersonId};
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// An app.
#[derive(Debug, Serialize, Deserialize)]
pub struct AppForm {
    schema_version: u32,
    id: AppId,
    name: String,
    description: String,
    visibility: Visibility,
    team: Option<String>,
    redirect_uris: Vec<String>,
    owner: PersonId,
    organisation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
    #[serde(default)]
    handovers: Vec<HandoverForm>,
    #[serde(default)]
    handover_count: u32,
}

/// A handover.
#[derive(Debug, Serialize, Deserialize)]
struct HandoverForm {
    #[serde(flatten)]
    handover: Handover,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
}

impl From<Handover> for HandoverForm {
    fn from(handover: Handover) -> Self {
        Self { contact: handover.contact.clone(), handover }
    }
}

impl From<HandoverForm> for Handover {
    fn from(HandoverForm { handover, contact }: HandoverForm) -> Self {
        Self { contact, ..handover }
    }
}

/// Whether an app is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppState {
    /// It is.
    #[default]
    Open,
    /// It is being deleted. To everybody it is gone already.
    Closing,
}

impl From<&App> for AppForm {
    fn from(app: &App) -> Self {
        let App { id, profile, owner, contact, organisation, handovers, handover_count } = app.clone();
        let Profile { name, description, visibility, team, redirect_uris } = profile;
        let schema_version = SCHEMA_VERSION;
        Self {
            schema_version,
            id,
            name,
            description,
            visibility,
            team,
            redirect_uris,
            owner,
            contact,
            organisation,
            handovers: handovers.into_iter().map(HandoverForm::from).collect(),
            handover_count,
        }
    }
}

impl From<AppForm> for App {
    fn from(form: AppForm) -> Self {
        let AppForm { schema_version: _, id, name, description, visibility, team, redirect_uris, .. } = form;
        let profile = Profile { name, description, visibility, team, redirect_uris };
        let (owner, contact, organisation) = (form.owner, form.contact, form.organisation);
        let handovers = form.handovers.into_iter().map(Handover::from).collect();
        Self { id, profile, owner, contact, organisation, handovers, handover_count: form.handover_count }
    }
}
