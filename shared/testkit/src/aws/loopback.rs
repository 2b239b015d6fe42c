//! Small servers on loopback that stand in for AWS services, so that the real SDK clients are used.

use aws_credential_types::Credentials;
use axum::Router;
use tokio::net::TcpListener;

/// Serves `router` as long as the runtime of the test lives; gives its address, `http://127.0.0.1:…`.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = listener.local_addr().expect("a bound listener has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Credentials that no stand-in checks.
pub(crate) fn credentials() -> Credentials {
    Credentials::from_keys("local", "local", None)
}
