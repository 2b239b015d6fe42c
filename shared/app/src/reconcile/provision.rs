//! Approved requests that are not provisioned: the pause after a failed attempt is over, or the attempt that should be on
//! its way never happened.

use std::time::Duration;

use gatepass_domain::event::Aggregate;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::{DueItem, Store, Transaction, keys};

use super::{Limits, PUT_OFF, Step};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{self, commit_decision};

pub(super) const LIMITS: Limits = Limits { items: 2000, failures: 20, time: Duration::from_secs(5), put_off: PUT_OFF };

/// Queues the provisioning again, as part of what the last event of the request was part of.
pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(id) = keys::request_id(&item.key) else { return Err(Refused::NotFound("access request")) };
    let read = || async {
        let Some(AccessRequest::Queued(queued)) = store.request(id).await? else { return Ok(None) };
        Ok(Some((queued, store.last_event_of(&Aggregate::Request(id)).await?)))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        // Somebody decided otherwise, or another run was faster: nothing is left to do.
        let Some((queued, last_event)) = read else { return Ok(optimistic::Step::Done(Step::Nothing)) };
        if queued.due_at().is_none_or(|due| due > context.now) {
            return Ok(optimistic::Step::Done(Step::Nothing));
        }
        if let Some(event) = last_event {
            context.follow(&event);
        }
        let (queued, event) = queued.requeue(context, &Actor::system("expire"));
        let transaction = Transaction::new(context).request(&queued.into(), &event);
        Ok(optimistic::Step::commit(transaction, Step::Done))
    })
    .await
}
