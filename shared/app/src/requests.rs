//! List and read access requests: one's own, and for those who decide everybody's (R21, R24, R34).

use gatepass_domain::access_request::{AwaitedGroup, Status};
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Event, Person, Reviewer};
use gatepass_store::{Dossier, Filter, Listing, Page, Position, Store};

use crate::error::Refused;
use crate::reviewers::{ApproverOf, Entitlement, MOST_NAMED, approver_of, awaiting_by, offerings_of, with_awaiting};

/// A request, and the groups that it waits for.
pub type AwaitingRequest = (AccessRequest, Vec<AwaitedGroup>);

/// The requests of `caller`.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_own(store: &Store, caller: &Person, listing: &Listing) -> Result<Page<AwaitingRequest>, Refused> {
    let page = store.requests(&Filter::Requester(caller.id.clone()), listing).await?;
    Ok(Page { items: with_awaiting(store, page.items).await?, next: page.next })
}

/// Which of the requests that a reviewer may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All of them.
    All,
    /// Those that wait for the reviewer.
    Mine,
}

/// The most reads for a page: where the reviewer sees few of very many, a page ends early.
const MOST_READS: usize = 5;

/// The most products whose requests of every status are merged into a page: each has a partition for every outcome. Of
/// those that wait, there is one for each product.
const MOST_MERGED: usize = 25;

/// The requests that `reviewer` may see, as far as `filter` lets through. A page can have fewer rows than asked for and not
/// be the last.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_for(
    store: &Store,
    reviewer: &Reviewer,
    whose: Whose,
    filter: &Filter,
    listing: &Listing,
) -> Result<Page<AwaitingRequest>, Refused> {
    let filter = narrowed(store, reviewer, whose, filter).await?;
    let mut listing = Listing {
        status: if whose == Whose::Mine { Some(Status::Pending) } else { listing.status },
        ..listing.clone()
    };
    let limit = listing.limit;
    let mut items = Vec::with_capacity(limit);
    for _ in 0..MOST_READS {
        let page = store.requests(&filter, &listing).await?;
        let (products, plans) =
            offerings_of(store, page.items.iter().filter(|request| names_matter(reviewer, request))).await?;
        items.extend(page.items.into_iter().filter_map(|request| {
            let awaiting = awaiting_by(&request, &products, &plans);
            let is_shown = Entitlement::of(reviewer, &request, &products).is_ok()
                && (whose == Whose::All || request.awaits(&awaiting, reviewer.person()));
            is_shown.then_some((request, awaiting))
        }));
        listing.after = page.next;
        listing.limit = limit - items.len();
        if listing.after.is_none() || listing.limit == 0 {
            break;
        }
    }
    Ok(Page { items, next: listing.after })
}

/// True when the products of `request` say what is shown to `reviewer`.
fn names_matter(reviewer: &Reviewer, request: &AccessRequest) -> bool {
    matches!(reviewer, Reviewer::Approver(_)) || matches!(request, AccessRequest::Pending(_))
}

/// The filter that reads as few requests as can be of those that `reviewer` does not see: an approver's requests stand in
/// the partitions of their products. With very many products everybody's are looked through.
async fn narrowed(store: &Store, reviewer: &Reviewer, whose: Whose, filter: &Filter) -> Result<Filter, Refused> {
    match (reviewer, filter) {
        (Reviewer::Approver(person), Filter::Everything) => {
            let ApproverOf { product_ids, more } = approver_of(store, person).await?;
            let most = if whose == Whose::Mine { MOST_NAMED } else { MOST_MERGED };
            let are_few = !more && product_ids.len() <= most;
            Ok(if are_few { Filter::AnyOf(product_ids.into_iter().collect()) } else { Filter::Everything })
        }
        _ => Ok(filter.clone()),
    }
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

/// The request `id`, with its mails, for somebody who decides on one of its products.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_for(store: &Store, reviewer: &Reviewer, id: RequestId) -> Result<Dossier, Refused> {
    let dossier = store.dossier(id).await?.ok_or(Refused::NotFound("access request"))?;
    if let Reviewer::Approver(_) = reviewer {
        let (products, _) = offerings_of(store, [&dossier.request].into_iter()).await?;
        Entitlement::of(reviewer, &dossier.request, &products)?;
    }
    Ok(dossier)
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
