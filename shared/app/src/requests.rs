//! List and read access requests: one's own, and for those who decide everybody's (R21, R24, R34).

use gatepass_domain::access_request::{AwaitedGroup, Status};
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Event, Person, Reviewer};
use gatepass_store::{Dossier, Filter, Listing, Page, Position, Store};

use crate::error::Refused;
use crate::reviewers::{
    ApproverOf, Entitlement, MOST_NAMED, approver_of, awaiting_by, check_interest, offerings_of, plan_of, with_awaiting,
};

/// A request, and the groups that it waits for.
pub type AwaitingRequest = (AccessRequest, Vec<AwaitedGroup>);

/// The most apps that were reassigned to somebody whose requests are merged into a page of their own.
const MOST_REASSIGNED: i32 = 50;

/// The requests of `caller`, and those for the last 50 apps that were reassigned to them.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_own(store: &Store, caller: &Person, listing: &Listing) -> Result<Page<AwaitingRequest>, Refused> {
    let app_ids = store.apps_reassigned_to(&caller.id, MOST_REASSIGNED).await?;
    let page = store.requests(&Filter::RequesterOrApps(caller.id.clone(), app_ids), listing).await?;
    Ok(Page { items: with_awaiting(store, page.items).await?, next: page.next })
}

/// Which of the requests that a reviewer may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All of them.
    All,
    /// Those that wait for the reviewer, and that they may still decide on.
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
        let shown: Vec<_> = page
            .items
            .into_iter()
            .filter_map(|request| {
                let awaiting = awaiting_by(&request, &products, &plans);
                let is_awaited = || request.awaits(&awaiting, plan_of(&request, &plans), reviewer.person());
                let is_shown =
                    Entitlement::of(reviewer, &request, &products).is_ok() && (whose == Whose::All || is_awaited());
                is_shown.then_some((request, awaiting))
            })
            .collect();
        items.extend(match whose {
            Whose::All => shown,
            Whose::Mine => without_conflicts(store, reviewer.person(), shown).await?,
        });
        listing.after = page.next;
        listing.limit = limit - items.len();
        if listing.after.is_none() || listing.limit == 0 {
            break;
        }
    }
    Ok(Page { items, next: listing.after })
}

/// Those of `requests` in which `person` has no interest of their own.
async fn without_conflicts(
    store: &Store,
    person: &Person,
    requests: Vec<AwaitingRequest>,
) -> Result<Vec<AwaitingRequest>, Refused> {
    let interests = store.interests(requests.iter().map(|(request, _)| request), &person.id).await?;
    let has_none = |(request, _): &AwaitingRequest| {
        check_interest(person, request, interests.app_of(request), interests.involvement_in(request)).is_ok()
    };
    Ok(requests.into_iter().filter(has_none).collect())
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

/// The request `id` with its mails, if it is `caller`'s.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_own(store: &Store, caller: &Person, id: RequestId) -> Result<Dossier, Refused> {
    let dossier = store.dossier(id).await?.ok_or(Refused::NotFound("access request"))?;
    require_own(store, caller, &dossier.request).await?;
    Ok(dossier)
}

/// Requires that `request` is `caller`'s: they asked for it, or its app was reassigned to them.
///
/// # Errors
/// [`Refused::NotFound`].
pub(crate) async fn require_own(store: &Store, caller: &Person, request: &AccessRequest) -> Result<(), Refused> {
    let submission = &request.facts().submission;
    let is_own = submission.requester.id == caller.id
        || store.reassigned_to(submission.app.id).await?.is_some_and(|owner| owner == caller.id);
    if is_own { Ok(()) } else { Err(Refused::NotFound("access request")) }
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
