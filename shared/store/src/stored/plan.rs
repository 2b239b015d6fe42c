//! The stored form of a plan.

use std::collections::BTreeMap;

use gatepass_domain::Plan;
use gatepass_domain::id::PlanId;
use gatepass_domain::plan::{AutoApproveWhen, Limit};
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// A plan.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlanForm {
    schema_version: u32,
    id: PlanId,
    name: String,
    description: String,
    rate_limit: Option<LimitForm>,
    quota: Option<LimitForm>,
    key_expires_in_seconds: Option<u64>,
    auto_approve: bool,
    auto_approve_when: AutoApproveWhen,
    request_allowance: Option<LimitForm>,
    approvals_required: u8,
    access_expires_in_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remind_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    escalate_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expire_after_seconds: Option<u64>,
    scopes: Vec<String>,
    metadata: BTreeMap<String, String>,
}

/// A limit. The domain's type refuses members that it does not know; a stored one must not.
#[derive(Debug, Serialize, Deserialize)]
struct LimitForm {
    requests: u64,
    per_seconds: u64,
}

impl From<Limit> for LimitForm {
    fn from(Limit { requests, per_seconds }: Limit) -> Self {
        Self { requests, per_seconds }
    }
}

impl From<LimitForm> for Limit {
    fn from(LimitForm { requests, per_seconds }: LimitForm) -> Self {
        Self { requests, per_seconds }
    }
}

impl From<&Plan> for PlanForm {
    fn from(plan: &Plan) -> Self {
        let Plan {
            id,
            name,
            description,
            rate_limit,
            quota,
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance,
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
        } = plan.clone();
        Self {
            schema_version: SCHEMA_VERSION,
            id,
            name,
            description,
            rate_limit: rate_limit.map(LimitForm::from),
            quota: quota.map(LimitForm::from),
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance: request_allowance.map(LimitForm::from),
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
        }
    }
}

impl From<PlanForm> for Plan {
    fn from(form: PlanForm) -> Self {
        let PlanForm {
            schema_version: _,
            id,
            name,
            description,
            rate_limit,
            quota,
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance,
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
        } = form;
        Self {
            id,
            name,
            description,
            rate_limit: rate_limit.map(Limit::from),
            quota: quota.map(Limit::from),
            key_expires_in_seconds,
            auto_approve,
            auto_approve_when,
            request_allowance: request_allowance.map(Limit::from),
            approvals_required,
            access_expires_in_seconds,
            remind_after_seconds,
            escalate_after_seconds,
            expire_after_seconds,
            scopes,
            metadata,
        }
    }
}
