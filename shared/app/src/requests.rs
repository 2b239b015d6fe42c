//! List and read access requests: one's own, and as an API Owner everybody's (R21, R24, R34).

use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, ApiOwner, Event, Person};
use gatepass_store::{Dossier, Filter, Listing, Page, Position, Store};

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

/// The request `id` of `caller`, with its mails.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_own(store: &Store, caller: &Person, id: RequestId) -> Result<Dossier, Refused> {
    let dossier = store.dossier(id).await?;
    let own = dossier.filter(|dossier| dossier.request.facts().submission.requester.id == caller.id);
    own.ok_or(Refused::NotFound("access request"))
}

/// The request `id`, with its mails.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_any(store: &Store, _owner: &ApiOwner, id: RequestId) -> Result<Dossier, Refused> {
    store.dossier(id).await?.ok_or(Refused::NotFound("access request"))
}

/// A page of what happened to a request that was read before, newest first. It may be ahead of the request.
///
/// # Errors
/// [`Refused::Store`].
pub async fn history(
    store: &Store,
    Dossier { request, .. }: &Dossier,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Event>, Refused> {
    Ok(store.events_page(&Aggregate::Request(request.facts().id), limit, after).await?)
}
