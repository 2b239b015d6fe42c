//! Approved requests that are not provisioned: the pause after a failed attempt is over, or the attempt that should be on
//! its way never happened.

use std::time::Duration;

use gatepass_domain::event::Aggregate;
use gatepass_domain::{AccessRequest, Actor, Context};
use gatepass_store::{DueItem, Guard, Store, Transaction, keys};

use super::{Limits, PUT_OFF, Step};
use crate::error::Refused;

pub(super) const LIMITS: Limits = Limits { items: 2000, failures: 20, time: Duration::from_secs(20), put_off: PUT_OFF };

/// Queues the provisioning again. It goes on as part of what the last event of the request was part of: its events have
/// that correlation id, so that one search finds everything from the HTTP request to the mail.
pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(id) = keys::request_id(&item.key) else { return Err(Refused::NotFound("access request")) };
    let Some(AccessRequest::Queued(queued)) = store.request(id).await? else { return Ok(Step::Nothing) };
    if queued.due_at().is_none_or(|due| due > context.now) {
        return Ok(Step::Nothing);
    }
    if let Some(event) = store.last_event_of(&Aggregate::Request(id)).await? {
        context.correlation_id = event.correlation_id;
        context.causation_id = Some(event.id);
    }
    let (queued, event) = queued.requeue(context, &Actor::system("expire"));
    let transaction = Transaction::new(context).request(&queued.into(), &event);
    match store.commit(transaction).await {
        Ok(()) => Ok(Step::Done),
        // Somebody revoked it, or another run was faster: nothing is left to do.
        Err(error) if error.is_refused_by(Guard::Request) => Ok(Step::Nothing),
        Err(error) => Err(Refused::unexpected(error)),
    }
}
