//! The parts that HTTP endpoints share: callers, bodies, parameters, pages, problems and answers.
//!
//! An endpoint is a function whose arguments are parsed by the extractors here and whose result is a
//! value or a [`Problem`]. Being handed a [`Caller`] or an [`Owner`] is the permission.

mod answer;
mod body;
mod caller;
mod context;
mod cursor;
mod finish;
mod idempotency;
mod json;
mod page;
mod params;
mod path;
mod precondition;
mod problem;
mod token;

pub use answer::{Answer, Reply, created, ok};
pub use body::{DocumentBody, EmptyBody, JsonBody, OptionalBody};
pub use caller::{Caller, Owner};
pub use context::RequestContext;
pub use cursor::{CursorKey, Listed};
pub use finish::finish;
pub use idempotency::IdempotencyKey;
pub use page::{NoFilter, PageQuery};
pub use params::Params;
pub use path::{Id, PathId, PathParams, path_parameter};
pub use precondition::{IfMatch, OptionalIfMatch, Tagged};
pub use problem::{InvalidParam, Problem, ProblemBody, UsedBy, title};
pub use token::{MailAddresses, TokenRules};

/// The longest request body that is read, in bytes: 256 KiB.
pub const BODY_LIMIT: usize = 256 * 1024;
