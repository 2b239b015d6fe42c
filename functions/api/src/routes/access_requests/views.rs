//! Answers about access requests.

use gatepass_domain::access_request::{AccessRequestView, HistoryEntry};
use gatepass_domain::event::MailRecord;
use gatepass_http::{Answer, ok};
use gatepass_store::Dossier;
use serde::Serialize;
use utoipa::ToSchema;

/// A request with its history and its mails.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessRequestDetail {
    #[serde(flatten)]
    request: AccessRequestView,
    /// The events, oldest first.
    history: Vec<HistoryEntry>,
    /// The mails that were due, and what became of them.
    mails: Vec<MailRecord>,
}

impl From<Dossier> for AccessRequestDetail {
    fn from(dossier: Dossier) -> Self {
        Self { request: dossier.request.view(), history: dossier.history(), mails: dossier.mails }
    }
}

/// The answer to what changes a request.
pub(crate) fn answer(request: &AccessRequestView) -> Answer {
    ok(request)
}
