//! See credentials, and record that a key was shown (R18).

use gatepass_domain::credential::{CredentialStatus, KeyRecord};
use gatepass_domain::event::{Aggregate, CredentialSubject, Detail};
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::{Actor, Context, Credential, Event, Person, Versioned};
use gatepass_store::{Guard, Store, StoredCredential, Transaction};

use crate::error::Refused;
use crate::{ROUNDS, apps};

/// The credentials of the app, if `caller` sees it; newest first.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn list(store: &Store, caller: &Person, app_id: AppId) -> Result<Vec<Versioned<Credential>>, Refused> {
    apps::get(store, caller, app_id).await?;
    let stored = store.credentials(app_id).await?;
    Ok(stored.into_iter().map(|stored| stored.credential).collect())
}

/// Records that `caller` was shown the newest key of a credential, and gives the sealed key. It is
/// on record before it is shown.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::CredentialNotActive`].
pub async fn reveal(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    app_id: AppId,
    id: CredentialId,
) -> Result<KeyRecord, Refused> {
    apps::get(store, caller, app_id).await?;
    for _ in 0..ROUNDS {
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        if stored.credential.status_at(context.now) != CredentialStatus::Active {
            return Err(Refused::CredentialNotActive);
        }
        let newest = stored.digests.first().ok_or(Refused::CredentialNotActive)?;
        let record = store.api_key(newest).await?.ok_or(Refused::CredentialNotActive)?;
        let content = stored.credential.content.clone();
        let (next, event) = moved(context, &Actor::from(caller), stored, content, Detail::CredentialRevealed, None);
        let transaction = Transaction::new(context).credential(&next).event(&event);
        match store.commit(transaction).await {
            Ok(()) => return Ok(record),
            Err(error) if error.is_refused_by(Guard::Credential) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Err(Refused::Busy)
}

/// The next version of a credential, and the event that records what led there.
pub(crate) fn moved(
    context: &mut Context,
    by: &Actor,
    mut stored: StoredCredential,
    content: Credential,
    detail: fn(CredentialSubject) -> Detail,
    reason: Option<String>,
) -> (StoredCredential, Event) {
    let Credential { id, app_id, request_id, .. } = content;
    let subject = CredentialSubject { credential_id: id, app_id, request_id };
    stored.credential = stored.credential.revised(content, context.now);
    let event = stored.chain.append(context, Aggregate::Credential(id), by, detail(subject), reason);
    (stored, event)
}
