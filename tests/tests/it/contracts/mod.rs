//! What parts of this repository promise one another.

mod policies;
mod routes;
mod rules;
mod samples;
mod schemas;
mod table;
mod variables;
