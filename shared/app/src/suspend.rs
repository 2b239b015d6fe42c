//! Suspend a credential, and let it work again. The authorizer reads what is written here at the next call.

use gatepass_domain::credential::{CredentialStatus, Resumption, Suspension};
use gatepass_domain::event::{CredentialSubject, Detail};
use gatepass_domain::id::CredentialId;
use gatepass_domain::{Actor, ApiOwner, Context, Credential, Versioned};
use gatepass_store::{Store, Transaction};

use crate::credentials::{credential_with_keys, moved};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};

/// A change from one status to another.
struct Transition {
    from: CredentialStatus,
    to: CredentialStatus,
    detail: fn(CredentialSubject) -> Detail,
    otherwise: fn(CredentialStatus) -> Refused,
}

const SUSPEND: Transition = Transition {
    from: CredentialStatus::Active,
    to: CredentialStatus::Suspended,
    detail: Detail::CredentialSuspended,
    otherwise: Refused::NotSuspendable,
};
const RESUME: Transition = Transition {
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
    transition: &Transition,
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: CredentialId,
    reason: Option<String>,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    let by = Actor::from(owner.person());
    let read = || credential_with_keys(store, id);
    commit_decision(store, context, idempotent, read, |context, (stored, keys)| {
        let status = stored.credential.status_at(context.now);
        if status != transition.from {
            return Err((transition.otherwise)(status));
        }
        let (at, reason_given) = (context.now, reason.clone());
        let (suspension, resumption) = match transition.to {
            CredentialStatus::Suspended => (Some(Suspension { at, reason: reason_given }), None),
            _ => (None, Some(Resumption { at, reason: reason_given })),
        };
        let content = Credential { status: transition.to, suspension, resumption, ..stored.credential.content.clone() };
        let (stored, event) = moved(context, &by, stored, content, transition.detail, reason.clone());
        let transaction = Transaction::new(context).credential_with_keys(&stored, keys).event(&event);
        Ok(Step::commit(transaction, stored.credential))
    })
    .await
}
