//! Replace the keys of an app that was reassigned, when the call that reassigned it did not get to all of them.

use gatepass_app::Refused;
use gatepass_app::replace_keys::replace_keys;
use gatepass_domain::event::Reassigned;
use gatepass_domain::id::CredentialId;
use gatepass_domain::key::PlainKey;
use gatepass_domain::{Actor, Context};
use gatepass_sealing::Sealer;
use gatepass_store::Store;

/// Replaces what is left of the keys that a former owner of the app knows. Whether it went over, and how long they still work, is
/// read from the app, and not from the event. Safe to repeat.
///
/// # Errors
/// [`Refused`]: the last key that could not be replaced.
pub async fn replace_keys_of_reassigned(
    store: &Store,
    sealer: &Sealer,
    context: &mut Context,
    reassigned: &Reassigned,
) -> Result<(), Refused> {
    let Ok(app_id) = reassigned.subject.id.parse() else { return Err(Refused::NotFound("app")) };
    // Of a deleted app there is nothing left to replace.
    let Some(app) = store.app(app_id).await? else { return Ok(()) };
    let seal = async |id: CredentialId, key: PlainKey| {
        let sealed = sealer.seal(id, &key).await;
        sealed.map_err(|error| Refused::NotSealed { transient: error.is_transient(), cause: error.to_string() })
    };
    replace_keys(store, context, &Actor::system("provision"), &app, seal).await
}
