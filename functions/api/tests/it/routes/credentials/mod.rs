//! `/v1/apps/{id}/credentials`

mod list;
mod reveal;
