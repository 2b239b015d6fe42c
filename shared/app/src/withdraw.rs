//! Withdraw a request that is still undecided.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context, Person};
use gatepass_store::Store;

use crate::approve::undecided;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::standing::Standing;

/// Takes the request `id` of `caller` back. The plan's allowance is not given back.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::AlreadyDecided`].
pub async fn withdraw(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: RequestId,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let by = Actor::from(caller);
    let read = || async {
        let standing = Standing::read_undecided(store, id).await?;
        let own = standing.filter(|standing| standing.request.facts().submission.requester.id == caller.id);
        own.ok_or(Refused::NotFound("access request"))
    };
    commit_decision(store, context, idempotent, read, |context, Standing { request, holdings }| {
        let (closed, event) = undecided(request)?.withdraw(context, &by);
        let (transaction, request) = holdings.closing(context, closed, &event);
        Ok(Step::commit(transaction, request))
    })
    .await
}
