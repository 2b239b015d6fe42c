//! Failed attempts.

use gatepass_domain::access_request::LastError;
use gatepass_sealing::SealError;
use gatepass_store::StoreError;

/// Why an attempt did not succeed.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// The store failed: nothing can be said about the attempt.
    Store(StoreError),
    /// The gateway, or what it needs, failed: to be written on the request.
    Gateway { error: LastError, transient: bool },
    /// The app is being deleted, and the request will be revoked with it.
    AppClosing,
    /// The credential that was to be extended has expired or been revoked: there is nothing left to provision.
    CredentialEnded,
}

impl AttemptError {
    pub(crate) fn permanent(code: &str, message: String) -> Self {
        Self::Gateway { error: LastError { code: code.into(), message }, transient: false }
    }
}

impl From<StoreError> for AttemptError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SealError> for AttemptError {
    fn from(error: SealError) -> Self {
        let transient = error.is_transient();
        let code = if transient { "sealing-unavailable" } else { "sealing-refused" };
        let message = format!("The new key could not be sealed: {error}.");
        Self::Gateway { error: LastError { code: code.into(), message }, transient }
    }
}
