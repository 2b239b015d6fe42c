//! Replace the key of a credential. Both keys work for a while, so that a deployment can change over.

use gatepass_domain::credential::{CredentialStatus, Key, KeyRecord};
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::key::PlainKey;
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{Actor, Context, Credential, Person, Versioned};
use gatepass_store::{Store, StoredCredential, Transaction};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use crate::credentials::{holder, moved};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The longest time, in seconds, for which two keys may work: seven days.
pub const MAX_OVERLAP_SECONDS: u32 = 604_800;
/// The time, in seconds, for which the older key works unless the caller chooses another: a day.
pub const DEFAULT_OVERLAP_SECONDS: u32 = 86_400;

/// How a key is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    overlap_seconds: u32,
    during_overlap: DuringOverlap,
}

/// What a rotation does to the older key while an earlier rotation overlaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuringOverlap {
    /// The rotation is refused, because the key may still be in use.
    Refuse,
    /// The older key ends now.
    EndOlderKey,
}

impl Rotation {
    /// A rotation after which the key that is replaced still works for `overlap_seconds`; 0 ends it at once.
    ///
    /// # Errors
    /// [`Refused::Invalid`] for more than [`MAX_OVERLAP_SECONDS`].
    pub fn new(overlap_seconds: u32, during_overlap: DuringOverlap) -> Result<Self, Refused> {
        let mut errors = ValidationErrors::default();
        check_overlap(&mut errors, overlap_seconds);
        errors.into_result().map_err(Refused::Invalid)?;
        Ok(Self { overlap_seconds, during_overlap })
    }
}

/// Checks the time for which two keys are to work.
pub(crate) fn check_overlap(errors: &mut ValidationErrors, overlap_seconds: u32) {
    let fault = format!("must be between 0 and {MAX_OVERLAP_SECONDS} (seven days)");
    errors.require(overlap_seconds <= MAX_OVERLAP_SECONDS, "/overlap_seconds", &fault);
}

/// Gives the credential a new key. `seal` seals it for the store, once, when nothing stands in the way.
///
/// The older key stops to the second, by the clock of the authorizer. If both work for a while, its record goes with the next
/// rotation.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::FormerOwner`], [`Refused::VersionMismatch`], [`Refused::CredentialNotActive`],
/// [`Refused::RotationInProgress`]; the refusal of `seal`.
#[expect(clippy::too_many_arguments, reason = "each is a part of the call that a caller states")]
pub async fn rotate<Sealed>(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    (app_id, id): (AppId, CredentialId),
    rotation: Rotation,
    precondition: &Precondition,
    seal: impl Fn(PlainKey) -> Sealed,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused>
where
    Sealed: Future<Output = Result<String, Refused>>,
{
    let now = context.now;
    let key = PlainKey::mint(context);
    let (key, seal, sealed) = (&key, &seal, &OnceCell::new());
    let read = || async move {
        let app = holder(store, caller, app_id).await?;
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        precondition.check(stored.credential.version)?;
        if stored.credential.status_at(now) != CredentialStatus::Active {
            return Err(Refused::CredentialNotActive);
        }
        if let (Some(end), DuringOverlap::Refuse) = (stored.credential.overlap_ends(now), rotation.during_overlap) {
            return Err(Refused::RotationInProgress(end));
        }
        let keys = store.keys_of(&stored).await?;
        let sealed = sealed.get_or_try_init(|| seal(key.clone())).await?;
        Ok((app, stored, keys, sealed.clone()))
    };
    commit_decision(store, context, idempotent, read, |context, (app, stored, records, sealed)| {
        let by = Actor::from(caller);
        let older_ends = older_ends(now, rotation.overlap_seconds);
        let key = NewKey { key: key.clone(), shown: Key::of(key, now, app.handover_count), sealed };
        let (transaction, credential) = with_new_key(context, &by, stored, records, key, older_ends);
        // A former owner is given no key: the app is still the caller's when the rotation is committed.
        Ok(Step::commit(transaction.require_unchanged_app(&app), credential))
    })
    .await
}

/// When the older key stops, for an overlap that began at `from`.
pub(crate) fn older_ends(from: Timestamp, overlap_seconds: u32) -> Option<Timestamp> {
    from.checked_add(SignedDuration::from_secs(overlap_seconds.into())).ok()
}

/// A key that is to become the newest of a credential.
pub(crate) struct NewKey {
    /// The key.
    pub key: PlainKey,
    /// The part of it that may be shown.
    pub shown: Key,
    /// The key, sealed for the store.
    pub sealed: String,
}

/// The transaction that makes `key` the newest of the credential, whose keys have the records `records`, and the credential as
/// it is then. The key that was the newest works until `older_ends`.
pub(crate) fn with_new_key(
    context: &mut Context,
    by: &Actor,
    stored: StoredCredential,
    records: Vec<KeyRecord>,
    NewKey { key, shown, sealed }: NewKey,
    older_ends: Option<Timestamp>,
) -> (Transaction, Versioned<Credential>) {
    let older_ends = older_ends.filter(|end| *end > context.now);
    let content = stored.credential.content.clone().rotated(shown, older_ends);
    let newest = |credential: &Credential| KeyRecord::new(credential, &key, credential.expires_at, Some(sealed));
    with_keys_of(context, by, stored, records, content, Some(newest))
}

/// The transaction that ends the older key of the credential at `older_ends`, and the credential as it is then.
pub(crate) fn with_older_ending(
    context: &mut Context,
    by: &Actor,
    stored: StoredCredential,
    records: Vec<KeyRecord>,
    older_ends: Option<Timestamp>,
) -> (Transaction, Versioned<Credential>) {
    let older_ends = older_ends.filter(|end| *end > context.now);
    let content = stored.credential.content.clone().with_older_ending(older_ends);
    with_keys_of(context, by, stored, records, content, None::<fn(&Credential) -> KeyRecord>)
}

/// The transaction that writes `content` with the records of its keys: those of `records` that it still has, and `newest`.
fn with_keys_of(
    context: &mut Context,
    by: &Actor,
    stored: StoredCredential,
    records: Vec<KeyRecord>,
    content: Credential,
    newest: Option<impl FnOnce(&Credential) -> KeyRecord>,
) -> (Transaction, Versioned<Credential>) {
    let (mut stored, event) = moved(context, by, stored, content, Detail::CredentialRotated, None);
    let newest = newest.map(|newest| newest(&stored.credential));
    // The digests are in the order of the keys.
    let ended = stored.digests.split_off(stored.credential.keys.len() - usize::from(newest.is_some()));
    let kept = records.into_iter().filter(|record| stored.digests.contains(&record.digest)).collect();
    stored.digests.splice(0..0, newest.iter().map(|newest| newest.digest.clone()));
    let transaction = Transaction::new(context).credential_with_keys(&stored, kept).event(&event);
    let transaction = newest.iter().fold(transaction, Transaction::new_api_key);
    (ended.iter().fold(transaction, Transaction::without_api_key), stored.credential)
}
