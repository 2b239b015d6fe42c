//! How much a person may have at once.

use gatepass_domain::Settings;
use gatepass_store::Holdings;

use crate::error::Refused;

/// Checks that there is room for another pending request.
pub(crate) fn check_pending(holdings: &Holdings, settings: &Settings) -> Result<(), Refused> {
    if holdings.pending() >= max_pending(settings) {
        return Err(Refused::TooManyPending(settings.max_pending_per_person));
    }
    Ok(())
}

/// Checks that there is room for another app.
pub(crate) fn check_apps(holdings: &Holdings, settings: &Settings) -> Result<(), Refused> {
    let cap = settings.max_apps_per_person;
    if holdings.apps() >= u64::from(cap) { Err(Refused::TooManyApps(cap)) } else { Ok(()) }
}

/// The most undecided requests of one person.
pub(crate) fn max_pending(settings: &Settings) -> usize {
    usize::try_from(settings.max_pending_per_person).unwrap_or(usize::MAX)
}
