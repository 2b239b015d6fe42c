//! Taking access back.

use gatepass_app::submit::Target;
use gatepass_app::{Idempotent, Refused, revoke};
use gatepass_domain::access_request::{AccessRequestView, ProvisioningStatus};
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, ApiOwner};
use gatepass_testkit::{Fault, World, ada, context, olga, owen};

use crate::asking::{approve, asking_for, create_app, keyed, reject, said, standing, story, submit, tally, weather};

async fn revoke(world: &World, who: &ApiOwner, id: RequestId) -> Result<AccessRequestView, Refused> {
    revoke_keyed(world, who, id, &Idempotent::Unkeyed).await
}

async fn revoke_keyed(
    world: &World,
    who: &ApiOwner,
    id: RequestId,
    key: &Idempotent<AccessRequest>,
) -> Result<AccessRequestView, Refused> {
    revoke::revoke(&world.store, &mut context(), &who.clone().into(), id, Some("misused"), key)
        .await
        .map(|request| request.view())
}

#[tokio::test]
async fn what_was_not_approved_cannot_be_taken_back() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    assert_eq!(said(&revoke(&world, &owen(), asked.id).await), "not-approved");
    reject(&world.store, &owen(), asked.id).await.unwrap();
    assert_eq!(said(&revoke(&world, &owen(), asked.id).await), "not-approved");
    assert_eq!(said(&revoke(&world, &owen(), context().id()).await), "not-found");
}

/// Also before it was provisioned: nothing is issued then.
#[tokio::test]
async fn what_is_taken_back_may_be_asked_for_again_whatever_goes_wrong() {
    for fault in [None, Some(Fault::TransactionConflict), Some(Fault::LostReply), Some(Fault::Throttle)] {
        let world = World::new().await;
        let app = create_app(&world.store, &ada(), "App").await;
        let ask = || asking_for(Target::Existing(app), &["weather-api"], "gold");
        let asked = submit(&world.store, &ada(), &ask()).await.unwrap();
        approve(&world.store, &owen(), asked.id).await.unwrap();
        if let Some(fault) = fault {
            world.table.faults.plan("TransactWriteItems", fault, 1);
        }
        let view = revoke(&world, &owen(), asked.id).await.unwrap();
        assert_eq!(view.provisioning.status, ProvisioningStatus::Revoked, "{fault:?}");
        assert_eq!(view.reason.as_deref(), Some("misused"));
        assert_eq!(said(&revoke(&world, &owen(), asked.id).await), "already-revoked");
        let events = ["AccessRequestSubmitted", "AccessRequestApproved", "AccessRevoked"];
        assert_eq!(story(&world, asked.id).await, events, "{fault:?}");
        submit(&world.store, &ada(), &ask()).await.unwrap();
    }
}

#[tokio::test]
async fn of_many_who_take_it_back_at_once_one_does() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    approve(&world.store, &owen(), asked.id).await.unwrap();
    world.table.faults.plan("TransactWriteItems", Fault::TransactionConflict, 3);
    let (owen, olga) = (owen(), olga());
    let by = |who| revoke(&world, who, asked.id);
    let (a, b, c, d) = tokio::join!(by(&owen), by(&olga), by(&owen), by(&olga));
    let said = [said(&a), said(&b), said(&c), said(&d)];
    assert_eq!(tally(said), [("already-revoked", 3), ("ok", 1)].into());
    assert_eq!(story(&world, asked.id).await.len(), 3);
    assert_eq!(standing(&world, asked.id).await.view().provisioning.status, ProvisioningStatus::Revoked);
}

#[tokio::test]
async fn a_revocation_that_is_repeated_has_the_same_answer() {
    let world = World::new().await;
    let asked = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    approve(&world.store, &owen(), asked.id).await.unwrap();
    let owen = owen();
    let once = || keyed(owen.person(), "k", "revoke");
    let first = revoke_keyed(&world, &owen, asked.id, &once()).await.unwrap();
    let again = revoke_keyed(&world, &owen, asked.id, &once()).await.unwrap();
    assert_eq!(again, first);
}
