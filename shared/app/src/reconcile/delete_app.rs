//! Apps whose deletion was broken off, or has many requests to end.

use std::time::Duration;

use gatepass_domain::event::Aggregate;
use gatepass_domain::{Actor, Context};
use gatepass_store::{DueItem, Store, keys};

use super::{Limits, PUT_OFF, Step};
use crate::apps::finish_deletion;
use crate::error::Refused;

pub(super) const LIMITS: Limits = Limits { items: 200, failures: 10, time: Duration::from_secs(10), put_off: PUT_OFF };
/// Requests that are ended before the next app has its turn.
const ENDED_AT_ONCE: usize = 200;

/// Goes on with a deletion, as whoever asked for it. What remains is due again in the next run.
pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(id) = keys::app_id(&item.key) else { return Err(Refused::NotFound("app")) };
    let mut by = Actor::system("expire");
    if let Some(event) = store.last_event_of(&Aggregate::App(id)).await? {
        by = event.actor();
        context.correlation_id = event.correlation_id;
        context.causation_id = Some(event.id);
    }
    finish_deletion(store, context, &by, id, ENDED_AT_ONCE).await?;
    Ok(Step::Done)
}
