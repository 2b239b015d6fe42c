//! How a use case recognises a call that repeats an earlier one (`Idempotency-Key`).

use gatepass_domain::Context;
use gatepass_store::{CommitError, IdempotencyKey, Recordable, Recorded, Store, StoreError, Transaction};

use crate::error::Refused;

/// The key, if any, under which the result of a call is recorded. A call that repeats an earlier one gets the
/// result of that one, and nothing is done.
#[derive(Debug, Clone)]
pub enum Idempotent<T> {
    /// The call carries no key: repeated, it is another call.
    Unkeyed,
    /// The call carries a key.
    Keyed {
        /// The caller's key.
        key: IdempotencyKey,
        /// How a result is written down.
        form: Form<T>,
    },
}

/// The recorded form of a result.
#[derive(Debug, Clone)]
pub struct Form<T> {
    write: fn(&T) -> Result<String, StoreError>,
    read: fn(&str) -> Result<T, StoreError>,
}

impl<T: Recordable> Idempotent<T> {
    /// A call that carries `key`, if it does, and whose result is recorded in its stored form.
    pub fn by(key: Option<IdempotencyKey>) -> Self {
        let form = Form { write: T::to_record, read: T::from_record };
        key.map_or(Self::Unkeyed, |key| Self::Keyed { key, form })
    }
}

impl<T> Idempotent<T> {
    /// The result on record, for a use case that takes several transactions: asked before the first of them.
    ///
    /// # Errors
    /// [`Refused::IdempotencyKeyReused`].
    pub(crate) async fn recall(&self, store: &Store, context: &Context) -> Result<Option<T>, Refused> {
        let Self::Keyed { key, form } = self else { return Ok(None) };
        store.recorded(key, context.now).await?.map(|recorded| form.recall(recorded)).transpose()
    }

    /// Records the result of a use case that took several transactions. Broken off before this, the use case
    /// goes on when the call is repeated: it has to be safe to repeat.
    pub(crate) async fn settle(&self, store: &Store, context: &mut Context, result: T) -> Result<T, Refused> {
        if matches!(self, Self::Unkeyed) {
            return Ok(result);
        }
        let transaction = self.record(Transaction::new(context), &result, context)?;
        match store.commit(transaction).await {
            Ok(()) => Ok(result),
            Err(error) => self.recalled_by(&error, context).unwrap_or_else(|| Err(Refused::unexpected(error))),
        }
    }

    /// Adds the record to the transaction that brings the result about.
    pub(crate) fn record(
        &self,
        transaction: Transaction,
        result: &T,
        context: &Context,
    ) -> Result<Transaction, Refused> {
        let Self::Keyed { key, form } = self else { return Ok(transaction) };
        Ok(transaction.result(key, (form.write)(result)?, context.now))
    }

    /// The result on record when the call was made before; `refused` when it was not. A repeated call is often
    /// refused because of what the first one did.
    pub(crate) async fn recall_or(&self, refused: Refused, store: &Store, context: &Context) -> Result<T, Refused> {
        if matches!(refused, Refused::Store(_)) {
            return Err(refused);
        }
        self.recall(store, context).await?.ok_or(refused)
    }

    /// The result on record of a call that came first with the same key, if that is why the commit failed.
    pub(crate) fn recalled_by(&self, error: &CommitError, context: &Context) -> Option<Result<T, Refused>> {
        let Self::Keyed { key, form } = self else { return None };
        error.already_recorded(key, context.now).map(|recorded| form.recall(recorded))
    }
}

impl<T> Form<T> {
    fn recall(&self, recorded: Recorded) -> Result<T, Refused> {
        match recorded {
            Recorded::Same(written) => Ok((self.read)(&written)?),
            Recorded::Other => Err(Refused::IdempotencyKeyReused),
        }
    }
}
