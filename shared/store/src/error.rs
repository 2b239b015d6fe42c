//! How the store fails.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use gatepass_domain::access_request::Inconsistent;

/// The store could not do what was asked. Never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or not in time, or is throttling: trying again may help.
    #[error("DynamoDB is unavailable ({0})")]
    Unavailable(String),
    /// DynamoDB refuses: missing permissions, no such table, a malformed call.
    #[error("DynamoDB refused the call ({0})")]
    Refused(String),
    /// An item is not as this version of Gatepass writes it.
    #[error("the item {key} cannot be read: {cause}")]
    Unreadable {
        /// The item's key.
        key: String,
        /// The fault in it.
        cause: String,
    },
    /// A value cannot be written as an item.
    #[error("a value cannot be written as an item: {0}")]
    Unwritable(String),
    /// A stored request contradicts itself.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistent),
}

impl StoreError {
    /// True when trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// The error of the SDK, without the items that its messages may quote.
    pub(crate) fn from_sdk<E, R>(operation: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("no code");
                let text = format!("{operation}: {code}");
                if TRANSIENT.contains(&code) { Self::Unavailable(text) } else { Self::Refused(text) }
            }
            SdkError::TimeoutError(_) => Self::Unavailable(format!("{operation}: no answer in time")),
            SdkError::DispatchFailure(_) => Self::Unavailable(format!("{operation}: not reached")),
            SdkError::ResponseError(_) => Self::Unavailable(format!("{operation}: the answer broke off")),
            _ => Self::Refused(format!("{operation}: the call could not be built")),
        }
    }
}

/// Error codes after which a call may be repeated ("Error handling with DynamoDB", AWS docs).
const TRANSIENT: [&str; 7] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionInProgressException",
    "TransactionConflictException",
];
