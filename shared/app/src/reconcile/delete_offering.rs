//! Deletions of catalogues, products and plans that the call which began them did not finish.

use std::time::Duration;

use gatepass_domain::{Catalogue, Context, Plan, Product};
use gatepass_store::{DueItem, Named, Store};

use super::{Limits, PUT_OFF, Step};
use crate::error::Refused;
use crate::offerings::{Checked, go_on};

pub(super) const LIMITS: Limits = Limits { items: 20, failures: 5, time: Duration::from_secs(15), put_off: PUT_OFF };
/// The most requests that one step ends.
const ENDED: usize = 500;

pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    match Named::from_key(&item.key) {
        Some(Named::Catalogue(id)) => step_of::<Catalogue>(store, context, &id).await,
        Some(Named::Product(id)) => step_of::<Product>(store, context, &id).await,
        Some(Named::Plan(id)) => step_of::<Plan>(store, context, &id).await,
        None => Err(Refused::NotFound("catalogue, product or plan")),
    }
}

/// Ends some of the requests. What remains is due again in the next run.
async fn step_of<T: Checked>(store: &Store, context: &mut Context, id: &T::Id) -> Result<Step, Refused> {
    let Some(deletion) = store.deletion::<T>(id).await? else { return Ok(Step::Nothing) };
    go_on::<T>(store, context, id, &deletion, ENDED).await?;
    Ok(Step::Done)
}
