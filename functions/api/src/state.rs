//! The state that handlers share: built once at cold start.

use std::sync::Arc;

use axum::extract::FromRef;
use gatepass_domain::gateway::Installation;
use gatepass_domain::id::CredentialId;
use gatepass_http::{CursorKey, Problem, TokenRules};
use gatepass_lambda::Clock;
use gatepass_sealing::Sealer;
use gatepass_store::Store;
use jiff::Timestamp;
use tokio::sync::OnceCell;

/// The state that handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Set only for endpoints that reveal or replace keys.
    pub(crate) sealer: Option<Sealer>,
    pub(crate) token_rules: TokenRules,
    /// The gateways at which access can be provisioned.
    pub(crate) installation: Installation,
    pub(crate) cursor_key: Arc<OnceCell<CursorKey>>,
}

impl FromRef<Api> for TokenRules {
    fn from_ref(api: &Api) -> Self {
        api.token_rules.clone()
    }
}

impl FromRef<Api> for Clock {
    fn from_ref(api: &Api) -> Self {
        api.clock.clone()
    }
}

impl Api {
    /// Seals keys, and opens sealed ones.
    pub(crate) fn sealer(&self) -> Result<&Sealer, Problem> {
        let missing = || {
            let cause = std::io::Error::other("GATEPASS_KEY_ID is not set");
            Problem::internal("this function is not configured to handle keys", &cause)
        };
        self.sealer.as_ref().ok_or_else(missing)
    }

    /// The beginning of the day on which a credential was used last, as far as that is known.
    pub(crate) async fn last_used_at(&self, id: CredentialId) -> Result<Option<Timestamp>, Problem> {
        let mut uses = self.store.last_uses(&[id]).await.map_err(gatepass_app::Refused::from)?;
        Ok(uses.remove(&id))
    }

    /// The key that signs cursors: read when the first cursor is made or read, then kept as long as the process lives.
    pub(crate) async fn cursor_key(&self) -> Result<&CursorKey, Problem> {
        let read = || async {
            let stored = self.store.cursor_key().await.map_err(gatepass_app::Refused::from)?;
            stored.map(|key| CursorKey::new(&key)).ok_or_else(Problem::no_cursors_yet)
        };
        self.cursor_key.get_or_try_init(read).await
    }
}
