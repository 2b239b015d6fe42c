//! End a request because the thing that it is about goes away.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::Store;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::revoke::revoked;
use crate::standing::{Reach, Standing};

/// The thing that is lost, which decides about its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The app, or a credential that its owner revokes: the owner withdraws what is undecided, and access is revoked.
    App,
    /// The requested product or plan: the owners reject what is undecided, and access is revoked.
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
    let read = || Standing::read(store, id);
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, standing| {
        let Some(Standing { request, holdings }) = standing else { return Ok(Step::Done(())) };
        let (transaction, _) = match request {
            AccessRequest::Closed(_) | AccessRequest::Revoked(_) => return Ok(Step::Done(())),
            AccessRequest::Pending(pending) => {
                let (closed, event) = match loss {
                    Loss::App => pending.withdraw(context, by),
                    Loss::Subject | Loss::Offer => pending.reject(context, by, reason.to_owned()),
                };
                holdings.closing(context, closed, &event)
            }
            _ if loss == Loss::Offer => return Ok(Step::Done(())),
            // The change was carried out: the access that it changed goes back to other requests.
            AccessRequest::Provisioned(provisioned)
                if provisioned.approved().facts().submission.kind.changes_credential() =>
            {
                return Ok(Step::Done(()));
            }
            approved => {
                let (revoked, event) = revoked(context, by, approved, Some(reason))?;
                holdings.revocation(context, revoked, &event, Reach::ItsProducts)
            }
        };
        Ok(Step::commit(transaction, ()))
    })
    .await
}
