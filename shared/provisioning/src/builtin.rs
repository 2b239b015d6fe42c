//! The built-in gateway: keys kept by Gatepass and checked by its own authorizer. The table *is* the
//! gateway, so that effect and commit are one.

use gatepass_domain::access_request::Approved;
use gatepass_domain::credential::{self, Credential, CredentialStatus, Key, KeyRecord};
use gatepass_domain::event::Chain;
use gatepass_domain::key::PlainKey;
use gatepass_domain::{AccessRequest, Context, Versioned};
use gatepass_sealing::Sealer;
use gatepass_store::{Store, StoredCredential, Transaction};
use jiff::Timestamp;

use crate::Assignment;
use crate::error::AttemptError;

/// A new credential with a new key.
pub(crate) async fn issue(
    store: &Store,
    sealer: &Sealer,
    context: &mut Context,
    assignment: &Assignment<'_>,
) -> Result<Transaction, AttemptError> {
    let approved = assignment.request.approved();
    let facts = approved.facts();
    require_time(approved, context.now)?;
    // Of an app that is gone by now nothing is committed.
    let app = store.app(facts.submission.app.id).await?;
    let handover_count = app.map_or(0, |app| app.handover_count);
    let key = PlainKey::mint(context);
    let sealed = sealer.seal(approved.credential_id(), &key).await?;
    let (plan, notices) = (&assignment.plan, &assignment.expiry_notices_seconds);
    let credential =
        Credential::issued(approved, plan, Key::of(&key, context.now, handover_count), notices, context.now);
    let record = KeyRecord::new(&credential, &key, credential.expires_at, Some(sealed));
    let stored = StoredCredential {
        credential: Versioned::first(credential, context.now),
        digests: vec![record.digest.clone()],
        chain: Chain::default(),
    };
    let transaction = Transaction::new(context).credential(&stored).new_api_key(&record);
    Ok(transaction.require_app(facts.submission.app.id))
}

/// Requires that the end that was set at the approval has not passed.
fn require_time(approved: &Approved, now: Timestamp) -> Result<(), AttemptError> {
    let ends_at = approved.facts().narrowing.as_ref().and_then(|narrowing| narrowing.access_expires_at);
    if ends_at.is_some_and(|end| end <= now) { Err(AttemptError::ACCESS_ENDED) } else { Ok(()) }
}

/// More products for a credential that exists: the same keys open them too.
pub(crate) async fn extend(
    store: &Store,
    context: &mut Context,
    assignment: &Assignment<'_>,
) -> Result<Transaction, AttemptError> {
    let approved = assignment.request.approved();
    let facts = approved.facts();
    let standing = store.credential(facts.submission.app.id, approved.credential_id()).await?;
    let Some(mut stored) = standing else { return Err(AttemptError::CREDENTIAL_ENDED) };
    match stored.credential.status_at(context.now) {
        CredentialStatus::Expired | CredentialStatus::Revoked => return Err(AttemptError::CREDENTIAL_ENDED),
        CredentialStatus::Suspended => {
            let text = "The credential that is to be extended is suspended: resume it, then retry.";
            return Err(AttemptError::permanent("credential-suspended", text.into()));
        }
        CredentialStatus::Active if stored.credential.plan_id != assignment.plan.id => {
            let text = "The credential that is to be extended has another plan by now.";
            return Err(AttemptError::permanent("credential-not-compatible", text.into()));
        }
        CredentialStatus::Active => {}
    }
    require_time(approved, context.now)?;
    let ends_at = credential::access_end(approved, &assignment.plan, context.now);
    let before = stored.credential.expires_at;
    let mut extended = stored.credential.content.clone().extended(&facts.product_ids(), facts.id, ends_at);
    if extended.expires_at != before {
        extended = extended.announcing_its_end(&assignment.expiry_notices_seconds, context.now);
    }
    stored.credential = stored.credential.revised(extended, context.now);
    let transaction = store.with_credential(Transaction::new(context), &stored).await?;
    Ok(transaction.require_app(facts.submission.app.id))
}

/// More time for a credential, which has the same keys after it. One that had expired opens its products again.
pub(crate) async fn renew(
    store: &Store,
    context: &mut Context,
    assignment: &Assignment<'_>,
) -> Result<Transaction, AttemptError> {
    let approved = assignment.request.approved();
    let facts = approved.facts();
    let standing = store.credential(facts.submission.app.id, approved.credential_id()).await?;
    let Some(stored) = standing else { return Err(AttemptError::CREDENTIAL_ENDED) };
    let had_expired = match stored.credential.status {
        CredentialStatus::Revoked => return Err(AttemptError::CREDENTIAL_ENDED),
        CredentialStatus::Expired => Listing::Again,
        CredentialStatus::Active | CredentialStatus::Suspended => Listing::AsBefore,
    };
    let renewed = stored.credential.content.clone().renewed(&assignment.plan, approved.approved_at());
    changed(store, context, assignment, stored, renewed, had_expired).await
}

/// Another plan for a credential, which has the same keys after it.
pub(crate) async fn change_plan(
    store: &Store,
    context: &mut Context,
    assignment: &Assignment<'_>,
) -> Result<Transaction, AttemptError> {
    let approved = assignment.request.approved();
    let facts = approved.facts();
    let standing = store.credential(facts.submission.app.id, approved.credential_id()).await?;
    let Some(stored) = standing else { return Err(AttemptError::CREDENTIAL_ENDED) };
    match stored.credential.status_at(context.now) {
        CredentialStatus::Expired | CredentialStatus::Revoked => return Err(AttemptError::CREDENTIAL_ENDED),
        CredentialStatus::Suspended => {
            let text = "The credential that is to be changed is suspended: resume it, then retry.";
            return Err(AttemptError::permanent("credential-suspended", text.into()));
        }
        CredentialStatus::Active => {}
    }
    let moved = stored.credential.content.clone().under_plan(&assignment.plan, approved.approved_at());
    changed(store, context, assignment, stored, moved, Listing::Again).await
}

/// The place of the requests behind a credential in the lists of what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listing {
    /// They are where they belong.
    AsBefore,
    /// They left the lists when the credential expired, or are there under another plan.
    Again,
}

/// Writes a credential that was changed and its keys, and ends the claims of the change: nothing stands by it.
async fn changed(
    store: &Store,
    context: &mut Context,
    assignment: &Assignment<'_>,
    mut stored: StoredCredential,
    content: Credential,
    listing: Listing,
) -> Result<Transaction, AttemptError> {
    let facts = assignment.request.approved().facts();
    let app_id = facts.submission.app.id;
    let content = content.announcing_its_end(&assignment.expiry_notices_seconds, context.now);
    let claims = store.claims_after_change(facts.id, &content).await?;
    stored.credential = stored.credential.revised(content, context.now);
    let mut transaction = store.with_credential(Transaction::new(context), &stored).await?;
    if listing == Listing::Again {
        for id in stored.credential.holders() {
            if let Some(opener @ AccessRequest::Provisioned(_)) = store.request(id).await? {
                transaction = transaction.standing_by(&opener, &stored.credential);
            }
        }
    }
    Ok(transaction.end_change(app_id, &claims))
}
