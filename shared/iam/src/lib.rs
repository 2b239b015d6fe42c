//! The permissions that calls of AWS need of IAM: the actions, and their resources.
//!
//! Roles are wrong in one of two ways: something is missing, which shows on the first call that needs it, or something
//! is left over, which never shows. So the local stack asks this crate about each call that a function makes and
//! refuses what its role does not grant, tests write down what was called ([`CallLog`]), and the grants report finds
//! both.
//!
//! Deliberately absent: conditions other than `dynamodb:LeadingKeys`, denials and the policies of resources, which no role here has.
//!
//! Source: the Service Authorization Reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).

mod call_log;
mod needs;

pub use call_log::CallLog;
pub use needs::{NOBODY, Need, Resource, as_nobody, caller, needs};
