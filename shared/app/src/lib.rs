//! The use cases of Gatepass, one verb a file, on domain and store.
//!
//! A use case loads what it needs, lets the domain decide, and commits one transaction. When another
//! got in between, it starts over with what stands now: it is written so that starting over is safe.
//!
//! Nothing here knows HTTP, Lambda or a gateway.

mod announce_expiry;
mod caps;
mod credential_mails;
mod deadline;
mod ending;
mod error;
mod expire_credential;
mod idempotent;
mod mail_triggers;
mod precondition;
mod standing;

pub mod api_documents;
pub mod approve;
pub mod apps;
pub mod auto_approve;
pub mod bring_key;
pub mod browse;
pub mod cart;
pub mod change_credential;
pub mod credentials;
pub mod cursors;
pub mod decide_many;
pub mod delete_offering;
pub mod entities;
pub mod evaluate;
pub mod grant;
pub mod notify;
pub mod offerings;
pub mod optimistic;
pub mod reconcile;
pub mod reject;
pub mod relay;
pub mod remind;
pub mod remove_product;
pub mod replace_keys;
pub mod requests;
pub mod retry;
pub mod reviewers;
pub mod revoke;
pub mod revoke_credential;
pub mod rotate;
pub mod settings;
pub mod statistics;
pub mod submit;
pub mod suspend;
pub mod sweep;
pub mod withdraw;

pub use deadline::Deadline;
pub use error::Refused;
pub use idempotent::{Form, Idempotent};
pub use precondition::Precondition;
