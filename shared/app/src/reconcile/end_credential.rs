//! Credentials that expire, which is announced before, and requests behind credentials that have ended.

use std::time::Duration;

use gatepass_domain::Context;
use gatepass_store::{DueItem, Store, keys};

use super::{Limits, PUT_OFF, Step};
use crate::announce_expiry::{Announcement, announce};
use crate::error::Refused;
use crate::expire_credential::{Ending, settle};

pub(super) const LIMITS: Limits = Limits { items: 2000, failures: 20, time: Duration::from_secs(3), put_off: PUT_OFF };

pub(super) async fn step(store: &Store, context: &mut Context, item: &DueItem) -> Result<Step, Refused> {
    let Some((app_id, id)) = keys::credential_ids(&item.key) else { return Err(Refused::NotFound("credential")) };
    match settle(store, context, app_id, id).await? {
        Ending::Settled => {
            store.finish(item).await?;
            Ok(Step::Done)
        }
        Ending::NotYet => Ok(match announce(store, context, app_id, id).await? {
            Announcement::Made => Step::Done,
            Announcement::NotDue => Step::Nothing,
        }),
    }
}
