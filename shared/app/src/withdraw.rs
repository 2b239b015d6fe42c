//! Withdraw a request that is still undecided.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context, Person};
use gatepass_store::Store;

use crate::approve::undecided;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::requests::require_own;
use crate::standing::Standing;

/// Takes the request `id` back, if it is `caller`'s. The plan's allowance is not given back.
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
        let standing = Standing::read_undecided(store, id).await?.ok_or(Refused::NotFound("access request"))?;
        require_own(store, caller, &standing.request).await?;
        Ok(standing)
    };
    commit_decision(store, context, idempotent, read, |context, Standing { request, holdings }| {
        let (closed, event) = undecided(request)?.withdraw(context, &by);
        let (transaction, request) = holdings.closing(context, closed, &event);
        Ok(Step::commit(transaction, request))
    })
    .await
}
