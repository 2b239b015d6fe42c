//! Apps whose deletion was broken off, or has many requests to end.

use std::time::Duration;

use gatepass_domain::event::Aggregate;
use gatepass_domain::{Actor, Context};
use gatepass_store::{DueItem, Store, keys};

use super::{Limits, PUT_OFF, Step};
use crate::apps::finish_deletion;
use crate::deadline::{Deadline, Extent};
use crate::delete_offering::Progress;
use crate::error::Refused;

pub(super) const LIMITS: Limits = Limits { items: 200, failures: 10, time: Duration::from_secs(2), put_off: PUT_OFF };

/// Goes on with a deletion, as whoever asked for it.
pub(super) async fn step(
    store: &Store,
    context: &mut Context,
    item: &DueItem,
    until: Deadline,
) -> Result<Step, Refused> {
    let Some(id) = keys::app_id(&item.key) else { return Err(Refused::NotFound("app")) };
    let mut by = Actor::system("expire");
    if let Some(event) = store.last_event_of(&Aggregate::App(id)).await? {
        context.follow(&event);
        by = event.actor();
    }
    Ok(match finish_deletion(store, context, &by, id, Extent::Until(until)).await? {
        Progress::Finished => Step::Done,
        Progress::More => Step::More,
    })
}
