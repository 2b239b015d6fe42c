//! The credentials of an app.

pub(crate) mod change_plan;
pub(crate) mod list;
mod path;
pub(crate) mod remove_product;
pub(crate) mod renew;
pub(crate) mod response;
pub(crate) mod reveal;
pub(crate) mod revoke;
pub(crate) mod rotate;

use gatepass_app::Refused;
use gatepass_domain::id::CredentialId;
use gatepass_domain::key::PlainKey;
use gatepass_sealing::Sealer;

/// Seals a new key of the credential `id` for the store.
pub(crate) async fn seal(sealer: &Sealer, id: CredentialId, key: PlainKey) -> Result<String, Refused> {
    let sealed = sealer.seal(id, &key).await;
    sealed.map_err(|error| Refused::NotSealed { transient: error.is_transient(), cause: error.to_string() })
}
