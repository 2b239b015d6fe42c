//! End a request because the thing that it is about goes away.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::Store;

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::reject::close;
use crate::revoke::revoke;

/// What is lost, and with it what becomes of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The app: its owner gives up what is undecided, and access is revoked.
    App,
    /// What was asked for: the owners turn down what is undecided, and access is revoked.
    Subject,
    /// The offer alone: the owners turn down what is undecided, and access outlives it.
    Offer,
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
                    Loss::App => pending.withdraw(context, by),
                    Loss::Subject | Loss::Offer => pending.reject(context, by, reason.to_owned()),
                };
                if close(store, context, closed, &event, &unkeyed).await?.is_some() {
                    return Ok(());
                }
            }
            Some(_) if loss == Loss::Offer => return Ok(()),
            Some(_) => match revoke(store, context, by, id, Some(reason), &unkeyed).await {
                Ok(_) | Err(Refused::AlreadyRevoked) => return Ok(()),
                Err(refused) => return Err(refused),
            },
        }
    }
    Err(Refused::Busy)
}
