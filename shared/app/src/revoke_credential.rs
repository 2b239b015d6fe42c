//! Take a whole credential back: closed at once, then every request behind it is revoked.

use std::collections::BTreeSet;

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId, RequestId};
use gatepass_domain::{Actor, ApiOwner, Context, Credential, Versioned};
use gatepass_store::{Store, Transaction};

use crate::credentials::{credential_with_keys, moved};
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};

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
    if let Some(recalled) = idempotent.recall(store, context).await? {
        return Ok(recalled);
    }
    match close_with_requests(store, context, &by, id, reason.as_deref()).await {
        Ok(credential) => idempotent.settle(store, context, credential).await,
        Err(refused) => idempotent.recall_or(refused, store, context).await,
    }
}

async fn close_with_requests(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: CredentialId,
    reason: Option<&str>,
) -> Result<Versioned<Credential>, Refused> {
    let stored = store.credential_by_id(id).await?.ok_or(Refused::NotFound("credential"))?;
    let app_id = stored.credential.app_id;
    let closed = close(store, context, by, id, reason).await?;
    // From here on no request that extends it can be submitted or approved: these are all.
    let behind = requests_behind(store, app_id, id).await?;
    if closed == Closed::Before && behind.is_empty() {
        return Err(Refused::AlreadyRevoked);
    }
    for request_id in behind {
        let why = reason.unwrap_or("Its credential was revoked.");
        end(store, context, by, request_id, Loss::Subject, why).await?;
    }
    Ok(store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?.credential)
}

/// The requests by which a credential opens products, or that are to extend it and have not ended; by consistent reads.
pub(crate) async fn requests_behind(
    store: &Store,
    app_id: AppId,
    id: CredentialId,
) -> Result<BTreeSet<RequestId>, Refused> {
    let stored = store.credential(app_id, id).await?;
    let mut behind = stored.map(|stored| stored.credential.holders()).unwrap_or_default();
    for request_id in store.extensions_of(app_id).await? {
        if let Some(request) = store.request(request_id).await?
            && request.facts().submission.extends_credential_id == Some(id)
        {
            behind.insert(request_id);
        }
    }
    Ok(behind)
}

/// The moment at which a credential was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    Now,
    Before,
}

/// Closes the credential and each of its keys.
async fn close(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: CredentialId,
    reason: Option<&str>,
) -> Result<Closed, Refused> {
    let read = || credential_with_keys(store, id);
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (stored, keys)| {
        if stored.credential.status == CredentialStatus::Revoked {
            return Ok(Step::Done(Closed::Before));
        }
        let content = stored.credential.content.clone().revoked();
        let reason = reason.map(str::to_owned);
        let (stored, event) = moved(context, by, stored, content, Detail::CredentialRevoked, reason);
        Ok(Step::commit(Transaction::new(context).credential_with_keys(&stored, keys).event(&event), Closed::Now))
    })
    .await
}
