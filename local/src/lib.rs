//! The local stack: all of Gatepass on localhost, in one process, without AWS.
//!
//! The deployed functions run here. The SAM template says which functions there are and what
//! invokes them ([`template`]); the functions are the ones that Lambda runs, and get the very JSON
//! that API Gateway, DynamoDB streams, EventBridge and its scheduler send; AWS SDK clients talk over
//! HTTP to local endpoints. DynamoDB is embedded, or any other by its address.
//!
//! ```text
//!  HTTP ─► front ─┬─ /v1 ──► gateway ─► function ─► AWS SDK ─► local AWS endpoint ─┬─► DynamoDB
//!                 ├─ /_local (tokens, mails, events, clock, sample APIs …)        ├─► event bus, mails, keys
//!                 └─ portal                                                       │
//!          functions ◄─ deliveries ◄─ rules ◄─────────────────────────────────────┘
//!          functions ◄─ stream pump ◄─ table stream;  functions ◄─ schedules
//! ```
//!
//! Not imitated: policies of resources, throttling, quotas, cold starts.

pub mod template;

mod aws;
mod bus;
mod clock;
mod crash;
mod delivery;
mod demo;
mod files;
mod fresh;
mod front;
pub mod function;
mod gateway;
mod guard;
mod journal;
mod layer;
mod local_routes;
mod oidc;
mod options;
pub mod pattern;
mod people;
mod portal;
pub mod programs;
mod sample_api;
mod schedule;
mod secret_file;
mod stack;
mod start_error;
mod stream;
mod table;

pub use crash::{Call, CrashAfter, NoFaultPoint};
pub use demo::DemoError;
pub use journal::JournalError;
pub use options::{Data, DynamoDb, Options};
pub use stack::Stack;
pub use start_error::StartError;
pub use table::TableError;
