//! How much a person may have at once.

use gatepass_domain::{Person, Settings};
use gatepass_store::{Holdings, ReferencedEntities, Store};

use crate::error::Refused;
use crate::submit::{SubmitRequest, Target, keys};

/// Reads everything that `asked` refers to, and the requester's holdings as they count against the caps.
pub(crate) async fn entities(
    store: &Store,
    caller: &Person,
    asked: &SubmitRequest,
) -> Result<ReferencedEntities, Refused> {
    let mut entities = store.referenced_entities(&keys(caller, asked)).await?;
    let cap = max_pending(&entities.settings);
    entities.holdings = store.holdings_against(entities.holdings, cap).await?;
    if let Target::New(_) = asked.target {
        entities.holdings = store.with_apps_counted(&caller.id, entities.holdings).await?;
    }
    Ok(entities)
}

/// Checks that there is room for another pending request, and for the app that it creates.
pub(crate) fn check(asked: &SubmitRequest, holdings: &Holdings, settings: &Settings) -> Result<(), Refused> {
    if holdings.pending() >= max_pending(settings) {
        return Err(Refused::TooManyPending(settings.max_pending_per_person));
    }
    match asked.target {
        Target::New(_) => check_apps(holdings, settings),
        Target::Existing(_) => Ok(()),
    }
}

/// Checks that there is room for another app.
pub(crate) fn check_apps(holdings: &Holdings, settings: &Settings) -> Result<(), Refused> {
    let cap = settings.max_apps_per_person;
    if holdings.apps() >= u64::from(cap) { Err(Refused::TooManyApps(cap)) } else { Ok(()) }
}

fn max_pending(settings: &Settings) -> usize {
    usize::try_from(settings.max_pending_per_person).unwrap_or(usize::MAX)
}
