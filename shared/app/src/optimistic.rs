//! The optimistic loop that every change runs in: read, decide on what was read, commit, and start over when
//! somebody else was faster.

use std::time::Duration;

use gatepass_domain::Context;
use gatepass_store::{CommitError, Store, Transaction};

use crate::error::Refused;
use crate::idempotent::Idempotent;

/// Rounds after which a use case that keeps colliding with others is given up. In each round somebody
/// else has got further, so only a crowd can use them up.
const ROUNDS: u32 = 60;

/// The decision of a use case on the state that it read.
pub enum Step<T> {
    /// Nothing is to be changed: this is the result.
    Done(T),
    /// This change is to be committed.
    Commit(Change<T>),
}

/// A change that waits for its commit.
pub struct Change<T> {
    transaction: Transaction,
    result: T,
    refusal: Refusal<T>,
}

/// Translates a failed guard into the refusal that the caller gets; `None` starts over.
pub type Refusal<T> = fn(&CommitError, &T) -> Option<Refused>;

impl<T> Step<T> {
    /// Commits `transaction`, which makes `result` true. Any guard that fails starts the use case over.
    pub fn commit(transaction: Transaction, result: T) -> Self {
        Self::commit_unless(transaction, result, |_, _| None)
    }

    /// Commits `transaction`, unless a guard fails of which `refusal` says that starting over is no use.
    pub fn commit_unless(transaction: Transaction, result: T, refusal: Refusal<T>) -> Self {
        Self::Commit(Change { transaction, result, refusal })
    }
}

/// Runs `read`, hands what it read to `decide`, and commits what that decided. When a guard of the transaction
/// fails, both run again, after a growing pause.
///
/// A call that repeats an earlier one (`idempotent`) gets the earlier result; the use case is not told. The
/// record is looked up after the state was read, never before: whoever came first with the same key has then
/// either committed, and is on record, or makes this commit fail.
///
/// # Errors
/// The refusals of `read` and `decide`; [`Refused::IdempotencyKeyReused`]; [`Refused::Busy`] when others were faster each
/// time; [`Refused::Store`].
pub(crate) async fn commit_decision<R, T, Read>(
    store: &Store,
    context: &mut Context,
    idempotent: &Idempotent<T>,
    read: impl Fn() -> Read,
    decide: impl Fn(&mut Context, R) -> Result<Step<T>, Refused> + Sync,
) -> Result<T, Refused>
where
    R: Send,
    T: Send,
    Read: Future<Output = Result<R, Refused>>,
{
    commit_effect(store, context, idempotent, read, decide).await
}

/// A decision that may bring about an effect elsewhere before it is committed, for example at a gateway. The effect
/// happens again in each round, so it must be one that may be repeated.
pub trait Decision<R, T> {
    /// Decides on what was read.
    ///
    /// # Errors
    /// The refusal that the use case ends with.
    fn decide(&self, context: &mut Context, read: R) -> impl Future<Output = Result<Step<T>, Refused>> + Send;
}

/// A decision without an effect.
impl<R: Send, T: Send, F> Decision<R, T> for F
where
    F: Fn(&mut Context, R) -> Result<Step<T>, Refused> + Sync,
{
    async fn decide(&self, context: &mut Context, read: R) -> Result<Step<T>, Refused> {
        self(context, read)
    }
}

/// As `commit_decision`, for any [`Decision`].
///
/// # Errors
/// As those of `commit_decision`.
pub async fn commit_effect<R, T, Read>(
    store: &Store,
    context: &mut Context,
    idempotent: &Idempotent<T>,
    read: impl Fn() -> Read,
    decision: impl Decision<R, T>,
) -> Result<T, Refused>
where
    Read: Future<Output = Result<R, Refused>>,
{
    for round in 0..ROUNDS {
        if round > 0 {
            tokio::time::sleep(pause(round, context)).await;
        }
        let decided = match read().await {
            Ok(read) => decision.decide(context, read).await,
            Err(refused) => Err(refused),
        };
        let Change { transaction, result, refusal } = match decided {
            Ok(Step::Done(result)) => return Ok(result),
            Ok(Step::Commit(change)) => change,
            Err(refused) => return idempotent.recall_or(refused, store, context).await,
        };
        let transaction = idempotent.record(transaction, &result, context)?;
        let Err(error) = store.commit(transaction).await else { return Ok(result) };
        if let Some(recalled) = idempotent.recalled_by(&error, context) {
            return recalled;
        }
        if let Some(refused) = refusal(&error, &result) {
            return Err(refused);
        }
        if let CommitError::Store(error) = error {
            return Err(error.into());
        }
    }
    Err(Refused::Busy)
}

/// 5 ms doubled each round up to 640 ms, of which half is random: those who collided do not meet again. Fifty calls of one
/// person collide many times over, because each changes what the person holds; long pauses let one of them through at a time.
fn pause(round: u32, context: &mut Context) -> Duration {
    let half = 5_000_u64 << (round - 1).min(7) >> 1;
    Duration::from_micros(half + half * u64::from(context.bytes::<1>()[0]) / 256)
}
