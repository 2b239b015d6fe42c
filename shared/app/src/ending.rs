//! End a request because the thing that it is about goes away.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::Store;

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::reject::close;
use crate::revoke::revoke;

/// What becomes of a request that nobody has decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// Its requester gives it up.
    Withdrawn,
    /// The owners turn it down, and the requester is told.
    Rejected,
}

/// Ends the request `id`: undecided it is closed, and access that stands is revoked. One that has ended
/// already stays as it is.
pub(crate) async fn end(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: RequestId,
    undecided: Undecided,
    reason: &str,
) -> Result<(), Refused> {
    let unkeyed = Idempotent::unkeyed();
    for _ in 0..ROUNDS {
        match store.request(id).await? {
            None | Some(AccessRequest::Closed(_) | AccessRequest::Revoked(_)) => return Ok(()),
            Some(AccessRequest::Pending(pending)) => {
                let (closed, event) = match undecided {
                    Undecided::Withdrawn => pending.withdraw(context, by),
                    Undecided::Rejected => pending.reject(context, by, reason.to_owned()),
                };
                if close(store, context, closed, &event, &unkeyed).await?.is_some() {
                    return Ok(());
                }
            }
            Some(_) => match revoke(store, context, by, id, Some(reason), &unkeyed).await {
                Ok(_) | Err(Refused::AlreadyRevoked) => return Ok(()),
                Err(refused) => return Err(refused),
            },
        }
    }
    Err(Refused::Busy)
}
