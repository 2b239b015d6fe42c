//! The state that handlers share: built once at cold start.

use std::sync::Arc;

use axum::extract::FromRef;
use gatepass_domain::PersonId;
use gatepass_http::{CursorKey, Listed, PageQuery, Problem, TokenRules};
use gatepass_lambda::Clock;
use gatepass_sealing::Sealer;
use gatepass_store::{Page, Position, Store};
use tokio::sync::OnceCell;

/// The state that handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Set only for the reveal endpoint.
    pub(crate) sealer: Option<Sealer>,
    pub(crate) token_rules: TokenRules,
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
    /// The row after which the page begins that `who` asks for.
    pub(crate) async fn page_start<F>(
        &self,
        who: &PersonId,
        query: &PageQuery<F>,
    ) -> Result<Option<Position>, Problem> {
        match &query.cursor {
            Some(cursor) => self.cursor_key().await?.position(cursor, who, &query.list).map(Some),
            None => Ok(None),
        }
    }

    /// The page as it is answered to `who`.
    pub(crate) async fn page_answer<F, T>(
        &self,
        who: &PersonId,
        query: &PageQuery<F>,
        page: Page<T>,
    ) -> Result<Listed<T>, Problem> {
        let next_cursor = match page.next {
            Some(position) => self.cursor_key().await?.cursor(&position, who, &query.list),
            None => None,
        };
        Ok(Listed { items: page.items, next_cursor })
    }

    /// The key that signs cursors: read when the first cursor is made or read, then kept as long as the process lives.
    async fn cursor_key(&self) -> Result<&CursorKey, Problem> {
        let read = || async {
            let stored = self.store.cursor_key().await.map_err(gatepass_app::Refused::from)?;
            stored.map(|key| CursorKey::new(&key)).ok_or_else(Problem::no_cursors_yet)
        };
        self.cursor_key.get_or_try_init(read).await
    }
}
