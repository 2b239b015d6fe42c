//! Suspend a credential, and let it work again. The authorizer reads what is written here at the next call.

use gatepass_domain::conflict::Matter;
use gatepass_domain::credential::{CredentialStatus, Resumption, Suspension};
use gatepass_domain::event::{CredentialSubject, Detail};
use gatepass_domain::id::CredentialId;
use gatepass_domain::{Actor, ApiOwner, Context, Credential, Person, Versioned};
use gatepass_store::{Store, Transaction};
use jiff::Timestamp;

use crate::credentials::{credential_with_keys, moved};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{decided, require_no_conflict};

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
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::ConflictOfInterest`]; [`Refused::NotSuspended`] for one that is not suspended, or
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
    let now = context.now;
    let read = || async {
        let (stored, keys) = credential_with_keys(store, id).await?;
        if transition.to == CredentialStatus::Active {
            require_no_interest(store, owner.person(), &stored.credential, now).await?;
        }
        Ok((stored, keys))
    };
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
        let transaction = match transition.to {
            CredentialStatus::Active => decided(transaction, Some(id), owner.person()),
            _ => transaction,
        };
        Ok(Step::commit(transaction, stored.credential))
    })
    .await
}

/// Refuses to resume a credential to somebody who uses it. Suspending one is open to every API Owner: it takes nothing for oneself.
async fn require_no_interest(
    store: &Store,
    person: &Person,
    credential: &Credential,
    now: Timestamp,
) -> Result<(), Refused> {
    let app = store.app(credential.app_id).await?;
    let involvement = store.involvement(credential.id, &person.id).await?;
    let app = app.as_ref().map(|app| &app.content);
    require_no_conflict(person, Matter::Resumption { app, now, involvement })
}
