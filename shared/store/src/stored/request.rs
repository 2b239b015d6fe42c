//! The stored form of an access request.

use gatepass_domain::access_request::{
    AppRef, Approval, Decision, Ending, Facts, Inconsistent, Item, LastError, Progress, Provisioning, RequestKind,
    Submission,
};
use gatepass_domain::event::Chain;
use gatepass_domain::id::{CredentialId, PlanId, RequestId};
use gatepass_domain::policy::Verdict;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{AccessRequest, Person};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// An access request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RequestForm {
    schema_version: u32,
    id: RequestId,
    kind: RequestKind,
    requester: Person,
    app: AppRef,
    items: Vec<Item>,
    plan_id: PlanId,
    plan_name: String,
    auth_method: AuthMethod,
    extends_credential_id: Option<CredentialId>,
    justification: Option<String>,
    policy: Verdict,
    approvals: Vec<Approval>,
    #[serde(flatten)]
    state: StateForm,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    chain: Chain,
}

/// The state, with the data that only this state has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StateForm {
    Pending,
    Closed {
        decision: Decision,
        ending: Ending,
        reason: Option<String>,
    },
    Queued {
        #[serde(flatten)]
        approved: ApprovedForm,
        next_attempt_at: Option<Timestamp>,
    },
    Provisioned {
        #[serde(flatten)]
        approved: ApprovedForm,
    },
    Failed {
        #[serde(flatten)]
        approved: ApprovedForm,
    },
    Revoked {
        #[serde(flatten)]
        approved: ApprovedForm,
        reason: Option<String>,
    },
}

/// The data that every approved request has.
#[derive(Debug, Serialize, Deserialize)]
struct ApprovedForm {
    decision: Decision,
    credential_id: CredentialId,
    attempts: u32,
    last_error: Option<LastError>,
}

impl From<&AccessRequest> for RequestForm {
    fn from(request: &AccessRequest) -> Self {
        let Facts { id, submission, created_at, updated_at, version, chain } = request.facts().clone();
        let Submission {
            kind,
            requester,
            app,
            items,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            justification,
            policy,
        } = submission;
        Self {
            schema_version: SCHEMA_VERSION,
            id,
            kind,
            requester,
            app,
            items,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            justification,
            policy,
            approvals: request.approvals().to_vec(),
            state: StateForm::from(request.progress()),
            created_at,
            updated_at,
            version,
            chain,
        }
    }
}

impl TryFrom<RequestForm> for AccessRequest {
    type Error = Inconsistent;

    fn try_from(form: RequestForm) -> Result<Self, Inconsistent> {
        let RequestForm {
            schema_version: _,
            id,
            kind,
            requester,
            app,
            items,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            justification,
            policy,
            approvals,
            state,
            created_at,
            updated_at,
            version,
            chain,
        } = form;
        let submission = Submission {
            kind,
            requester,
            app,
            items,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            justification,
            policy,
        };
        let facts = Facts { id, submission, created_at, updated_at, version, chain };
        Self::restore(facts, approvals, state.into())
    }
}

impl From<Progress> for StateForm {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Pending => Self::Pending,
            Progress::Closed { decision, ending, reason } => Self::Closed { decision, ending, reason },
            Progress::Approved { decision, credential_id, attempts, last_error, provisioning } => {
                let approved = ApprovedForm { decision, credential_id, attempts, last_error };
                match provisioning {
                    Provisioning::Queued { next_attempt_at } => Self::Queued { approved, next_attempt_at },
                    Provisioning::Provisioned => Self::Provisioned { approved },
                    Provisioning::Failed => Self::Failed { approved },
                    Provisioning::Revoked { reason } => Self::Revoked { approved, reason },
                }
            }
        }
    }
}

impl From<StateForm> for Progress {
    fn from(form: StateForm) -> Self {
        let (approved, provisioning) = match form {
            StateForm::Pending => return Self::Pending,
            StateForm::Closed { decision, ending, reason } => return Self::Closed { decision, ending, reason },
            StateForm::Queued { approved, next_attempt_at } => (approved, Provisioning::Queued { next_attempt_at }),
            StateForm::Provisioned { approved } => (approved, Provisioning::Provisioned),
            StateForm::Failed { approved } => (approved, Provisioning::Failed),
            StateForm::Revoked { approved, reason } => (approved, Provisioning::Revoked { reason }),
        };
        let ApprovedForm { decision, credential_id, attempts, last_error } = approved;
        Self::Approved { decision, credential_id, attempts, last_error, provisioning }
    }
}
