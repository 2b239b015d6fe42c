//! What parts of this repository promise one another.

mod grants;
mod hosting;
mod identity;
mod observability;
mod policies;
mod requirements;
mod routes;
mod rules;
mod samples;
pub(crate) mod schemas;
mod table;
mod variables;
