//! How long the clients of AWS services wait.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;

/// One attempt: DynamoDB, KMS and EventBridge answer within milliseconds, so that one which takes longer is lost.
const ATTEMPT: Duration = Duration::from_secs(2);
/// A call with all its attempts and the pauses between them.
pub const OPERATION: Duration = Duration::from_secs(8);

/// The time-outs of every client but that of the mail service. Without them an attempt whose reply is lost
/// waits until the function is ended, and nothing is tried again.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}
