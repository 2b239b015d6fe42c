//! Access requests: what is asked for, and what may become of it.
//!
//! ```text
//!            ┌─ withdraw ─► Withdrawn
//! Pending ───┼─ reject ───► Rejected
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

mod due;
mod lifecycle;
mod submission;
mod view;

pub use lifecycle::{
    AccessRequest, AfterApproval, Approval, Approved, AttemptOutcome, Closed, Decision, Failed, Pending, Provisioned,
    Queued, Revoked,
};
pub use submission::{Facts, Submission, grant, submit};
pub use view::{
    AccessRequestView, AppRef, HistoryEntry, Inconsistent, Item, LastError, Order, ProvisioningStatus,
    ProvisioningView, RequestKind, Status, UsedBy,
};

/// After so many transient failures provisioning gives up, until somebody retries.
pub const MAX_ATTEMPTS: u32 = 5;
/// The longest justification, reason or note, in characters.
pub const MAX_TEXT: usize = 2000;
