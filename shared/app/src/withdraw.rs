//! Withdraw a request that is still undecided.

use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::id::RequestId;
use gatepass_domain::{Actor, Context, Person};
use gatepass_store::Store;

use crate::ROUNDS;
use crate::approve::undecided;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::reject::close;

/// Takes the request `id` of `caller` back. The plan's allowance is not given back.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::AlreadyDecided`].
pub async fn withdraw(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: RequestId,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    let by = Actor::from(caller);
    for _ in 0..ROUNDS {
        let request = store.request(id).await?;
        idempotent.check(store, context).await?;
        let own = request.filter(|request| request.facts().submission.requester.id == caller.id);
        let pending = undecided(own.ok_or(Refused::NotFound("access request"))?)?;
        let (closed, event) = pending.withdraw(context, &by);
        if let Some(view) = close(store, context, closed, &event, idempotent).await? {
            return Ok(view);
        }
    }
    Err(Refused::Busy)
}
