//! Deletions of catalogues, products and plans that the call which began them did not finish.

use std::time::Duration;

use gatepass_domain::{Catalogue, Context, Plan, Product};
use gatepass_store::{DueItem, Named, Store};

use super::{Limits, PUT_OFF, Step};
use crate::deadline::{Deadline, Extent};
use crate::delete_offering::{Progress, go_on};
use crate::error::Refused;
use crate::offerings::Checked;

pub(super) const LIMITS: Limits = Limits { items: 20, failures: 5, time: Duration::from_secs(2), put_off: PUT_OFF };

pub(super) async fn step(
    store: &Store,
    context: &mut Context,
    item: &DueItem,
    until: Deadline,
) -> Result<Step, Refused> {
    match Named::from_key(&item.key) {
        Some(Named::Catalogue(id)) => step_of::<Catalogue>(store, context, &id, until).await,
        Some(Named::Product(id)) => step_of::<Product>(store, context, &id, until).await,
        Some(Named::Plan(id)) => step_of::<Plan>(store, context, &id, until).await,
        None => Err(Refused::NotFound("catalogue, product or plan")),
    }
}

async fn step_of<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    until: Deadline,
) -> Result<Step, Refused> {
    Ok(match go_on::<T>(store, context, id, Extent::Until(until)).await? {
        Progress::Finished => Step::Done,
        Progress::More if until.is_over() => Step::More,
        // What remains cannot be ended at present.
        Progress::More => Step::Nothing,
    })
}
