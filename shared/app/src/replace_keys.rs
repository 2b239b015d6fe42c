//! Replace the keys of an app that went to somebody else: whoever had it knows them.

use futures_util::future::join_all;
use gatepass_domain::credential::{CredentialStatus, Key, Leftover};
use gatepass_domain::id::CredentialId;
use gatepass_domain::key::PlainKey;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Actor, App, Context};
use gatepass_store::Store;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::rotate::{NewKey, older_ends, with_new_key, with_older_ending};

/// Credentials whose keys are replaced at the same time.
const AT_ONCE: usize = 10;

/// Gives each credential of `app` whose newest key is from before the app came to its owner a new one, and ends older ones in
/// time; `seal` seals it for the store. One that was suspended or has expired gets one too, because it may come back. Safe to repeat: what was replaced
/// already stays.
///
/// # Errors
/// The last failure, once all others are replaced; the refusal of `seal`.
pub async fn replace_keys<Sealed>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    app: &App,
    seal: impl Fn(CredentialId, PlainKey) -> Sealed,
) -> Result<(), Refused>
where
    Sealed: Future<Output = Result<String, Refused>>,
{
    let Some(handover) = app.last_handover() else { return Ok(()) };
    let older_ends = older_ends(handover.at, handover.overlap_seconds).unwrap_or(handover.at);
    let (app_id, after) = (app.id, app.handover_count);
    let (mut result, mut stale) = (Ok(()), Vec::new());
    for read in store.each_credential(app_id).await? {
        match read.map(|stored| stored.credential) {
            Ok(one) if one.auth_method == AuthMethod::ApiKey && one.leftover(after, older_ends).is_some() => {
                stale.push(one.id);
            }
            Ok(_) => {}
            Err(unreadable) => {
                tracing::error!(alarm = "unreadable", %app_id, %unreadable, "a credential of a reassigned app cannot be read");
                result = Err(unreadable.into());
            }
        }
    }
    for ids in stale.chunks(AT_ONCE) {
        let replacing = ids.iter().map(|id| {
            let mut context = context.fork();
            let seal = &seal;
            async move { (id, replace(store, &mut context, by, (app, older_ends), *id, seal).await) }
        });
        for (id, replaced) in join_all(replacing.collect::<Vec<_>>()).await {
            if let Err(refused) = replaced {
                tracing::error!(%id, %refused, "a key of a reassigned app cannot be replaced");
                result = Err(refused);
            }
        }
    }
    result
}

async fn replace<Sealed>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    (app, older_ends): (&App, Timestamp),
    id: CredentialId,
    seal: &impl Fn(CredentialId, PlainKey) -> Sealed,
) -> Result<(), Refused>
where
    Sealed: Future<Output = Result<String, Refused>>,
{
    let key = PlainKey::mint(context);
    let shown = Key::of(&key, context.now, app.handover_count);
    let (key, shown, sealed) = (&key, &shown, &OnceCell::new());
    let read = || async move {
        let Some(stored) = store.credential(app.id, id).await? else { return Ok(None) };
        let leftover = stored.credential.leftover(app.handover_count, older_ends);
        let Some(leftover) = leftover.filter(|_| stored.credential.status != CredentialStatus::Revoked) else {
            return Ok(None);
        };
        let keys = store.keys_of(&stored).await?;
        let new = match leftover {
            Leftover::Newest => {
                let sealed: &String = sealed.get_or_try_init(|| seal(id, key.clone())).await?;
                Some(NewKey { key: key.clone(), shown: shown.clone(), sealed: sealed.clone() })
            }
            Leftover::Older => None,
        };
        Ok(Some((stored, keys, new)))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, stale| {
        let Some((stored, records, new)) = stale else { return Ok(Step::Done(())) };
        let (transaction, _) = match new {
            Some(key) => with_new_key(context, by, stored, records, key, Some(older_ends)),
            None => with_older_ending(context, by, stored, records, Some(older_ends)),
        };
        Ok(Step::commit(transaction, ()))
    })
    .await
}
