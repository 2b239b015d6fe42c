//! `/v1/admin/policy`

mod evaluate;
