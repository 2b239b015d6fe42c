//! Reject a request, with a reason (R27).

use gatepass_domain::access_request::MAX_TEXT;
use gatepass_domain::id::RequestId;
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context};
use gatepass_store::Store;

use crate::approve::decidable;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::standing::Standing;

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
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    check_reason(reason)?;
    let by = Actor::from(owner.person());
    let read = || async { Standing::read_undecided(store, id).await?.ok_or(Refused::NotFound("access request")) };
    commit_decision(store, context, idempotent, read, |context, Standing { request, holdings }| {
        let (closed, event) = decidable(request, owner)?.reject(context, &by, reason.trim().to_owned());
        let (transaction, request) = holdings.closing(context, closed, &event);
        Ok(Step::commit(transaction, request))
    })
    .await
}

/// Requires a reason that says something.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check_reason(reason: &str) -> Result<(), Refused> {
    let mut errors = ValidationErrors::default();
    errors.require(!reason.trim().is_empty(), "/reason", "must say why: the requester will read it");
    errors.text(reason, "/reason", MAX_TEXT);
    errors.into_result().map_err(Refused::Invalid)
}
