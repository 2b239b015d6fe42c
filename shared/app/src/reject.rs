//! Reject a request, with a reason (R27).

use gatepass_domain::access_request::{AccessRequestView, Closed, MAX_TEXT};
use gatepass_domain::id::RequestId;
use gatepass_domain::text::Findings;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Event};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::approve::decidable;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::revoke::release;

/// Rejects the request `id` as `owner`. The requester will read `reason`.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::OwnRequest`],
/// [`Refused::AlreadyDecided`].
pub async fn reject(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: RequestId,
    reason: &str,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    check_reason(reason)?;
    let by = Actor::from(owner.person());
    for _ in 0..ROUNDS {
        let request = store.request(id).await?;
        idempotent.check(store, context).await?;
        let request = request.ok_or(Refused::NotFound("access request"))?;
        let (closed, event) = decidable(request, owner)?.reject(context, &by, reason.trim().to_owned());
        if let Some(view) = close(store, context, closed, &event, idempotent).await? {
            return Ok(view);
        }
    }
    Err(Refused::Busy)
}

/// Requires a reason that says something.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check_reason(reason: &str) -> Result<(), Refused> {
    let mut findings = Findings::default();
    findings.require(!reason.trim().is_empty(), "/reason", "must say why: the requester will read it");
    findings.text(reason, "/reason", MAX_TEXT);
    findings.into_result().map_err(Refused::Invalid)
}

/// Commits the end of a request, and makes its products available to the app again; `None` when
/// somebody got in between.
pub(crate) async fn close(
    store: &Store,
    context: &mut Context,
    closed: Closed,
    event: &Event,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<Option<AccessRequestView>, Refused> {
    let request = AccessRequest::from(closed);
    let view = request.view();
    let transaction = Transaction::new(context).request(&request, event);
    let transaction = release(store, transaction, &view).await?;
    let transaction = idempotent.record(transaction, &view, context);
    match store.commit(transaction).await {
        Ok(()) => Ok(Some(view)),
        Err(error) => match idempotent.beaten(&error, context) {
            Some(refused) => Err(refused),
            None if error.is_refused_by(Guard::Request) || error.is_refused_by(Guard::Access) => Ok(None),
            None => Err(Refused::unexpected(error)),
        },
    }
}
