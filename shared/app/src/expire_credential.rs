//! Write down that a credential has expired, and end the requests that were to extend one that has ended.

use std::collections::BTreeSet;

use gatepass_domain::access_request::RequestKind;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::{Aggregate, Detail};
use gatepass_domain::id::{AppId, CredentialId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Context, Credential};
use gatepass_store::{Heirs, Store, Transaction};

use crate::credentials::moved;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::remove_product::remove_ended;
use crate::revoke_credential::{REVOKED, about_credential, requests_behind};

/// The end of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It has, and the requests that were to extend it have ended too.
    Settled,
    /// It has not.
    NotYet,
}

/// Writes down that the credential has expired, if it has, or that access to some of its products has. Then moves the requests by which it opened products among those
/// whose access has expired, and ends what a credential that has ended leaves behind: requests that were to
/// extend it and, when it was revoked, the requests by which it opened products. Access that expired stays on record
/// as it was provisioned, and a renewal of it goes on. Safe to repeat.
pub(crate) async fn settle(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<Ending, Refused> {
    match write_down(store, context, app_id, id).await? {
        None => Ok(Ending::Settled),
        Some(CredentialStatus::Active | CredentialStatus::Suspended) => {
            remove_ended(store, context, app_id, id).await?;
            Ok(Ending::NotYet)
        }
        Some(CredentialStatus::Revoked) => {
            let behind = requests_behind(store, app_id, id).await?;
            if !behind.is_empty() {
                let (by, loss, reason) = revocation(store, context, app_id, id).await?;
                for request_id in behind {
                    end(store, context, &by, request_id, loss, &reason).await?;
                }
            }
            Ok(Ending::Settled)
        }
        Some(CredentialStatus::Expired) => {
            let stored = store.credential(app_id, id).await?;
            let provisioned = stored.map(|stored| stored.credential.holders()).unwrap_or_default();
            // One update takes some of the claims.
            end_claims(store, context, app_id, id, &provisioned).await?;
            for request_id in &provisioned {
                lapse(store, context, *request_id).await?;
            }
            let by = Actor::system("expire");
            for request in about_credential(store, app_id, id).await? {
                let request_id = request.facts().id;
                let goes_on = request.facts().submission.kind == RequestKind::Renewal;
                if !goes_on && !provisioned.contains(&request_id) {
                    end(store, context, &by, request_id, Loss::Subject, "Its credential has expired.").await?;
                }
            }
            Ok(Ending::Settled)
        }
    }
}

/// Writes down that the credential has expired, if it has: its keys are closed, and its products are available to the app
/// again, the first hundred of them in the same transaction. Gives the status from then on; `None` when there is no such
/// credential.
async fn write_down(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<Option<CredentialStatus>, Refused> {
    let by = Actor::system("expire");
    let now = context.now;
    let read = || async {
        let Some(stored) = store.credential(app_id, id).await? else { return Ok(None) };
        if stored.credential.status == stored.credential.status_at(now) {
            return Ok(Some((stored.credential.status, None)));
        }
        let keys = store.keys_of(&stored).await?;
        let claims = store.ending_claims(app_id, &stored.credential.holders(), Heirs::ExtensionsAndRenewals).await?;
        Ok(Some((CredentialStatus::Expired, Some((stored, keys, claims)))))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        let Some((status, expiring)) = read else { return Ok(Step::Done(None)) };
        let Some((stored, keys, claims)) = expiring else { return Ok(Step::Done(Some(status))) };
        let content = Credential { status, ..stored.credential.content.clone() };
        let (stored, event) = moved(context, &by, stored, content, Detail::CredentialExpired, None);
        let transaction = Transaction::new(context).credential_with_keys(&stored, keys).event(&event);
        Ok(Step::commit(transaction.end_claims(app_id, &claims), Some(status)))
    })
    .await
}

/// Who revoked the credential, what that means for the requests that were to extend it, and the reason that is given: the
/// call that revoked it was broken off.
async fn revocation(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<(Actor, Loss, String), Refused> {
    let event = store.last_event_of(&Aggregate::Credential(id)).await?;
    let Some(event) = event else {
        return Ok((Actor::system("expire"), Loss::Subject, REVOKED.to_owned()));
    };
    context.follow(&event);
    let by = event.actor();
    // The app that is being deleted takes everything with it, in its owner's name.
    let is_own = store
        .app(app_id)
        .await?
        .is_none_or(|app| by.is_person(&app.owner) || app.handovers.iter().any(|one| by.is_person(&one.from)));
    let reason = event.personal.and_then(|personal| personal.reason).unwrap_or_else(|| REVOKED.to_owned());
    Ok((by, if is_own { Loss::App } else { Loss::Subject }, reason))
}

/// Moves a request out of the lists of what stands, because its access has expired.
async fn lapse(store: &Store, context: &mut Context, id: RequestId) -> Result<(), Refused> {
    let read = || async {
        let Some(request @ AccessRequest::Provisioned(_)) = store.request(id).await? else { return Ok(None) };
        let Some(credential_id) = request.credential_id() else { return Ok(None) };
        let app_id = request.facts().submission.app.id;
        let expired = is_expired(store, app_id, credential_id).await?;
        Ok(expired.then_some((request, app_id, credential_id)))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        let Some((request, app_id, credential_id)) = read else { return Ok(Step::Done(())) };
        let expired = CredentialStatus::Expired;
        let transaction = Transaction::new(context).require_credential_status(app_id, credential_id, expired);
        Ok(Step::commit(transaction.lapsed(&request), ()))
    })
    .await
}

/// Ends the claims of the requests by which an expired credential opened products.
async fn end_claims(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
    requests: &BTreeSet<RequestId>,
) -> Result<(), Refused> {
    let read = || async {
        if !is_expired(store, app_id, id).await? {
            return Ok(None);
        }
        let claims = store.ending_claims(app_id, requests, Heirs::ExtensionsAndRenewals).await?;
        Ok(Some(claims).filter(|claims| !claims.is_empty()))
    };
    let end = |context: &mut Context, claims: Option<_>| {
        let Some(claims) = claims else { return Ok(Step::Done(Claims::Ended)) };
        let expired = CredentialStatus::Expired;
        let transaction = Transaction::new(context).require_credential_status(app_id, id, expired);
        Ok(Step::commit(transaction.end_claims(app_id, &claims), Claims::More))
    };
    while let Claims::More = commit_decision(store, context, &Idempotent::Unkeyed, read, end).await? {}
    Ok(())
}

/// Whether claims may be left.
enum Claims {
    Ended,
    More,
}

/// True while the credential is written down as expired: a renewal may have been faster than what follows the end.
async fn is_expired(store: &Store, app_id: AppId, id: CredentialId) -> Result<bool, Refused> {
    let stored = store.credential(app_id, id).await?;
    Ok(stored.is_some_and(|stored| stored.credential.status == CredentialStatus::Expired))
}

/// Writes down that the credential behind the request `id`, or access to its products, has expired, if it has and that is not written down yet. True
/// when it was: the claims of the request are free then.
///
/// Between the end of a credential and the next run of `expire`, whoever asks again must not be told that the app has
/// the product already.
pub(crate) async fn has_expired_unnoticed(
    store: &Store,
    context: &mut Context,
    id: RequestId,
) -> Result<bool, Refused> {
    let Some(AccessRequest::Provisioned(provisioned)) = store.request(id).await? else { return Ok(false) };
    let approved = provisioned.approved();
    let (app_id, credential_id) = (approved.facts().submission.app.id, approved.credential_id());
    let Some(stored) = store.credential(app_id, credential_id).await? else { return Ok(false) };
    let is_written_down = matches!(stored.credential.status, CredentialStatus::Expired | CredentialStatus::Revoked);
    if is_written_down || stored.credential.is_open_by(id, context.now) {
        return Ok(false);
    }
    write_down(store, context, app_id, credential_id).await?;
    remove_ended(store, context, app_id, credential_id).await?;
    Ok(true)
}
