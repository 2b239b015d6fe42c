//! How a use case recognises a call that repeats an earlier one (`Idempotency-Key`).

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
    /// A use case that nobody repeats with a key.
    pub fn unkeyed() -> Self {
        Self { key: None, answer: |_| Answer::nothing() }
    }

    /// The result on record, for a use case that takes several transactions: asked before the first of them.
    ///
    /// # Errors
    /// [`Refused::IdempotencyKeyReused`].
    pub(crate) async fn recall(&self, store: &Store, context: &Context) -> Result<Option<T>, Refused> {
        let Some(key) = &self.key else { return Ok(None) };
        store.answer(key, context.now).await?.map(recall).transpose()
    }

    /// Records the result of a use case that took several transactions. Broken off before this, the use case
    /// goes on when the call is repeated: it has to be safe to repeat.
    pub(crate) async fn settle(&self, store: &Store, context: &mut Context, result: T) -> Result<T, Refused> {
        if self.key.is_none() {
            return Ok(result);
        }
        let transaction = self.record(Transaction::new(context), &result, context);
        match store.commit(transaction).await {
            Ok(()) => Ok(result),
            Err(error) => self.recalled_by(&error, context).unwrap_or_else(|| Err(Refused::unexpected(error))),
        }
    }

    /// Adds the answer to the transaction that it answers for.
    pub(crate) fn record(&self, transaction: Transaction, result: &T, context: &Context) -> Transaction {
        match &self.key {
            Some(key) => transaction.answer(key, (self.answer)(result), context.now),
            None => transaction,
        }
    }

    /// The result on record when the same was asked before; `refused` when it was not. A repeated call is often
    /// refused because of what the first one did.
    pub(crate) async fn recall_or(&self, refused: Refused, store: &Store, context: &Context) -> Result<T, Refused> {
        let recorded = match (&self.key, &refused) {
            (None, _) | (_, Refused::Store(_)) => None,
            (Some(key), _) => store.answer(key, context.now).await?,
        };
        recorded.map_or(Err(refused), recall)
    }

    /// The result on record of a call that came first with the same key, if that is why the commit failed.
    pub(crate) fn recalled_by(&self, error: &CommitError, context: &Context) -> Option<Result<T, Refused>> {
        let key = self.key.as_ref()?;
        error.already_answered(key, context.now).map(recall)
    }
}

fn recall<T>(recorded: Recorded) -> Result<T, Refused> {
    Err(match recorded {
        Recorded::Same(answer) => Refused::Replayed(Box::new(answer)),
        Recorded::Other => Refused::IdempotencyKeyReused,
    })
}
