//! Take a whole credential back: closed at once, then every request behind it is revoked.

use std::collections::BTreeSet;

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId, RequestId};
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Credential, Person, Versioned};
use gatepass_store::{Store, Transaction};

use crate::apps;
use crate::credentials::moved;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// Revokes the credential `id`, as an API Owner. If the call is broken off, the credential is
/// closed, and background work ends its requests.
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
    if let Some(recalled) = idempotent.recall(store, context).await? {
        return Ok(recalled);
    }
    let stored = store.credential_by_id(id).await?.ok_or(Refused::NotFound("credential"))?;
    let revocation = Revocation {
        by: Actor::from(owner.person()),
        reason: reason.as_deref(),
        undecided: Loss::Subject,
        precondition: &Precondition::Any,
    };
    match close_with_requests(store, context, stored.credential.app_id, id, &revocation).await {
        Ok((Closed::Before, _)) => idempotent.recall_or(Refused::AlreadyRevoked, store, context).await,
        Ok((Closed::Now, credential)) => idempotent.settle(store, context, credential).await,
        Err(refused) => idempotent.recall_or(refused, store, context).await,
    }
}

/// Revokes a credential of the caller's own app; one that is revoked already stays so. Requests that wait to extend it are
/// withdrawn with it.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotTheOwner`] for those with whom the app is shared; [`Refused::VersionMismatch`].
pub async fn revoke_own(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    app_id: AppId,
    id: CredentialId,
    precondition: &Precondition,
) -> Result<(), Refused> {
    require_owner(store, caller, app_id, id).await?;
    let revocation = Revocation {
        by: Actor::from(caller),
        reason: Some("The owner of the app revoked the credential."),
        undecided: Loss::App,
        precondition,
    };
    close_with_requests(store, context, app_id, id, &revocation).await.map(|_| ())
}

/// The reason that is given for requests when none was given for the credential.
pub(crate) const REVOKED: &str = "Its credential was revoked.";

/// Requires that the credential exists and that `caller` owns its app.
pub(crate) async fn require_owner(
    store: &Store,
    caller: &Person,
    app_id: AppId,
    id: CredentialId,
) -> Result<(), Refused> {
    if apps::get(store, caller, app_id).await?.owner == caller.id {
        return Ok(());
    }
    let exists = store.credential(app_id, id).await?.is_some();
    Err(if exists { Refused::NotTheOwner } else { Refused::NotFound("credential") })
}

/// How a credential is revoked.
pub(crate) struct Revocation<'a> {
    pub(crate) by: Actor,
    pub(crate) reason: Option<&'a str>,
    /// The way in which requests end that wait to extend it.
    pub(crate) undecided: Loss,
    pub(crate) precondition: &'a Precondition,
}

/// Closes the credential, and then ends every request behind it. `Closed::Before` when there was nothing left to do.
pub(crate) async fn close_with_requests(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
    revocation: &Revocation<'_>,
) -> Result<(Closed, Versioned<Credential>), Refused> {
    let closed = close(store, context, app_id, id, revocation).await?;
    // From here on no request that extends it can be submitted or approved: these are all.
    let behind = requests_behind(store, app_id, id).await?;
    let closed = if behind.is_empty() { closed } else { Closed::Now };
    for request_id in behind {
        let why = revocation.reason.unwrap_or(REVOKED);
        end(store, context, &revocation.by, request_id, revocation.undecided, why).await?;
    }
    let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
    Ok((closed, stored.credential))
}

/// The requests by which a credential opens products, or that are to extend or change it and have not ended; by consistent
/// reads.
pub(crate) async fn requests_behind(
    store: &Store,
    app_id: AppId,
    id: CredentialId,
) -> Result<BTreeSet<RequestId>, Refused> {
    let stored = store.credential(app_id, id).await?;
    let mut behind = stored.map(|stored| stored.credential.holders()).unwrap_or_default();
    behind.extend(about_credential(store, app_id, id).await?.iter().map(|request| request.facts().id));
    Ok(behind)
}

/// The requests that extend a credential and have not ended, and the one that is to change it; by consistent reads.
pub(crate) async fn about_credential(
    store: &Store,
    app_id: AppId,
    id: CredentialId,
) -> Result<Vec<AccessRequest>, Refused> {
    let mut about = Vec::new();
    for request_id in store.extensions_of(app_id).await? {
        let request = store.request(request_id).await?;
        about.extend(request.filter(|request| request.facts().submission.extends_credential_id == Some(id)));
    }
    Ok(about)
}

/// The moment at which a credential was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Now,
    Before,
}

/// Closes the credential and each of its keys.
pub(crate) async fn close(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
    revocation: &Revocation<'_>,
) -> Result<Closed, Refused> {
    let read = || async move {
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        let keys = store.keys_of(&stored).await?;
        Ok((stored, keys))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (stored, keys)| {
        if stored.credential.status == CredentialStatus::Revoked {
            return Ok(Step::Done(Closed::Before));
        }
        revocation.precondition.check(stored.credential.version)?;
        let content = stored.credential.content.clone().revoked();
        let reason = revocation.reason.map(str::to_owned);
        let (stored, event) = moved(context, &revocation.by, stored, content, Detail::CredentialRevoked, reason);
        Ok(Step::commit(Transaction::new(context).credential_with_keys(&stored, keys).event(&event), Closed::Now))
    })
    .await
}
