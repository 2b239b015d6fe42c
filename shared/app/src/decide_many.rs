//! Decide on many requests in the same way, each by itself.

use gatepass_domain::id::RequestId;
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{AccessRequest, Context, Reviewer};
use gatepass_store::{IdempotencyKey, Store};
use jiff::Timestamp;

use crate::approve::{ApproveRequest, approve};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::reject::{RejectRequest, reject};

/// The most requests that are decided on at once.
pub const MAX_DECISIONS: usize = 100;

/// One decision for many requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// To approve what the reviewer decides on.
    Approve(ApproveRequest),
    /// To reject.
    Reject(RejectRequest),
}

/// Checks what a type cannot say.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check(ids: &[RequestId], decision: &Decision, now: Timestamp) -> Result<(), Refused> {
    let mut errors = ValidationErrors::default();
    errors.require((1..=MAX_DECISIONS).contains(&ids.len()), "/ids", "must name 1 to 100 requests");
    errors.distinct(ids, "/ids", "must not repeat a request");
    errors.into_result().map_err(Refused::Invalid)?;
    match decision {
        Decision::Approve(approval) => approval.check(now),
        Decision::Reject(rejection) => rejection.check(),
    }
}

/// Decides on each of `ids`; an obstacle to one is none to the others.
///
/// With an idempotency key each decision is recorded under that key and its request's id: sent again, it goes on
/// where it was broken off.
///
/// # Errors
/// [`Refused::IdempotencyKeyReused`] when the key was used for something else; [`Refused::Store`] when that
/// could not be found out. Whatever befalls a single request is its own result.
pub async fn decide_many(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    ids: &[RequestId],
    decision: &Decision,
    key: Option<IdempotencyKey>,
) -> Result<Vec<Result<AccessRequest, Refused>>, Refused> {
    Idempotent::by(key.clone()).settle(store, context, ()).await?;
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let key = key.clone().map(|key| IdempotencyKey { key: format!("{}\u{0}{id}", key.key), ..key });
        let idempotent = Idempotent::by(key);
        results.push(match decision {
            Decision::Approve(approval) => approve(store, context, reviewer, *id, approval, &idempotent).await,
            Decision::Reject(rejection) => reject(store, context, reviewer, *id, rejection, &idempotent).await,
        });
    }
    Ok(results)
}
