//! End a request because the thing that it is about goes away.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::Store;

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::reject::close;
use crate::revoke::revoke;

/// What goes away, and with it what becomes of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The app: its owner gives up what is undecided, and access is revoked.
    OfApp,
    /// What was asked for: the owners turn down what is undecided, and access is revoked.
    OfSubject,
    /// The offer alone: the owners turn down what is undecided, and access outlives it.
    OfOffer,
}

/// Ends the request `id` as the loss has it. One that has ended already stays as it is.
pub(crate) async fn end(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: RequestId,
    loss: Loss,
    reason: &str,
) -> Result<(), Refused> {
    let unkeyed = Idempotent::unkeyed();
    for _ in 0..ROUNDS {
        match store.request(id).await? {
            None | Some(AccessRequest::Closed(_) | AccessRequest::Revoked(_)) => return Ok(()),
            Some(AccessRequest::Pending(pending)) => {
                let (closed, event) = match loss {
                    Loss::OfApp => pending.withdraw(context, by),
                    Loss::OfSubject | Loss::OfOffer => pending.reject(context, by, reason.to_owned()),
                };
                if close(store, context, closed, &event, &unkeyed).await?.is_some() {
                    return Ok(());
                }
            }
            Some(_) if loss == Loss::OfOffer => return Ok(()),
            Some(_) => match revoke(store, context, by, id, Some(reason), &unkeyed).await {
                Ok(_) | Err(Refused::AlreadyRevoked) => return Ok(()),
                Err(refused) => return Err(refused),
            },
        }
    }
    Err(Refused::Busy)
}
