//! Access requests: what is asked for, and what may become of it.
//!
//! ```text
//!            ┌─ withdraw ─► Withdrawn
//! Pending ───┼─ reject ───► Rejected        (narrow: Pending ─► Pending, for less)
//!            ├─ expire ───► Expired
//!            └─ approve ──► Queued ── provisioned ─► Provisioned ── revoke ─► Revoked
//!                             ▲ └─ attempt failed ─► Queued, at last Failed
//!                             └────────── retry ─────────────────────┘
//! ```
//!
//! Each state is a struct of its own and each transition consumes the state it starts from, so that
//! an illegal transition does not compile. A transition returns the new state and the [`Event`]
//! that records it; both are written in one transaction.
//!
//! [`Event`]: crate::Event

mod awaiting;
mod due;
mod lifecycle;
mod narrowing;
mod progress;
mod submission;
mod view;
mod vocabulary;
mod waiting;

pub use awaiting::AwaitedGroup;
pub use lifecycle::{
    AccessRequest, AfterApproval, Approved, AttemptOutcome, Closed, Failed, Pending, Provisioned, Queued, Revoked,
    grant, submit,
};
pub use narrowing::Reduction;
pub use progress::{Inconsistent, Progress, Provisioning};
pub use submission::{Asked, Facts, Narrowing, Submission};
pub use view::{AccessRequestView, ProvisioningView};
pub use vocabulary::{
    AppRef, Approval, Decision, Ending, Item, LastError, MAX_ATTEMPTS, MAX_TEXT, Order, ProvisioningStatus,
    RequestKind, Status, Unprovisioned,
};
pub use waiting::{NextStep, Waiting};
