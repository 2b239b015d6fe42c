//! The facts of a request, frozen when it is submitted.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::vocabulary::{AppRef, Item, RequestKind};
use crate::context::Context;
use crate::event::{Aggregate, Chain, Detail, Event, RequestSubject};
use crate::id::{CredentialId, PlanId, ProductId, RequestId};
use crate::person::{Actor, Person, PersonId};
use crate::policy::Verdict;
use crate::product::AuthMethod;

/// A request that keeps every rule, about to be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The kind of request: new access, an extension, or access that was granted.
    pub kind: RequestKind,
    /// The person who asks.
    pub requester: Person,
    /// The app that is to receive the credential.
    pub app: AppRef,
    /// The products, with where they were offered; at least one.
    pub items: Vec<Item>,
    /// The plan.
    pub plan_id: PlanId,
    /// The plan's name.
    pub plan_name: String,
    /// The authentication method that all products share.
    pub auth_method: AuthMethod,
    /// The credential to extend.
    pub extends_credential_id: Option<CredentialId>,
    /// The purpose, in the requester's words.
    pub justification: Option<String>,
    /// The verdict of the policy.
    pub policy: Verdict,
    /// The number of people who had to approve each product by the plan at submit.
    pub approvals_required: u8,
}

/// The products and the plan that a request asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The products, with where they were offered.
    pub items: Vec<Item>,
    /// The plan.
    pub plan_id: PlanId,
    /// The plan's name.
    pub plan_name: String,
}

/// Less than a request asked for, as somebody who decides on it has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    /// The products and the plan before the first change.
    pub asked: Asked,
    /// The end of the access, whatever the plan says.
    pub access_expires_at: Option<Timestamp>,
    /// The last change that ended approvals given before.
    pub approvals_restarted_at: Option<Timestamp>,
    /// The people who changed it, and those whose approvals a change ended.
    pub deciders: BTreeSet<PersonId>,
}

/// The part of a request that every state has: the submission and the revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// UUIDv7.
    pub id: RequestId,
    /// The submission. Its policy changes when the request is referred to the owners, its products and its plan when less is
    /// approved.
    pub submission: Submission,
    /// The difference to what was asked for, if there is one.
    pub narrowing: Option<Narrowing>,
    /// Time of the submit.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// Version: 1, and one more with each change.
    pub version: u64,
    /// The end of its hash chain.
    pub chain: Chain,
}

impl Facts {
    pub(super) fn new(context: &mut Context, submission: Submission) -> Self {
        Self {
            id: context.id(),
            created_at: context.now,
            updated_at: context.now,
            version: 0,
            chain: Chain::default(),
            submission,
            narrowing: None,
        }
    }

    /// The products asked for.
    pub fn product_ids(&self) -> Vec<ProductId> {
        self.submission.items.iter().map(|item| item.product_id.clone()).collect()
    }

    /// The data of events about this request.
    pub(super) fn subject(&self, credential_id: Option<CredentialId>) -> RequestSubject {
        RequestSubject {
            request_id: self.id,
            kind: self.submission.kind,
            requester_id: self.submission.requester.id.clone(),
            app_id: self.submission.app.id,
            product_ids: self.product_ids(),
            plan_id: self.submission.plan_id.clone(),
            credential_id,
        }
    }

    /// Moves to the next version and records what led there.
    pub(super) fn record(
        &mut self,
        context: &mut Context,
        actor: &Actor,
        detail: Detail,
        reason: Option<String>,
    ) -> Event {
        self.version += 1;
        self.updated_at = context.now;
        self.chain.append(context, Aggregate::Request(self.id), actor, detail, reason)
    }
}
