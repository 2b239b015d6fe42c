//! Approve less than was asked for.

use std::collections::BTreeSet;
use std::mem::replace;

use jiff::Timestamp;

use super::lifecycle::Pending;
use super::submission::{Asked, Narrowing};
use crate::context::Context;
use crate::event::{Detail, Event, Narrowed};
use crate::id::{PlanId, ProductId};
use crate::person::{Actor, ActorKind, PersonId};
use crate::plan::Plan;

/// A change of what a pending request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reduction {
    /// Products that are not granted; never all of them.
    pub dropped: Vec<ProductId>,
    /// Another plan, with its name.
    pub plan: Option<(PlanId, String)>,
    /// The end of the access.
    pub access_expires_at: Option<Timestamp>,
}

impl Pending {
    /// The part of `reduction` that would change the request.
    pub fn effective(&self, mut reduction: Reduction) -> Option<Reduction> {
        let narrowing = self.facts.narrowing.as_ref();
        reduction.plan = reduction.plan.filter(|(plan, _)| *plan != self.facts.submission.plan_id);
        reduction.access_expires_at =
            reduction.access_expires_at.filter(|at| narrowing.and_then(|one| one.access_expires_at) != Some(*at));
        (reduction != Reduction::default()).then_some(reduction)
    }

    /// The plan that the request was submitted with.
    pub fn asked_plan(&self) -> &PlanId {
        match &self.facts.narrowing {
            Some(narrowing) => &narrowing.asked.plan_id,
            None => &self.facts.submission.plan_id,
        }
    }

    /// Changes the request into one for less. Approvals given so far were for something else and count no longer.
    pub fn narrow(
        mut self,
        context: &mut Context,
        by: &Actor,
        reduction: Reduction,
        reason: Option<String>,
    ) -> (Self, Event) {
        let submission = &mut self.facts.submission;
        let narrowing = self.facts.narrowing.get_or_insert_with(|| Narrowing {
            asked: Asked {
                items: submission.items.clone(),
                plan_id: submission.plan_id.clone(),
                plan_name: submission.plan_name.clone(),
            },
            access_expires_at: None,
            approvals_restarted_at: None,
            deciders: BTreeSet::new(),
        });
        let Reduction { dropped, plan, access_expires_at } = reduction;
        submission.items.retain(|item| !dropped.contains(&item.product_id));
        let former_plan_id = plan.map(|(id, name)| {
            submission.plan_name = name;
            replace(&mut submission.plan_id, id)
        });
        narrowing.access_expires_at = access_expires_at.or(narrowing.access_expires_at);
        let approvers = self.approvals.iter().map(|approval| &approval.by);
        let people = approvers.chain([by]).filter(|actor| actor.kind == ActorKind::Person);
        narrowing.deciders.extend(people.map(|actor| PersonId(actor.id.clone())));
        if !self.approvals.is_empty() {
            narrowing.approvals_restarted_at = Some(context.now);
            self.approvals.clear();
        }
        let subject = self.facts.subject(None);
        let narrowed = Narrowed { subject, dropped_product_ids: dropped, former_plan_id, access_expires_at };
        let event = self.facts.record(context, by, Detail::AccessRequestNarrowed(narrowed), reason);
        (self, event)
    }
}

impl Plan {
    /// True when access under this plan is never more than access under `other`: in limits, lifetimes and scopes.
    pub fn is_within(&self, other: &Self) -> bool {
        let limits = [(self.rate_limit, other.rate_limit), (self.quota, other.quota)];
        let lifetimes = [
            (self.key_expires_in_seconds, other.key_expires_in_seconds),
            (self.access_expires_in_seconds, other.access_expires_in_seconds),
        ];
        limits.into_iter().all(|(own, others)| match (own, others) {
            (_, None) => true,
            (None, Some(_)) => false,
            // As a rate, and at once: 6,000 a minute lets more through in a second than 100 a second.
            (Some(own), Some(others)) => {
                let rate = |one: u64, per: u64| u128::from(one) * u128::from(per);
                own.requests <= others.requests
                    && rate(own.requests, others.per_seconds) <= rate(others.requests, own.per_seconds)
            }
        }) && lifetimes.into_iter().all(|(own, others)| match (own, others) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(others)) => own <= others,
        }) && self.scopes.iter().all(|scope| other.scopes.contains(scope))
    }
}
