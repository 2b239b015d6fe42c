//! Replace the keys of an app that went to somebody else: whoever had it knows them.

use futures_util::future::join_all;
use gatepass_domain::app::Handover;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::{AppId, CredentialId};
use gatepass_domain::key::PlainKey;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Actor, App, Context};
use gatepass_store::Store;
use tokio::sync::OnceCell;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::rotate::{older_ends, with_new_key};

/// Credentials whose keys are replaced at the same time.
const AT_ONCE: usize = 10;

/// Gives each credential of `app` that has a key from before the app came to its owner a new one; `seal` seals it for the
/// store. One that was suspended or has expired gets one too, because it may come back. Safe to repeat: what was replaced
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
    let app_id = app.id;
    let (mut result, mut stale) = (Ok(()), Vec::new());
    for read in store.each_credential(app_id).await? {
        match read.map(|stored| stored.credential) {
            Ok(one) if one.auth_method == AuthMethod::ApiKey && one.has_key_from_before(handover.at) => {
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
            async move { (id, replace(store, &mut context, by, handover, (app_id, *id), seal).await) }
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
    handover: &Handover,
    (app_id, id): (AppId, CredentialId),
    seal: &impl Fn(CredentialId, PlainKey) -> Sealed,
) -> Result<(), Refused>
where
    Sealed: Future<Output = Result<String, Refused>>,
{
    let at = handover.at;
    // By a slow clock, too, the new key is one from after the handover.
    let made_at = context.now.max(at);
    let key = PlainKey::mint(context);
    let (key, sealed) = (&key, &OnceCell::new());
    let read = || async move {
        let Some(stored) = store.credential(app_id, id).await? else { return Ok(None) };
        if stored.credential.status == CredentialStatus::Revoked || !stored.credential.has_key_from_before(at) {
            return Ok(None);
        }
        let keys = store.keys_of(&stored).await?;
        let sealed: &String = sealed.get_or_try_init(|| seal(id, key.clone())).await?;
        Ok(Some((stored, keys, sealed.clone())))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, stale| {
        let Some((stored, records, sealed)) = stale else { return Ok(Step::Done(())) };
        let older_ends = older_ends(at, handover.overlap_seconds);
        let (transaction, _) = with_new_key(context, by, stored, records, (key, made_at, sealed), older_ends);
        Ok(Step::commit(transaction, ()))
    })
    .await
}
