//! The rules of Gatepass.
//!
//! Everything here is a pure function of its arguments: no I/O, no async, no AWS, no clock and no
//! random source of its own. What varies comes in through a [`Context`].
//!
//! The words are those of the field: a [`Catalogue`] presents [`Product`]s and [`Plan`]s to an
//! audience, a person files an [`AccessRequest`] for products under one plan, and what comes of it
//! is a [`Credential`] in their [`App`].

pub mod access_request;
pub mod api_document;
pub mod app;
pub mod cart;
pub mod catalogue;
pub mod conflict;
pub mod context;
pub mod credential;
pub mod event;
pub mod gateway;
pub mod id;
pub mod key;
pub mod mail_address;
pub mod outgoing;
pub mod person;
pub mod plan;
pub mod policy;
pub mod product;
pub mod rule;
pub mod settings;
pub mod statistics;
pub mod text;
pub mod versioned;
pub mod visible;
pub mod web_address;

pub use access_request::AccessRequest;
pub use api_document::ApiDocument;
pub use app::App;
pub use cart::Cart;
pub use catalogue::Catalogue;
pub use context::Context;
pub use credential::Credential;
pub use event::Event;
pub use person::{Actor, ApiOwner, Person, PersonId, Reviewer};
pub use plan::Plan;
pub use product::Product;
pub use rule::Violation;
pub use settings::Settings;
pub use versioned::Versioned;
