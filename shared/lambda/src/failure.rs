//! How an event handler fails.

use lambda_runtime::Diagnostic;

use crate::causes;

/// Why an event could not be handled.
///
/// Lambda retries both kinds and then hands the event to the function's on-failure destination,
/// where it is visible; which kind it was stands in the log and in the destination's record, and
/// tells the operator whether a redrive can help.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Trying again may help: a throttle, a time-out, an outage.
    #[error("transient: {0}")]
    Transient(String),
    /// Trying again cannot help: the event itself, or what it names, is not as it must be.
    #[error("permanent: {0}")]
    Permanent(String),
}

impl Failure {
    /// A transient failure with `what` went wrong and the whole chain of its causes.
    pub fn transient(what: &str, cause: &dyn std::error::Error) -> Self {
        Self::Transient(format!("{what}: {}", causes(cause)))
    }

    /// A permanent failure with `what` went wrong and the whole chain of its causes.
    pub fn permanent(what: &str, cause: &dyn std::error::Error) -> Self {
        Self::Permanent(format!("{what}: {}", causes(cause)))
    }
}

/// The function's error as Lambda reports it: the kind, readable, and the message.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match failure {
            Failure::Transient(_) => "Transient",
            Failure::Permanent(_) => "Permanent",
        };
        Self { error_type: error_type.into(), error_message: failure.to_string() }
    }
}
