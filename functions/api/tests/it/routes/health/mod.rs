//! `/v1/health`

mod get;
