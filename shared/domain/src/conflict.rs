//! Conflicts of interest: decisions that a person must leave to somebody else.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access_request::AccessRequest;
use crate::app::{App, Visibility};
use crate::person::{Person, PersonId};

/// The time for which somebody who owned or reassigned an app cannot grant it access: a year.
const COOLING_OFF: SignedDuration = SignedDuration::from_hours(24 * 366);

/// A person's part in a credential. Nobody has both: whoever decides about a credential is never shown its key, and whoever was
/// shown a key decides nothing about the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Involvement {
    /// The person decided on a request that changes it, or resumed it.
    Decided,
    /// The person was shown a key of it.
    SawKey,
}

/// Something that a person is about to do, and that an interest of their own stands in the way of.
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
        /// The person's part so far in the credential that the request changes.
        involvement: Option<Involvement>,
    },
    /// Access that is granted without a request.
    Grant {
        /// The app that is to receive it.
        app: &'a App,
        /// The time of the grant.
        now: Timestamp,
        /// The person's part so far in the credential that it extends.
        involvement: Option<Involvement>,
    },
    /// A suspended credential is resumed.
    Resumption {
        /// The app that holds it; `None` when it has been deleted.
        app: Option<&'a App>,
        /// The time at which it is resumed.
        now: Timestamp,
        /// The person's part so far in the credential.
        involvement: Option<Involvement>,
    },
    /// The key of a credential is shown.
    Reveal {
        /// The request that brought the credential about, on which the decisions stand that were made before there was one.
        opened_by: Option<&'a AccessRequest>,
        /// The person's part so far in the credential.
        involvement: Option<Involvement>,
    },
    /// An app is reassigned.
    Reassignment {
        /// The person who is to own it.
        to: &'a PersonId,
    },
}

/// The reason why somebody must leave a matter to others.
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
    /// The person was shown a key of the credential.
    #[error("You have been shown the key of this credential: somebody else must decide about it.")]
    SawKey,
    /// The person decided on the access whose key is to be shown.
    #[error("You decided on this access, so its key is not shown to you.")]
    Decided,
}

/// The reason why `person` must leave `matter` to somebody else, if there is one.
///
/// An app shared with an organisation is no conflict: everybody is in one. That nobody both decides about a credential and sees
/// its key ([`Involvement`]) covers it.
pub fn conflict_of_interest(person: &Person, matter: Matter<'_>) -> Option<Conflict> {
    match matter {
        Matter::Request { requester, .. } if *requester == person.id => Some(Conflict::Requester),
        Matter::Request { app, since, involvement, .. } => conflict_with_access(person, app, since, involvement),
        Matter::Grant { app, now, involvement } => {
            conflict_with_access(person, Some(app), a_year_before(now), involvement)
        }
        Matter::Resumption { app, now, involvement } => {
            conflict_with_access(person, app, a_year_before(now), involvement)
        }
        Matter::Reveal { opened_by, involvement } => {
            let decided = involvement == Some(Involvement::Decided)
                || opened_by.is_some_and(|request| request.was_decided_by(&person.id));
            decided.then_some(Conflict::Decided)
        }
        Matter::Reassignment { to } => (*to == person.id).then_some(Conflict::ToOneself),
    }
}

/// The time from which an interest in an app counts against a grant at `at`.
pub fn a_year_before(at: Timestamp) -> Timestamp {
    at.checked_sub(COOLING_OFF).unwrap_or(Timestamp::MIN)
}

/// The interest of `person` in the access of `app`: in the app since then, or in the credential that is changed.
fn conflict_with_access(
    person: &Person,
    app: Option<&App>,
    since: Timestamp,
    involvement: Option<Involvement>,
) -> Option<Conflict> {
    let saw_key = || (involvement == Some(Involvement::SawKey)).then_some(Conflict::SawKey);
    app.and_then(|app| conflict_with_app(person, app, since)).or_else(saw_key)
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
