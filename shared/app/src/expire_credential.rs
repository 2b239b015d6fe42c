//! Write down that a credential has expired, and end the requests that were to extend one that has ended.

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::{Actor, Context, Credential};
use gatepass_store::{Store, Transaction};

use crate::credentials::moved;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::revoke_credential::requests_behind;

/// Whether a credential has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It has, and so has everything that goes with it.
    Settled,
    /// It has not.
    NotYet,
}

/// Writes down that the credential has expired, if it has: its keys are closed, and its products are available to the app
/// again, all in one transaction. Then ends what a credential that has ended leaves behind: requests that were to
/// extend it and, when it was revoked, the requests by which it opened products. Access that expired stays on record
/// as it was provisioned. Safe to repeat.
pub(crate) async fn settle(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<Ending, Refused> {
    let by = Actor::system("expire");
    let now = context.now;
    let read = || async {
        let Some(stored) = store.credential(app_id, id).await? else { return Ok(None) };
        if stored.credential.status == stored.credential.status_at(now) {
            return Ok(Some((stored.credential.status, None)));
        }
        let keys = store.keys_of(&stored).await?;
        let access = store.access_of(app_id, &stored.credential.holders()).await?;
        Ok(Some((CredentialStatus::Expired, Some((stored, keys, access)))))
    };
    let status = commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        let Some((status, expiring)) = read else { return Ok(Step::Done(None)) };
        let Some((stored, keys, access)) = expiring else { return Ok(Step::Done(Some(status))) };
        let content = Credential { status, ..stored.credential.content.clone() };
        let (stored, event) = moved(context, &by, stored, content, Detail::CredentialExpired, None);
        let transaction = Transaction::new(context).credential_with_keys(&stored, keys).event(&event);
        Ok(Step::commit(transaction.release_expired(app_id, &access), Some(status)))
    })
    .await?;
    let (reason, stays) = match status {
        None => return Ok(Ending::Settled),
        Some(CredentialStatus::Active | CredentialStatus::Suspended) => return Ok(Ending::NotYet),
        Some(CredentialStatus::Revoked) => ("Its credential was revoked.", Default::default()),
        Some(CredentialStatus::Expired) => {
            let stored = store.credential(app_id, id).await?;
            let provisioned = stored.map(|stored| stored.credential.holders()).unwrap_or_default();
            ("Its credential has expired.", provisioned)
        }
    };
    for request_id in requests_behind(store, app_id, id).await?.difference(&stays) {
        end(store, context, &by, *request_id, Loss::Subject, reason).await?;
    }
    Ok(Ending::Settled)
}
