//! Take access back: the request is revoked, and what it opened is closed in the same transaction.

use gatepass_domain::access_request::{AccessRequestView, Revoked};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Actor, Context, Event};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// Revokes the access that the request `id` led to. Other products of the same credential stay open.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotApproved`], [`Refused::AlreadyRevoked`].
pub async fn revoke(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: RequestId,
    reason: Option<&str>,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    for _ in 0..ROUNDS {
        let request = store.request(id).await?;
        idempotent.check(store, context).await?;
        let request = request.ok_or(Refused::NotFound("access request"))?;
        let (revoked, event) = revoked(context, by, request, reason.map(str::to_owned))?;
        if let Some(view) = commit(store, context, revoked, &event, idempotent).await? {
            return Ok(view);
        }
    }
    Err(Refused::Busy)
}

fn revoked(
    context: &mut Context,
    by: &Actor,
    request: AccessRequest,
    reason: Option<String>,
) -> Result<(Revoked, Event), Refused> {
    match request {
        AccessRequest::Provisioned(provisioned) => Ok(provisioned.revoke(context, by, reason)),
        AccessRequest::Queued(queued) => Ok(queued.revoke(context, by, reason)),
        AccessRequest::Failed(failed) => Ok(failed.revoke(context, by, reason)),
        AccessRequest::Revoked(_) => Err(Refused::AlreadyRevoked),
        AccessRequest::Pending(_) | AccessRequest::Closed(_) => Err(Refused::NotApproved),
    }
}

/// Commits the revocation; `None` when somebody got in between.
async fn commit(
    store: &Store,
    context: &mut Context,
    revoked: Revoked,
    event: &Event,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<Option<AccessRequestView>, Refused> {
    let request = AccessRequest::from(revoked);
    let view = request.view();
    let transaction = Transaction::new(context).request(&request, event);
    let transaction = close(store, context, transaction, &view).await?;
    let transaction = release(store, transaction, &view).await?;
    let transaction = idempotent.record(transaction, &view, context);
    match store.commit(transaction).await {
        Ok(()) => Ok(Some(view)),
        Err(error) => match idempotent.beaten(&error, context) {
            Some(refused) => Err(refused),
            None if [Guard::Request, Guard::Credential, Guard::Access].iter().any(|one| error.is_refused_by(*one)) => {
                Ok(None)
            }
            None => Err(Refused::unexpected(error)),
        },
    }
}

/// Closes the request's products at the built-in gateway: in the credential and in each of its keys.
async fn close(
    store: &Store,
    context: &Context,
    transaction: Transaction,
    request: &AccessRequestView,
) -> Result<Transaction, Refused> {
    let Some(credential_id) = request.credential_id else { return Ok(transaction) };
    let Some(mut stored) = store.credential(request.app.id, credential_id).await? else { return Ok(transaction) };
    let closed = stored.credential.content.clone().without(&request.product_ids);
    stored.credential = stored.credential.revised(closed, context.now);
    Ok(store.with_credential(transaction, &stored).await?)
}

/// Gives back what the request holds of its app's access: all that it asked for, or, when it extends a
/// credential, what was free at the time.
pub(crate) async fn release(
    store: &Store,
    transaction: Transaction,
    request: &AccessRequestView,
) -> Result<Transaction, Refused> {
    let AccessRequestView { id, app, product_ids, .. } = request;
    if request.extends_credential_id.is_none() {
        return Ok(transaction.release_access(app.id, *id, product_ids));
    }
    let held = store.access_held_by(app.id, *id).await?;
    Ok(transaction.release_extension(app.id, *id, &held))
}
