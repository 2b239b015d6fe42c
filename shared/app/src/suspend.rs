//! Suspend a credential, and let it work again. The authorizer reads what is written here at the next call.

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::{CredentialSubject, Detail};
use gatepass_domain::id::CredentialId;
use gatepass_domain::{Actor, ApiOwner, Context, Credential, Versioned};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::credentials::moved;
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// A step from one status to another.
struct Step {
    from: CredentialStatus,
    to: CredentialStatus,
    detail: fn(CredentialSubject) -> Detail,
    otherwise: fn(CredentialStatus) -> Refused,
}

const SUSPEND: Step = Step {
    from: CredentialStatus::Active,
    to: CredentialStatus::Suspended,
    detail: Detail::CredentialSuspended,
    otherwise: Refused::NotSuspendable,
};
const RESUME: Step = Step {
    from: CredentialStatus::Suspended,
    to: CredentialStatus::Active,
    detail: Detail::CredentialResumed,
    otherwise: Refused::NotSuspended,
};

/// Closes every key of the credential `id` until it is resumed.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::NotSuspendable`] for one that is not active.
pub async fn suspend(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: CredentialId,
    reason: Option<String>,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    take(&SUSPEND, store, context, owner, id, reason, idempotent).await
}

/// Opens the credential `id` again.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::NotSuspended`] for one that is not suspended, or
/// whose time has passed.
pub async fn resume(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: CredentialId,
    reason: Option<String>,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    take(&RESUME, store, context, owner, id, reason, idempotent).await
}

async fn take(
    step: &Step,
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: CredentialId,
    reason: Option<String>,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    let by = Actor::from(owner.person());
    for _ in 0..ROUNDS {
        let standing = store.credential_by_id(id).await?;
        idempotent.check(store, context).await?;
        let stored = standing.ok_or(Refused::NotFound("credential"))?;
        let status = stored.credential.status_at(context.now);
        if status != step.from {
            return Err((step.otherwise)(status));
        }
        let content = Credential { status: step.to, ..stored.credential.content.clone() };
        let (stored, event) = moved(context, &by, stored, content, step.detail, reason.clone());
        let transaction = store.with_credential(Transaction::new(context), &stored).await?.event(&event);
        let transaction = idempotent.record(transaction, &stored.credential, context);
        match store.commit(transaction).await {
            Ok(()) => return Ok(stored.credential),
            Err(error) => match idempotent.beaten(&error, context) {
                Some(refused) => return Err(refused),
                None if error.is_refused_by(Guard::Credential) => {}
                None => return Err(Refused::unexpected(error)),
            },
        }
    }
    Err(Refused::Busy)
}
