//! Carries access out: an approved request becomes a credential in its app (R18, R26).
//!
//! Effectively once: the credential's id was allocated at approval, everything is written under it in
//! one transaction that requires the request to be still queued, and a key that was minted for a
//! transaction that did not commit has been seen by nobody. Run twice, out of order or after a crash
//! anywhere, this leaves one credential.
//!
//! Linked only by functions that provision.

mod builtin;
mod error;
mod replace_keys;

use std::collections::BTreeSet;

use gatepass_app::entities::entities_now;
use gatepass_app::optimistic::{Decision, Step, commit_effect};
use gatepass_app::{Idempotent, Refused};
use gatepass_domain::access_request::{AttemptOutcome, LastError, Queued, RequestKind};
use gatepass_domain::id::RequestId;
use gatepass_domain::product::GatewayKind;
use gatepass_domain::{AccessRequest, Actor, Context, Plan, Versioned};
use gatepass_sealing::Sealer;
use gatepass_store::{Heirs, ReferencedEntities, Store, StoreError, Transaction};

use error::AttemptError;

pub use replace_keys::replace_keys_of_reassigned;

/// The result of provisioning a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Access stands.
    Provisioned,
    /// The attempt failed; another is planned.
    Deferred,
    /// Provisioning gave up; owners are told.
    Failed,
    /// The credential that was to be extended or changed has ended, and the request with it.
    Revoked,
    /// The request is not queued (any more), its next attempt is not due, or its app is being deleted.
    NothingToDo,
}

/// Provisions the request `id`. Safe to repeat: what is done depends on the state it is in.
///
/// # Errors
/// [`Refused`] when not even the failure could be written down. What went wrong at the gateway is no error here: it is
/// written on the request.
pub async fn provision(
    store: &Store,
    sealer: &Sealer,
    context: &mut Context,
    id: RequestId,
) -> Result<Outcome, Refused> {
    let read = || async {
        let Some(AccessRequest::Queued(queued)) = store.request(id).await? else { return Ok(None) };
        if queued.next_attempt_at().is_some() {
            return Ok(None);
        }
        let entities = entities_now(store, &queued.approved().facts().submission, None).await?;
        Ok(Some((queued, entities)))
    };
    commit_effect(store, context, &Idempotent::Unkeyed, read, Attempt { store, sealer }).await
}

/// One attempt to provision a request.
struct Attempt<'a> {
    store: &'a Store,
    sealer: &'a Sealer,
}

impl Decision<Option<(Queued, ReferencedEntities)>, Outcome> for Attempt<'_> {
    async fn decide(
        &self,
        context: &mut Context,
        read: Option<(Queued, ReferencedEntities)>,
    ) -> Result<Step<Outcome>, Refused> {
        let Self { store, sealer } = *self;
        let Some((queued, entities)) = read else { return Ok(Step::Done(Outcome::NothingToDo)) };
        let by = Actor::system("provision");
        match carry_out(store, sealer, context, &queued, entities).await {
            Ok(effect) => {
                let (provisioned, event) = queued.provisioned(context, &by);
                Ok(Step::commit(effect.request(&provisioned.into(), &event), Outcome::Provisioned))
            }
            Err(AttemptError::Gateway { error, transient }) => Ok(failure(context, queued, &by, error, transient)),
            Err(AttemptError::NothingLeft(reason)) => Ok(revocation(store, context, queued, &by, reason).await?),
            // Whoever deletes the app revokes this request next.
            Err(AttemptError::AppClosing) => Ok(Step::Done(Outcome::NothingToDo)),
            Err(AttemptError::Store(error)) => Err(error.into()),
        }
    }
}

/// The access that is to be provisioned.
struct Assignment<'a> {
    request: &'a Queued,
    plan: Versioned<Plan>,
    /// How long before its end a key is announced to expire.
    expiry_notices_seconds: Vec<u64>,
}

/// Brings the effect about at the gateway; gives the transaction that makes it stand.
async fn carry_out(
    store: &Store,
    sealer: &Sealer,
    context: &mut Context,
    request: &Queued,
    entities: ReferencedEntities,
) -> Result<Transaction, AttemptError> {
    let facts = request.approved().facts();
    let submission = &facts.submission;
    let ReferencedEntities { products, plan, app, settings, .. } = entities;
    if let Some(gone) = facts.product_ids().iter().find(|id| !products.iter().any(|product| &product.id == *id)) {
        return Err(AttemptError::permanent("product-gone", format!("The product `{gone}` no longer exists.")));
    }
    if let Some(product) = products.iter().find(|product| product.auth_method != submission.auth_method) {
        let text = format!("The product `{}` uses another authentication method than was asked for.", product.id);
        return Err(AttemptError::permanent("auth-method-changed", text));
    }
    let Some(plan) = plan else {
        let text = format!("The plan `{}` no longer exists.", submission.plan_id);
        return Err(AttemptError::permanent("plan-gone", text));
    };
    if app.is_none() {
        if store.closing_app(submission.app.id).await?.is_some() {
            return Err(AttemptError::AppClosing);
        }
        return Err(AttemptError::permanent(
            "app-gone",
            "The app that was to receive the credential was deleted.".into(),
        ));
    }
    if let Some(product) = products.iter().find(|product| product.gateway.kind() != GatewayKind::Builtin) {
        let text = format!("The gateway of the product `{}` is not configured in this installation.", product.id);
        return Err(AttemptError::permanent("gateway-not-configured", text));
    }
    let assignment = Assignment { request, plan, expiry_notices_seconds: settings.expiry_notices_seconds };
    match submission.kind {
        RequestKind::New | RequestKind::Extend | RequestKind::Grant => match submission.extends_credential_id {
            None => builtin::issue(store, sealer, context, &assignment).await,
            Some(_) => builtin::extend(store, context, &assignment).await,
        },
        RequestKind::Renewal => builtin::renew(store, context, &assignment).await,
        RequestKind::ChangePlan => builtin::change_plan(store, context, &assignment).await,
    }
}

/// Ends a request of which nothing is left to provision, and makes what it claimed available to the app again.
async fn revocation(
    store: &Store,
    context: &mut Context,
    queued: Queued,
    by: &Actor,
    reason: &str,
) -> Result<Step<Outcome>, StoreError> {
    let facts = queued.approved().facts();
    let (id, app_id) = (facts.id, facts.submission.app.id);
    let claims = store.ending_claims(app_id, &BTreeSet::from([id]), Heirs::Extensions).await?;
    let (revoked, event) = queued.revoke(context, by, Some(reason.into()));
    let transaction = Transaction::new(context).request(&revoked.into(), &event);
    Ok(Step::commit(transaction.end_claims(app_id, &claims), Outcome::Revoked))
}

/// Writes a failed attempt down.
fn failure(context: &mut Context, queued: Queued, by: &Actor, error: LastError, transient: bool) -> Step<Outcome> {
    let (after, event) = queued.attempt_failed(context, by, error, transient);
    let outcome = match &after {
        AttemptOutcome::Deferred(_) => Outcome::Deferred,
        AttemptOutcome::GaveUp(_) => Outcome::Failed,
    };
    Step::commit(Transaction::new(context).request(&after.into(), &event), outcome)
}
