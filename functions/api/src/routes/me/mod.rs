//! `GET /v1/me`

pub(crate) mod get;
