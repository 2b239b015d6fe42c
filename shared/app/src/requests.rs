//! List and read access requests: one's own, and as an API Owner everybody's (R21, R24, R34).

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, ApiOwner, Person};
use gatepass_store::{Dossier, Filter, Listing, Page, Store};

use crate::error::Refused;

/// The requests of `caller`.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_own(store: &Store, caller: &Person, listing: &Listing) -> Result<Page<AccessRequest>, Refused> {
    Ok(store.requests(&Filter::Requester(caller.id.clone()), listing).await?)
}

/// Everybody's requests, as far as `filter` lets through.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_all(
    store: &Store,
    _owner: &ApiOwner,
    filter: &Filter,
    listing: &Listing,
) -> Result<Page<AccessRequest>, Refused> {
    Ok(store.requests(filter, listing).await?)
}

/// The request `id` of `caller`, with its history.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_own(store: &Store, caller: &Person, id: RequestId) -> Result<Dossier, Refused> {
    let dossier = store.dossier(id).await?;
    let own = dossier.filter(|dossier| dossier.request.facts().submission.requester.id == caller.id);
    own.ok_or(Refused::NotFound("access request"))
}

/// The request `id`, with its history.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_any(store: &Store, _owner: &ApiOwner, id: RequestId) -> Result<Dossier, Refused> {
    store.dossier(id).await?.ok_or(Refused::NotFound("access request"))
}
