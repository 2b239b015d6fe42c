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
    /// There is nothing left to provision, for this reason.
    NothingLeft(&'static str),
}

impl AttemptError {
    /// The credential that was to be extended is no more.
    pub(crate) const CREDENTIAL_ENDED: Self =
        Self::NothingLeft("The credential that it was to extend or change has expired or been revoked.");
    /// The access was approved up to a time that came before it could be provisioned.
    pub(crate) const ACCESS_ENDED: Self = Self::NothingLeft("The access had ended before it could be provisioned.");

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
