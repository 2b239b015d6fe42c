//! `/v1/admin/statistics`

mod get;
