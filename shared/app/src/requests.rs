//! List and read access requests: one's own, and as an API Owner everybody's (R21, R24, R34).

use gatepass_domain::access_request::{AccessRequestView, Status};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, ApiOwner, Person};
use gatepass_store::{Dossier, Filter, Page, Position, Store};
use jiff::Timestamp;

use crate::error::Refused;

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Only requests in this status.
    pub status: Option<Status>,
    /// At most so many rows.
    pub limit: usize,
    /// After this row.
    pub after: Option<Position>,
}

/// The requests of `caller`, newest first.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_own(
    store: &Store,
    now: Timestamp,
    caller: &Person,
    listing: &Listing,
) -> Result<Page<AccessRequestView>, Refused> {
    page(store, now, &Filter::Requester(caller.id.clone()), listing).await
}

/// Everybody's requests, as far as `filter` lets through, newest first.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_all(
    store: &Store,
    now: Timestamp,
    _owner: &ApiOwner,
    filter: &Filter,
    listing: &Listing,
) -> Result<Page<AccessRequestView>, Refused> {
    page(store, now, filter, listing).await
}

async fn page(
    store: &Store,
    now: Timestamp,
    filter: &Filter,
    listing: &Listing,
) -> Result<Page<AccessRequestView>, Refused> {
    let page = store.requests(now, filter, listing.status, listing.limit, listing.after.as_ref()).await?;
    Ok(Page { items: page.items.iter().map(AccessRequest::view).collect(), next: page.next })
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
