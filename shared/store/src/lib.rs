//! Everything that Gatepass keeps, in one DynamoDB table with three indexes.
//!
//! - Every key format is in [`keys`]; nothing else spells one out.
//! - Every change of state goes through a [`Transaction`]: the new state under its guards, and the
//!   event that records it, in one `TransactWriteItems`. There is no other way to write state.
//! - Reads are `GetItem`, `BatchGetItem` and `Query`. There is no `Scan`, in production or in tests.
//! - There is no repository trait: there is one database, and it embeds in a test.

mod commit_error;
mod error;
mod guard;
mod holdings;
mod item;
pub mod keys;
mod read;
mod reassigned;
mod request_lists;
mod transaction;

mod api_documents;
mod apps;
mod calls;
mod carts;
mod credentials;
mod deletions;
mod events;
mod idempotency;
mod interests;
mod involvement;
mod last_use;
mod list_pages;
mod mails;
mod offerings;
mod recorded;
mod relay;
mod requests;
mod settings;
mod statistics;
mod stored;
mod submission;
mod work;

pub use api_documents::CompressedDocument;
pub use apps::{Allowance, EndingClaims, Heirs, Surroundings, WhichApps};
pub use calls::{CallLimits, Count, Counted, Counts};
pub use carts::StoredCart;
pub use commit_error::{CommitError, Refusal};
pub use credentials::StoredCredential;
pub use deletions::{Deletion, DeletionStage, Withdrawn};
pub use error::StoreError;
pub use events::{LogPage, LogPosition, UnreadableItem};
pub use guard::Guard;
pub use holdings::Holdings;
pub use idempotency::{IdempotencyKey, Recorded};
pub use interests::Interests;
pub use item::Item;
pub use mails::{Lease, MailLease, ON_ITS_WAY};
pub use offerings::Offering;
pub use read::Page;
pub use recorded::Recordable;
pub use relay::{Receipts, SetAside, SetAsideReason, SweepClaim, SweepState};
pub use request_lists::{Filter, Listing, Named, Position};
pub use requests::Dossier;
pub use statistics::CountedDay;
pub use submission::{ReferencedEntities, References};
pub use transaction::Transaction;
pub use work::DueItem;

/// The table, through the real SDK.
#[derive(Debug, Clone)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl Store {
    /// The table `table`, reached through `client`.
    pub fn new(client: aws_sdk_dynamodb::Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
