//! The texts of Gatepass's mails.
//!
//! [`render`] turns a [`MailContext`] into a [`Rendered`] mail and does no I/O; the crate `gatepass-ses` hands one to
//! Amazon SES. Which mail is due, to whom, and that it is sent once, is decided by the use case
//! `notify` of `gatepass-app`.
//!
//! Invariants:
//! - A mail never holds a key. There is no place for one in [`MailContext`], and none may be added.
//! - A requester's mail address reaches the owners' mails only.
//! - What people wrote (names, reasons) is data: it is never read as a template, cannot add a
//!   header or a line where one is expected, and is escaped in HTML. A display name is short, quoted, and no link.
//! - No error of this library holds a mail address or anything else of a context's content.

mod context;
mod plain;
mod render;
mod template;
mod variables;
mod words;

pub use context::{
    CredentialFacts, Decider, HandoverFacts, MailContext, PlanTerms, ProductName, ProvisioningFacts, Requester, sample,
};
pub use render::{RenderError, Rendered, check_subject, render};
pub use template::{Part, Source};
pub use words::limits;
