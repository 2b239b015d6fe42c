//! Take access back: the request is revoked, and what it opened is closed in the same transaction.

use gatepass_domain::access_request::Revoked;
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Context, Event, Product, Reviewer};
use gatepass_store::Store;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, offerings_of};
use crate::standing::{Reach, Standing};

/// Revokes the access that the request `id` led to, as somebody who decides on every product of it. Other products of the same
/// credential stay open, unless the request renewed it or changed its plan: then all of it is revoked, by somebody who decides on
/// all that it opens, and background work ends the requests behind it.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotEntitled`]; [`Refused::NotApproved`], [`Refused::AlreadyRevoked`].
pub async fn revoke(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    reason: Option<&str>,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let by = Actor::from(reviewer.person());
    let read = || async {
        let standing = Standing::read(store, id).await?.ok_or(Refused::NotFound("access request"))?;
        if let Reviewer::Approver(_) = reviewer {
            let (products, _) = offerings_of(store, [&standing.request].into_iter()).await?;
            Entitlement::of(reviewer, &standing.request, &products)?.require_all()?;
            if Reach::of(&standing.request) == Reach::WholeCredential {
                require_all_open(store, reviewer, standing.holdings.open_products()).await?;
            }
        }
        Ok(standing)
    };
    commit_decision(store, context, idempotent, read, |context, Standing { request, holdings }| {
        let reach = Reach::of(&request);
        let (revoked, event) = revoked(context, &by, request, reason)?;
        let (transaction, request) = holdings.revocation(context, revoked, &event, reach);
        Ok(Step::commit(transaction, request))
    })
    .await
}

/// Requires that the reviewer decides on every product that is closed with the whole credential.
async fn require_all_open(store: &Store, reviewer: &Reviewer, open: Vec<ProductId>) -> Result<(), Refused> {
    let products = store.offerings::<Product>(&open).await?;
    let decides_on = |id: &ProductId| products.iter().any(|one| one.id == *id && reviewer.decides_on(one));
    let foreign: Vec<_> = open.into_iter().filter(|id| !decides_on(id)).collect();
    if foreign.is_empty() { Ok(()) } else { Err(Refused::NotEntitled(foreign)) }
}

/// The request without its access, and the event that says so.
pub(crate) fn revoked(
    context: &mut Context,
    by: &Actor,
    request: AccessRequest,
    reason: Option<&str>,
) -> Result<(Revoked, Event), Refused> {
    let reason = reason.map(str::to_owned);
    match request {
        AccessRequest::Provisioned(provisioned) => Ok(provisioned.revoke(context, by, reason)),
        AccessRequest::Queued(queued) => Ok(queued.revoke(context, by, reason)),
        AccessRequest::Failed(failed) => Ok(failed.revoke(context, by, reason)),
        AccessRequest::Revoked(_) => Err(Refused::AlreadyRevoked),
        AccessRequest::Pending(_) | AccessRequest::Closed(_) => Err(Refused::NotApproved),
    }
}
