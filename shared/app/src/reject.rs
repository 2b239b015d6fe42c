//! Reject a request, or some of its products, with a reason (R27).

use gatepass_domain::access_request::{MAX_TEXT, Reduction};
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{AccessRequest, Actor, Context, Reviewer};
use gatepass_store::{Store, Surroundings, Transaction};

use crate::approve::{product_faults, require_divisible, undecided};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, check_interest, decided};
use crate::standing::Holdings;

/// Rejects the request `id`, or only some of its products, as somebody who decides on them: the request goes on with the
/// rest. The requester will read `reason`.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::ConflictOfInterest`],
/// [`Refused::NotEntitled`], [`Refused::MoreThanAsked`] for a product that the request is not for, [`Refused::AlreadyDecided`].
pub async fn reject(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    rejection: &RejectRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    rejection.check()?;
    let by = Actor::from(reviewer.person());
    let reason = rejection.reason.trim();
    let read = || async {
        let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
        let surroundings = store.surroundings_of(&request, &reviewer.person().id).await?;
        Ok((request, surroundings))
    };
    commit_decision(store, context, idempotent, read, |context, (request, surroundings)| {
        let Surroundings { app, products, claims, involvement } = surroundings;
        let entitlement = Entitlement::of(reviewer, &request, &products)?;
        check_interest(reviewer.person(), &request, app.as_ref().map(|app| &app.content), involvement)?;
        let dropped = match &rejection.product_ids {
            Some(named) => {
                entitlement.dropped_but(named)?;
                named.clone()
            }
            None => {
                entitlement.require_all()?;
                request.facts().product_ids()
            }
        };
        let pending = undecided(request)?;
        if dropped.len() == pending.facts().product_ids().len() {
            let (closed, event) = pending.reject(context, &by, reason.to_owned());
            let (transaction, request) = Holdings::of(claims).closing(context, closed, &event);
            return Ok(Step::commit(transaction, request));
        }
        require_divisible(&pending)?;
        let (app_id, credential_id) =
            (pending.facts().submission.app.id, pending.facts().submission.extends_credential_id);
        let claims = claims.on(&dropped);
        let reduction = Reduction { dropped, ..Reduction::default() };
        let (pending, event) = pending.narrow(context, &by, reduction, Some(reason.to_owned()));
        let request = AccessRequest::from(pending);
        let transaction = Transaction::new(context).request(&request, &event).end_claims(app_id, &claims);
        Ok(Step::commit(decided(transaction, credential_id, reviewer.person()), request))
    })
    .await
}

/// A rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectRequest {
    /// The reason, which the requester reads.
    pub reason: String,
    /// The products that are rejected; the whole request, unless they are named.
    pub product_ids: Option<Vec<ProductId>>,
}

impl RejectRequest {
    /// A rejection of the whole request.
    pub fn whole(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), product_ids: None }
    }

    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// [`Refused::Invalid`].
    pub fn check(&self) -> Result<(), Refused> {
        let mut errors = ValidationErrors::default();
        errors.extend(reason_faults(&self.reason));
        errors.extend(product_faults(self.product_ids.as_deref()));
        errors.into_result().map_err(Refused::Invalid)
    }
}

/// Requires a reason that says something.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check_reason(reason: &str) -> Result<(), Refused> {
    let faults = reason_faults(reason);
    if faults.is_empty() { Ok(()) } else { Err(Refused::Invalid(faults)) }
}

fn reason_faults(reason: &str) -> Vec<FieldError> {
    let mut errors = ValidationErrors::default();
    errors.require(!reason.trim().is_empty(), "/reason", "must say why: the requester will read it");
    errors.text(reason, "/reason", MAX_TEXT);
    errors.into_result().err().unwrap_or_default()
}
