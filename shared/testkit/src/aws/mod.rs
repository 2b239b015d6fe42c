//! Stand-ins for AWS services, on loopback behind the real SDK clients, and the JSON that AWS hands
//! to functions.

mod eventbridge;
mod kms;
mod lambda;
mod loopback;
mod ses;

pub use eventbridge::EventBridge;
pub use kms::Kms;
pub use lambda::{bus_event, schedule_call};
pub use ses::{SentMail, Ses};
