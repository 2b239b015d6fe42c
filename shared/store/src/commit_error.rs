//! How a transaction fails.

use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Attributes;

/// Why a transaction was not committed. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A guard did not hold.
    #[error("refused by {}", .0.iter().map(|refusal| format!("{:?}", refusal.guard)).collect::<Vec<_>>().join(", "))]
    Refused(Vec<Refusal>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A guard that did not hold.
#[derive(Debug)]
pub struct Refusal {
    /// Which.
    pub guard: Guard,
    /// The item as it stood at that moment, if there was one.
    pub found: Option<Attributes>,
}

impl CommitError {
    /// The refusal by `guard`, if it is among the reasons.
    pub fn refusal(&self, guard: Guard) -> Option<&Refusal> {
        match self {
            Self::Refused(refusals) => refusals.iter().find(|refusal| refusal.guard == guard),
            Self::Store(_) => None,
        }
    }

    /// True when `guard` is among those that did not hold.
    pub fn is_refused_by(&self, guard: Guard) -> bool {
        self.refusal(guard).is_some()
    }
}

impl Refusal {
    /// The text in the attribute `name`, if it held one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.found.as_ref()?.get(name)?.as_s().ok().map(String::as_str)
    }
}
