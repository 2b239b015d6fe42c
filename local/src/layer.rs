//! Parts of the stack that stop together, and the loopback ports that they serve.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::start_error::StartError;

/// How long a part of the stack gets to finish what it is doing.
const GRACE: Duration = Duration::from_secs(5);

/// Tasks that stop together.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) tasks: JoinSet<()>,
    pub(crate) stop: CancellationToken,
}

impl Layer {
    /// Serves `router` until the layer stops.
    pub(crate) fn serve(&mut self, listener: TcpListener, router: Router) {
        let stop = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::error!(%error, "a server ended");
            }
        });
    }

    /// Stops, and waits for the end of what is under way.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::warn!("something did not finish in time and is cut off");
        }
    }
}

/// Listens on loopback; port 0 is any free one.
pub(crate) async fn listen(port: u16) -> Result<TcpListener, StartError> {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listening.map_err(|cause| StartError::Port { port, cause })
}

/// The address of the server that was asked for `port`.
pub(crate) fn address_of(listener: &TcpListener, port: u16) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|cause| StartError::Port { port, cause })
}
