//! See credentials, and record that a key was shown (R18).

use gatepass_domain::conflict::{Conflict, Involvement, Matter};
use gatepass_domain::credential::{CredentialStatus, KeyRecord, Reveals};
use gatepass_domain::event::{Aggregate, CredentialSubject, Detail};
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::settings::RevealRule;
use gatepass_domain::{Actor, ApiOwner, App, Context, Credential, Event, Person, Versioned};
use gatepass_store::{Page, Position, Store, StoredCredential, Transaction};
use jiff::Timestamp;

use crate::apps;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::require_no_conflict;

/// A credential as it is to be shown, and the day on which it was used last, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCredential {
    /// The credential with its status at the time of the answer.
    pub credential: Versioned<Credential>,
    /// The beginning of the day, in UTC, on which it was used last; `None` when nothing is known.
    pub last_used_at: Option<Timestamp>,
}

/// A page of the credentials of the app with their status at `now`, if `caller` sees it; newest first. Only the owner of the app
/// sees to whom keys were revealed.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn list(
    store: &Store,
    now: Timestamp,
    caller: &Person,
    app_id: AppId,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<ShownCredential>, Refused> {
    let app = apps::get(store, caller, app_id).await?;
    let mut page = page(store, now, app_id, limit, after).await?;
    if app.owner != caller.id {
        page.items.iter_mut().for_each(|shown| shown.credential.content.revealed = None);
    }
    Ok(page)
}

/// A page of the credentials of any app with their status at `now`, for an API Owner; newest first.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_any(
    store: &Store,
    now: Timestamp,
    _owner: &ApiOwner,
    app_id: AppId,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<ShownCredential>, Refused> {
    page(store, now, app_id, limit, after).await
}

async fn page(
    store: &Store,
    now: Timestamp,
    app_id: AppId,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<ShownCredential>, Refused> {
    let page = store.credentials_page(app_id, limit, after).await?;
    let ids: Vec<_> = page.items.iter().map(|stored| stored.credential.id).collect();
    let uses = store.last_uses(&ids).await?;
    let shown = |stored: StoredCredential| ShownCredential {
        last_used_at: uses.get(&stored.credential.id).copied(),
        credential: as_of(stored.credential, now),
    };
    Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
}

/// The credential with its status at `now`, as it is to be shown.
fn as_of(credential: Versioned<Credential>, now: Timestamp) -> Versioned<Credential> {
    Versioned { content: credential.content.as_of(now), ..credential }
}

/// Records that `caller` was shown the newest key of a credential, and gives the sealed key. It is
/// on record before it is shown.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::FormerOwner`], [`Refused::ConflictOfInterest`] for whoever decided about the credential,
/// [`Refused::CredentialNotActive`], [`Refused::KeyNotKept`], and [`Refused::AlreadyRevealed`] where a key can be revealed once.
pub async fn reveal(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    app_id: AppId,
    id: CredentialId,
) -> Result<String, Refused> {
    let rule = store.settings_in_force().await?.reveal;
    let now = context.now;
    let read = || async move {
        let app = holder(store, caller, app_id).await?;
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        require_not_decided_by(store, caller, &stored.credential).await?;
        if stored.credential.status_at(now) != CredentialStatus::Active {
            return Err(Refused::CredentialNotActive);
        }
        let newest = stored.digests.first().ok_or(Refused::CredentialNotActive)?;
        // A key that was replaced since the credential was read.
        let record = store.api_key(newest).await?.ok_or(Refused::Busy)?;
        let sealed = record.sealed.ok_or(Refused::KeyNotKept)?;
        if let (RevealRule::Once, Some(Reveals { last_at, last_by, .. })) = (rule, &stored.credential.revealed) {
            let by = last_by.name.clone().unwrap_or_else(|| last_by.id.clone());
            return Err(Refused::AlreadyRevealed { by, at: *last_at });
        }
        Ok((app, stored, sealed))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (app, stored, sealed)| {
        let by = Actor::from(caller);
        let content = stored.credential.content.clone().revealed_to(&by, now);
        let (next, event) = moved(context, &by, stored, content, Detail::CredentialRevealed, None);
        // A former owner is shown no key: the app is still the caller's when the reveal is on record.
        let transaction = Transaction::new(context).credential(&next).event(&event).require_unchanged_app(&app);
        Ok(Step::commit(transaction.involve(id, &caller.id, Involvement::SawKey), sealed))
    })
    .await
}

/// Refuses the key of a credential to somebody who decided about it.
async fn require_not_decided_by(store: &Store, caller: &Person, credential: &Credential) -> Result<(), Refused> {
    let opened_by = store.request(credential.request_id).await?;
    let involvement = store.involvement(credential.id, &caller.id).await?;
    require_no_conflict(caller, Matter::Reveal { opened_by: opened_by.as_ref(), involvement })
}

/// The app, if `caller` may use its keys: its owner, and whoever it is shared with. A former owner no longer does, nor
/// does whoever reassigned it, because that can make the app one that they see.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::FormerOwner`], [`Refused::ConflictOfInterest`].
pub(crate) async fn holder(store: &Store, caller: &Person, app_id: AppId) -> Result<Versioned<App>, Refused> {
    let app = apps::get(store, caller, app_id).await?;
    let reassigned = app.handovers.iter().any(|handover| handover.by == caller.id);
    if app.was_owned_by(&caller.id) {
        Err(Refused::FormerOwner)
    } else if reassigned && app.owner != caller.id {
        Err(Refused::ConflictOfInterest(Conflict::ReassignedApp))
    } else {
        Ok(app)
    }
}

/// The credential `id` with the records of its keys, which change with it.
pub(crate) async fn credential_with_keys(
    store: &Store,
    id: CredentialId,
) -> Result<(StoredCredential, Vec<KeyRecord>), Refused> {
    let stored = store.credential_by_id(id).await?.ok_or(Refused::NotFound("credential"))?;
    let keys = store.keys_of(&stored).await?;
    Ok((stored, keys))
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
