//! `GET /v1/openapi.json`

pub(crate) mod get;
