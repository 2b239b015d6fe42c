//! Requests that the policy approved at submit and that nobody decided: their event was lost, or its function failed.

use std::time::Duration;

use gatepass_domain::Context;
use gatepass_domain::event::Aggregate;
use gatepass_store::{DueItem, Store, keys};

use super::{Limits, PUT_OFF, Step};
use crate::auto_approve::{Outcome, auto_approve};
use crate::error::Refused;

pub(super) const LIMITS: Limits = Limits { items: 2000, failures: 20, time: Duration::from_secs(4), put_off: PUT_OFF };

pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some(id) = keys::request_id(&item.key) else { return Err(Refused::NotFound("access request")) };
    if let Some(event) = store.last_event_of(&Aggregate::Request(id)).await? {
        context.follow(&event);
    }
    Ok(match auto_approve(store, context, id).await? {
        Outcome::Approved | Outcome::Referred | Outcome::Rejected => Step::Done,
        Outcome::NothingToDo => Step::Nothing,
    })
}
