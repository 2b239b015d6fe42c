//! A request with everything on record about it.

use gatepass_domain::access_request::{AccessRequestView, HistoryEntry, Status};
use gatepass_domain::event::MailRecord;
use gatepass_http::{Problem, ok};
use gatepass_store::{Answer, Dossier};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A request with its history and its mails.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessRequestDetail {
    #[serde(flatten)]
    request: AccessRequestView,
    /// What happened, oldest first.
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

/// Which page of a list of requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Only requests in this status.
    pub(crate) status: Option<Status>,
    /// At most so many rows: 1 to 100, 25 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// The page size asked for.
pub(crate) fn page_size(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(25),
        Some(limit) if (1..=100).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::parameter("limit", "must be between 1 and 100")),
    }
}
