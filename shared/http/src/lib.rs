//! What every HTTP endpoint shares: who calls, what may be said, how it is answered.
//!
//! An endpoint is a function whose arguments are parsed by the extractors here and whose result is a
//! value or a [`Problem`]. Being handed a [`Caller`] or an [`Owner`] is the permission.

mod answer;
mod body;
mod caller;
mod cursor;
mod finish;
mod idempotency;
mod json;
mod params;
mod precondition;
mod problem;

pub use answer::{Reply, created, ok};
pub use body::{JsonBody, OptionalBody};
pub use caller::{Caller, GroupsClaim, Owner};
pub use cursor::{CursorKey, Listed};
pub use finish::{ExchangeId, finish};
pub use idempotency::Keyed;
pub use params::{Id, Params};
pub use precondition::{IfMatch, Tagged};
pub use problem::{FieldError, Problem, ProblemBody, title};

/// The longest request body that is read, in bytes: 256 KiB.
pub const BODY_LIMIT: usize = 256 * 1024;
