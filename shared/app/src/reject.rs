//! Reject a request, with a reason (R27).

use gatepass_domain::access_request::MAX_TEXT;
use gatepass_domain::id::RequestId;
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{AccessRequest, Actor, Context, Reviewer};
use gatepass_store::{Store, Surroundings};

use crate::approve::undecided;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, check_interest};
use crate::standing::Holdings;

/// Rejects the request `id` as somebody who decides on every product of it. The requester will read `reason`.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::ConflictOfInterest`],
/// [`Refused::NotEntitled`], [`Refused::AlreadyDecided`].
pub async fn reject(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    reason: &str,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    check_reason(reason)?;
    let by = Actor::from(reviewer.person());
    let read = || async {
        let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
        let surroundings = store.surroundings_of(&request).await?;
        Ok((request, surroundings))
    };
    commit_decision(store, context, idempotent, read, |context, (request, Surroundings { app, products, claims })| {
        let entitlement = Entitlement::of(reviewer, &request, &products)?;
        check_interest(reviewer.person(), &request, app.as_ref().map(|app| &app.content))?;
        entitlement.require_all()?;
        let (closed, event) = undecided(request)?.reject(context, &by, reason.trim().to_owned());
        let (transaction, request) = Holdings::of(claims).closing(context, closed, &event);
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
