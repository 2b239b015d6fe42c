//! One endpoint, ready to be called.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use gatepass_http::finish;
use gatepass_lambda::Clock;
use gatepass_sealing::Sealer;
use gatepass_store::Store;

use crate::config::Config;
use crate::routes::endpoints;
use crate::state::Api;

/// The AWS clients that endpoints use.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Used only by the endpoints that reveal or replace keys.
    pub kms: aws_sdk_kms::Client,
}

/// The endpoint that `config` names, as an axum service for `lambda_http::run`.
pub fn service(config: Config, clients: &Clients, clock: Clock) -> Router {
    let api = Api {
        store: Store::new(clients.dynamodb.clone(), config.table),
        clock,
        sealer: config.key_id.map(|key_id| Sealer::new(clients.kms.clone(), key_id)),
        token_rules: config.token_rules,
        installation: config.installation,
        cursor_key: Arc::default(),
    };
    let mounted = endpoints().iter().filter(|endpoint| endpoint.route == config.route);
    mounted
        .fold(Router::new(), |router, endpoint| router.route(&endpoint.route.path, endpoint.handler.clone()))
        .layer(from_fn(finish))
        .with_state(api)
}
