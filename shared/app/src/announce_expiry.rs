//! Announce that a credential is about to expire.

use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::{Actor, Context, Credential};
use gatepass_store::{Store, Transaction};

use crate::credentials::moved;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};

/// The result of looking at the end of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// It was announced.
    Made,
    /// It is not time.
    NotDue,
}

/// Announces the end of the credential if that is due: once, also when several of the planned times have passed. Safe to
/// repeat.
pub(crate) async fn announce(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<Announcement, Refused> {
    let by = Actor::system("expire");
    let now = context.now;
    let read = || async { Ok(store.credential(app_id, id).await?) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, stored| {
        let Some(stored) = stored else { return Ok(Step::Done(Announcement::NotDue)) };
        let stands = matches!(stored.credential.status_at(now), CredentialStatus::Active | CredentialStatus::Suspended);
        let Some(notices) = stored.credential.notices.announced_at(now).filter(|_| stands) else {
            return Ok(Step::Done(Announcement::NotDue));
        };
        let content = Credential { notices, ..stored.credential.content.clone() };
        let (stored, event) = moved(context, &by, stored, content, Detail::CredentialExpiring, None);
        Ok(Step::commit(Transaction::new(context).credential(&stored).event(&event), Announcement::Made))
    })
    .await
}
