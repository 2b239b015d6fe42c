//! Contracts between parts of this repository.

mod grants;
mod hosting;
mod identity;
mod language;
mod limits;
mod observability;
mod policies;
mod requirements;
mod routes;
mod rules;
mod samples;
pub(crate) mod schemas;
mod table;
mod variables;
