//! The shared parts of every function's `main`: logs, metrics, configuration, time, and failures.
//!
//! Invariant: nothing here knows an AWS service, so that every function can afford it. The time-outs are those of any
//! client of the SDK.

mod causes;
mod clock;
mod failure;
mod gateways;
mod logs;
mod metrics;
mod reaction;
mod timeouts;
mod vars;

pub use causes::causes;
pub use clock::{Clock, NoEntropy, Simulated};
pub use failure::Failure;
pub use gateways::gateways;
pub use logs::init as init_logs;
pub use metrics::{Metric, Metrics};
pub use reaction::react;
pub use timeouts::{OPERATION, timeouts};
pub use vars::{ConfigError, Vars};
