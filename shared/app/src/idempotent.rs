//! What a use case needs to know of the `Idempotency-Key` that a request carried.

use gatepass_domain::Context;
use gatepass_store::{Answer, CommitError, IdempotencyKey, Recorded, Store, Transaction};

use crate::error::Refused;

/// The key that a request carried, if any, and how its result is answered.
///
/// The answer is recorded in the transaction that it answers for, which is why the use case must be
/// able to make it.
#[derive(Debug, Clone)]
pub struct Idempotent<T> {
    /// The client's key; `None` when the request carried none.
    pub key: Option<IdempotencyKey>,
    /// Makes the answer out of the result.
    pub answer: fn(&T) -> Answer,
}

impl<T> Idempotent<T> {
    /// A use case run by Gatepass itself, which nobody repeats with a key.
    pub fn unkeyed() -> Self {
        Self { key: None, answer: |_| Answer::nothing() }
    }

    /// Stops when the same was answered before.
    ///
    /// To be asked after the state was read: whoever came first with the same key then shows up here or
    /// at the commit. Asked before, their change could be taken for somebody else's.
    ///
    /// # Errors
    /// [`Refused::Replayed`] with that answer; [`Refused::IdempotencyKeyReused`] when the key was
    /// used for something else.
    pub async fn check(&self, store: &Store, context: &Context) -> Result<(), Refused> {
        let Some(key) = &self.key else { return Ok(()) };
        store.answer(key, context.now).await?.map_or(Ok(()), |recorded| Err(refusal(recorded)))
    }

    /// Records the answer together with what it answers for.
    pub(crate) fn record(&self, transaction: Transaction, result: &T, context: &Context) -> Transaction {
        match &self.key {
            Some(key) => transaction.answer(key, (self.answer)(result), context.now),
            None => transaction,
        }
    }

    /// Records the answer by itself, at the end of what took several transactions.
    pub(crate) async fn settle(&self, store: &Store, context: &mut Context, result: &T) -> Result<(), Refused> {
        if self.key.is_none() {
            return Ok(());
        }
        let transaction = Transaction::new(context);
        let committed = store.commit(self.record(transaction, result, context)).await;
        committed.map_err(|error| self.beaten(&error, context).unwrap_or_else(|| Refused::unexpected(error)))
    }

    /// What was answered to somebody who came first with the same key, if that is why the commit failed.
    pub(crate) fn beaten(&self, error: &CommitError, context: &Context) -> Option<Refused> {
        let key = self.key.as_ref()?;
        error.already_answered(key, context.now).map(refusal)
    }
}

fn refusal(recorded: Recorded) -> Refused {
    match recorded {
        Recorded::Same(answer) => Refused::Replayed(Box::new(answer)),
        Recorded::Other => Refused::IdempotencyKeyReused,
    }
}
