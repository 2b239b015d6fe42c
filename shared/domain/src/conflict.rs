//! Conflicts of interest: decisions that a person must leave to somebody else.

use jiff::{SignedDuration, Timestamp};

use crate::app::{App, Visibility};
use crate::person::{Person, PersonId};

/// The time for which somebody who owned or reassigned an app cannot grant it access: a year.
const COOLING_OFF: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The decision that a person is about to make.
#[derive(Debug, Clone, Copy)]
pub enum Matter<'a> {
    /// A decision on an access request, or a retry of its provisioning.
    Request {
        /// The person who asked.
        requester: &'a PersonId,
        /// The app that is to receive the credential; `None` when it has been deleted.
        app: Option<&'a App>,
        /// Interests in the app that ended before do not count: the time of the submit, for a grant [`a_year_before`] it.
        since: Timestamp,
    },
    /// Access that is granted without a request.
    Grant {
        /// The app that is to receive it.
        app: &'a App,
        /// The time of the grant.
        now: Timestamp,
    },
    /// An app is reassigned.
    Reassignment {
        /// The person who is to own it.
        to: &'a PersonId,
    },
}

/// Why somebody else must decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The person asked for the access.
    #[error("You asked for this access yourself: somebody else must decide.")]
    Requester,
    /// The person owns the app.
    #[error("The app is yours: somebody else must decide about its access.")]
    OwnsApp,
    /// The person owned the app until lately.
    #[error("The app was yours until lately: somebody else must decide about its access.")]
    OwnedApp,
    /// The app is shared with a team that the person is in.
    #[error("The app is shared with a team of yours: somebody else must decide about its access.")]
    SharesApp,
    /// The person reassigned the app lately.
    #[error("You reassigned the app lately: somebody else must decide about its access.")]
    ReassignedApp,
    /// The person would become the owner of the app.
    #[error("Nobody reassigns an app to themselves: ask another administrator.")]
    ToOneself,
    /// The person decided on the access whose key is to be shown.
    #[error("You decided on this access, so its key is not shown to you.")]
    Decided,
}

/// The reason why `person` must leave `matter` to somebody else, if there is one.
///
/// An app shared with an organisation is no conflict: everybody is in one. That whoever decided on a request never sees its
/// key ([`Conflict::Decided`]) covers it.
pub fn conflict_of_interest(person: &Person, matter: Matter<'_>) -> Option<Conflict> {
    match matter {
        Matter::Request { requester, .. } if *requester == person.id => Some(Conflict::Requester),
        Matter::Request { app, since, .. } => conflict_with_app(person, app?, since),
        Matter::Grant { app, now } => conflict_with_app(person, app, a_year_before(now)),
        Matter::Reassignment { to } => (*to == person.id).then_some(Conflict::ToOneself),
    }
}

/// The time from which an interest in an app counts against a grant at `at`.
pub fn a_year_before(at: Timestamp) -> Timestamp {
    at.checked_sub(COOLING_OFF).unwrap_or(Timestamp::MIN)
}

/// The interest that `person` has had in `app` since then.
fn conflict_with_app(person: &Person, app: &App, since: Timestamp) -> Option<Conflict> {
    let mut lately = app.handovers.iter().filter(|handover| handover.at >= since);
    let is_shared = app.profile.visibility == Visibility::Team;
    if app.owner == person.id {
        Some(Conflict::OwnsApp)
    } else if lately.clone().any(|handover| handover.from == person.id) {
        Some(Conflict::OwnedApp)
    } else if lately.any(|handover| handover.by == person.id) {
        Some(Conflict::ReassignedApp)
    } else if is_shared && app.profile.team.as_deref().is_some_and(|team| person.belongs_to(team)) {
        Some(Conflict::SharesApp)
    } else {
        None
    }
}
