//! What endpoints work with: built once at cold start.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use gatepass_domain::Context;
use gatepass_domain::event::hex;
use gatepass_http::{CursorKey, ExchangeId, GroupsClaim, Problem, finish};
use gatepass_lambda::Clock;
use gatepass_sealing::Sealer;
use gatepass_store::Store;
use tokio::sync::OnceCell;

use crate::config::Config;
use crate::document::endpoints;

/// The AWS clients that endpoints use.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Used by the endpoint that reveals keys alone.
    pub kms: aws_sdk_kms::Client,
}

/// What endpoints work with.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// There where keys are revealed.
    pub(crate) sealer: Option<Sealer>,
    groups_claim: GroupsClaim,
    cursor_key: Arc<OnceCell<CursorKey>>,
}

impl FromRef<Api> for GroupsClaim {
    fn from_ref(api: &Api) -> Self {
        api.groups_claim.clone()
    }
}

impl Api {
    /// The surroundings of one exchange.
    pub(crate) fn context(&self, exchange: &ExchangeId) -> Result<Context, Problem> {
        self.clock.context(exchange.0.as_str()).map_err(|cause| Problem::internal("no entropy", &cause))
    }

    /// The key that signs cursors: read at the first list, then kept as long as the process lives.
    pub(crate) async fn cursor_key(&self, context: &mut Context) -> Result<&CursorKey, Problem> {
        let proposed = hex(&context.bytes::<32>());
        let read = || async {
            let stored = self.store.cursor_key(proposed).await.map_err(gatepass_app::Refused::from)?;
            Ok::<_, Problem>(CursorKey::new(&stored))
        };
        self.cursor_key.get_or_try_init(read).await
    }
}

/// The one endpoint that `config` names, as an axum service for `lambda_http::run`.
pub fn service(config: Config, clients: &Clients, clock: Clock) -> Router {
    let api = Api {
        store: Store::new(clients.dynamodb.clone(), config.table),
        clock,
        sealer: config.key_id.map(|key_id| Sealer::new(clients.kms.clone(), key_id)),
        groups_claim: GroupsClaim(config.groups_claim),
        cursor_key: Arc::default(),
    };
    let mounted = endpoints().iter().filter(|endpoint| endpoint.route == config.route);
    mounted
        .fold(Router::new(), |router, endpoint| router.route(&endpoint.route.path, endpoint.handler.clone()))
        .layer(from_fn(finish))
        .with_state(api)
}
