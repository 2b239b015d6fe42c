//! Take a whole credential back: closed at once, then every request behind it is revoked.

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::Detail;
use gatepass_domain::id::CredentialId;
use gatepass_domain::{Actor, ApiOwner, Context, Credential, Versioned};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::credentials::moved;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// Revokes the credential `id`. Broken off half-way it is closed already, and finished by revoking it again.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::AlreadyRevoked`] when nothing is left to do.
pub async fn revoke_credential(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: CredentialId,
    reason: Option<String>,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    let by = Actor::from(owner.person());
    let standing = store.credential_by_id(id).await?;
    idempotent.check(store, context).await?;
    let app_id = standing.ok_or(Refused::NotFound("credential"))?.credential.app_id;
    let behind = store.standing_requests_of(app_id, id).await?;
    let closed = close(store, context, &by, id, reason.clone()).await?;
    if !closed && behind.is_empty() {
        return Err(Refused::AlreadyRevoked);
    }
    for request_id in behind {
        let why = reason.as_deref().unwrap_or("Its credential was revoked.");
        end(store, context, &by, request_id, Loss::Subject, why).await?;
    }
    let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
    idempotent.settle(store, context, &stored.credential).await?;
    Ok(stored.credential)
}

/// Closes the credential and each of its keys; `false` when that was done before.
async fn close(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: CredentialId,
    reason: Option<String>,
) -> Result<bool, Refused> {
    for _ in 0..ROUNDS {
        let stored = store.credential_by_id(id).await?.ok_or(Refused::NotFound("credential"))?;
        if stored.credential.status == CredentialStatus::Revoked {
            return Ok(false);
        }
        let content = stored.credential.content.clone().revoked();
        let (stored, event) = moved(context, by, stored, content, Detail::CredentialRevoked, reason.clone());
        let transaction = store.with_credential(Transaction::new(context), &stored).await?.event(&event);
        match store.commit(transaction).await {
            Ok(()) => return Ok(true),
            Err(error) if error.is_refused_by(Guard::Credential) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Err(Refused::Busy)
}
