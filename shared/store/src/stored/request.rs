//! The stored form of an access request.
//!
//! Every change of a request writes the item and its copies in two indexes, each at a unit per kilobyte. So nothing
//! stands in it twice, the request's id being its key, and what is empty is absent.

use std::collections::BTreeSet;

use gatepass_domain::access_request::{
    AppRef, Approval, Asked, Decision, Ending, Facts, Inconsistent, Item, LastError, Narrowing, Progress, Provisioning,
    RequestKind, Submission, Waiting,
};
use gatepass_domain::event::Chain;
use gatepass_domain::id::{CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::policy::{Inputs, Review, Rule, Subject, Verdict};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{AccessRequest, Actor, Person, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// An access request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RequestForm {
    schema_version: u32,
    kind: RequestKind,
    requester: PersonForm,
    app: AppRef,
    items: Vec<Item>,
    plan_id: PlanId,
    plan_name: String,
    auth_method: AuthMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extends_credential_id: Option<CredentialId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
    policy: VerdictForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    narrowing: Option<NarrowingForm>,
    /// Absent when it is 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    approvals_required: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    approvals: Vec<ApprovalForm>,
    #[serde(flatten)]
    state: StateForm,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    chain: Chain,
}

fn one() -> u8 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &u8) -> bool {
    *number == 1
}

/// The requester.
#[derive(Debug, Serialize, Deserialize)]
struct PersonForm {
    id: PersonId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
}

/// The difference to what was asked for.
#[derive(Debug, Serialize, Deserialize)]
struct NarrowingForm {
    items: Vec<Item>,
    plan_id: PlanId,
    plan_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approvals_restarted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    deciders: BTreeSet<PersonId>,
}

impl From<Narrowing> for NarrowingForm {
    fn from(Narrowing { asked, access_expires_at, approvals_restarted_at, deciders }: Narrowing) -> Self {
        let Asked { items, plan_id, plan_name } = asked;
        Self { items, plan_id, plan_name, access_expires_at, approvals_restarted_at, deciders }
    }
}

impl From<NarrowingForm> for Narrowing {
    fn from(form: NarrowingForm) -> Self {
        let NarrowingForm { items, plan_id, plan_name, access_expires_at, approvals_restarted_at, deciders } = form;
        let asked = Asked { items, plan_id, plan_name };
        Self { asked, access_expires_at, approvals_restarted_at, deciders }
    }
}

/// The verdict of the policy. Its inputs are the requester and the products, which the request has.
#[derive(Debug, Serialize, Deserialize)]
struct VerdictForm {
    review: Review,
    rule: Rule,
    plan_version: u64,
    reasons: Vec<String>,
}

/// An approval.
#[derive(Debug, Serialize, Deserialize)]
struct ApprovalForm {
    by: Actor,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Absent when it is every product of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_ids: Option<Vec<ProductId>>,
}

/// How long an undecided request waits.
#[derive(Debug, Serialize, Deserialize)]
struct WaitingForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remind_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reminded_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    escalate_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    escalated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decide_by: Option<Timestamp>,
}

/// The state, with the data that only this state has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StateForm {
    Pending {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting: Option<WaitingForm>,
    },
    Closed {
        decision: Decision,
        ending: Ending,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Queued {
        #[serde(flatten)]
        approved: ApprovedForm,
        #[serde(default, skip_serializing_if = "Option::is_none")]
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// The data that every approved request has. The decision is the last approval.
#[derive(Debug, Serialize, Deserialize)]
struct ApprovedForm {
    credential_id: CredentialId,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<LastError>,
}

impl From<Waiting> for WaitingForm {
    fn from(waiting: Waiting) -> Self {
        let Waiting { remind_after_seconds, reminded_at, asked_at, escalate_at, escalated_at, decide_by } = waiting;
        Self { remind_after_seconds, reminded_at, asked_at, escalate_at, escalated_at, decide_by }
    }
}

impl From<WaitingForm> for Waiting {
    fn from(form: WaitingForm) -> Self {
        let WaitingForm { remind_after_seconds, reminded_at, asked_at, escalate_at, escalated_at, decide_by } = form;
        Self { remind_after_seconds, reminded_at, asked_at, escalate_at, escalated_at, decide_by }
    }
}

impl From<Person> for PersonForm {
    fn from(Person { id, name, email, groups, organisation }: Person) -> Self {
        Self { id, name, email, groups, organisation }
    }
}

impl From<PersonForm> for Person {
    fn from(PersonForm { id, name, email, groups, organisation }: PersonForm) -> Self {
        Self { id, name, email, groups, organisation }
    }
}

impl ApprovalForm {
    /// The form of an approval of a request for `items`.
    fn new(Approval { by, at, note, product_ids }: Approval, items: &[Item]) -> Self {
        let is_whole = product_ids.iter().eq(items.iter().map(|item| &item.product_id));
        Self { by, at, note, product_ids: (!is_whole).then_some(product_ids) }
    }

    /// The approval, of a request for `items`.
    fn on(self, items: &[Item]) -> Approval {
        let Self { by, at, note, product_ids } = self;
        let product_ids = product_ids.unwrap_or_else(|| items.iter().map(|item| item.product_id.clone()).collect());
        Approval { by, at, note, product_ids }
    }
}

impl From<Verdict> for VerdictForm {
    fn from(Verdict { review, rule, plan_version, inputs: _, reasons }: Verdict) -> Self {
        Self { review, rule, plan_version, reasons }
    }
}

impl VerdictForm {
    /// The verdict on a request of `requester` for `items`.
    fn on(self, requester: &Person, items: &[Item]) -> Verdict {
        let Self { review, rule, plan_version, reasons } = self;
        let requester = Subject { id: requester.id.clone(), groups: requester.groups.clone() };
        let product_ids = items.iter().map(|item| item.product_id.clone()).collect();
        Verdict { review, rule, plan_version, inputs: Inputs { requester, product_ids }, reasons }
    }
}

impl From<&AccessRequest> for RequestForm {
    fn from(request: &AccessRequest) -> Self {
        let Facts { id: _, submission, narrowing, created_at, updated_at, version, chain } = request.facts().clone();
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
            approvals_required,
        } = submission;
        let approvals =
            request.approvals().iter().map(|approval| ApprovalForm::new(approval.clone(), &items)).collect();
        Self {
            schema_version: SCHEMA_VERSION,
            kind,
            requester: requester.into(),
            app,
            items,
            plan_id,
            plan_name,
            auth_method,
            extends_credential_id,
            justification,
            policy: policy.into(),
            narrowing: narrowing.map(NarrowingForm::from),
            approvals_required,
            approvals,
            state: StateForm::from(request.progress()),
            created_at,
            updated_at,
            version,
            chain,
        }
    }
}

impl RequestForm {
    /// The request `id`.
    ///
    /// # Errors
    /// [`Inconsistent`] when the parts contradict one another.
    pub(crate) fn into_request(self, id: RequestId) -> Result<AccessRequest, Inconsistent> {
        let Self {
            schema_version: _,
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
            narrowing,
            approvals_required,
            approvals,
            state,
            created_at,
            updated_at,
            version,
            chain,
        } = self;
        let requester = Person::from(requester);
        // The policy saw what was asked for.
        let policy = policy.on(&requester, narrowing.as_ref().map_or(&items, |narrowing| &narrowing.items));
        let approvals: Vec<_> = approvals.into_iter().map(|approval| approval.on(&items)).collect();
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
            approvals_required,
        };
        let narrowing = narrowing.map(Narrowing::from);
        let facts = Facts { id, submission, narrowing, created_at, updated_at, version, chain };
        let progress = state.progress(id, &approvals)?;
        AccessRequest::restore(facts, approvals, progress)
    }
}

impl From<Progress> for StateForm {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Pending { waiting } => {
                let waiting = (waiting != Waiting::default()).then(|| WaitingForm::from(waiting));
                Self::Pending { waiting }
            }
            Progress::Closed { decision, ending, reason } => Self::Closed { decision, ending, reason },
            Progress::Approved { decision: _, credential_id, attempts, last_error, provisioning } => {
                let approved = ApprovedForm { credential_id, attempts, last_error };
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

impl StateForm {
    /// The progress of the request `id` with these approvals.
    fn progress(self, id: RequestId, approvals: &[Approval]) -> Result<Progress, Inconsistent> {
        let (approved, provisioning) = match self {
            Self::Pending { waiting } => {
                let waiting = waiting.map(Waiting::from).unwrap_or_default();
                return Ok(Progress::Pending { waiting });
            }
            Self::Closed { decision, ending, reason } => return Ok(Progress::Closed { decision, ending, reason }),
            Self::Queued { approved, next_attempt_at } => (approved, Provisioning::Queued { next_attempt_at }),
            Self::Provisioned { approved } => (approved, Provisioning::Provisioned),
            Self::Failed { approved } => (approved, Provisioning::Failed),
            Self::Revoked { approved, reason } => (approved, Provisioning::Revoked { reason }),
        };
        let ApprovedForm { credential_id, attempts, last_error } = approved;
        let decision = approvals.last().map(|Approval { by, at, .. }| Decision { by: by.clone(), at: *at });
        let decision = decision.ok_or(Inconsistent { id, what: "it is approved, and nobody approved it" })?;
        Ok(Progress::Approved { decision, credential_id, attempts, last_error, provisioning })
    }
}
