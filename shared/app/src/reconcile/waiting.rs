//! Requests that wait for people: those who decide are reminded, others are told, and at last a request expires.

use std::time::Duration;

use gatepass_domain::access_request::NextStep;
use gatepass_domain::event::Aggregate;
use gatepass_domain::policy::Review;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::{DueItem, Store, Transaction, keys};

use super::{Limits, PUT_OFF, Step};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{self, commit_decision};
use crate::standing::Standing;

pub(super) const LIMITS: Limits = Limits { items: 2000, failures: 20, time: Duration::from_secs(3), put_off: PUT_OFF };

/// Does what is due of the request: one step, however late the schedule runs.
pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(id) = keys::request_id(&item.key) else { return Err(Refused::NotFound("access request")) };
    if let Some(event) = store.last_event_of(&Aggregate::Request(id)).await? {
        context.follow(&event);
    }
    let by = Actor::system("expire");
    let read = || Standing::read_undecided(store, id);
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, standing| {
        let nothing = Ok(optimistic::Step::Done(Step::Nothing));
        let Some(Standing { request: AccessRequest::Pending(pending), holdings }) = standing else { return nothing };
        if pending.facts().submission.policy.review == Review::Automatic {
            return nothing;
        }
        let transaction = match pending.waiting().due_step(pending.facts().created_at, context.now) {
            None => return nothing,
            Some(NextStep::Expire) => {
                let (closed, event) = pending.expire(context, &by);
                holdings.closing(context, closed, &event).0
            }
            Some(NextStep::Escalate) => {
                let (pending, event) = pending.escalate(context, &by);
                Transaction::new(context).request(&pending.into(), &event)
            }
            Some(NextStep::Remind) => {
                let (pending, event) = pending.remind(context, &by);
                Transaction::new(context).request(&pending.into(), &event)
            }
        };
        Ok(optimistic::Step::commit(transaction, Step::Done))
    })
    .await
}
