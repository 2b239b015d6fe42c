//! The write units of use cases, as the table reports them: indexes included.

use gatepass_app::submit::Target;
use gatepass_testkit::{World, ada, owen};

use crate::asking::{approve, asking_for, create_app, reject, submit};

/// Write units of a submit, an approval and a rejection when this was measured last. A change that raises one says why.
const SUBMIT: f64 = 22.0;
const APPROVE: f64 = 20.0;
const REJECT: f64 = 20.0;

/// One product, an app that exists, no allowance and no idempotency key.
#[tokio::test]
async fn use_cases_write_no_more_than_they_did() {
    let world = World::new().await;
    let faults = &world.table.faults;
    let app = Target::Existing(create_app(&world.store, &ada(), "Storm warnings").await);
    faults.consumed();
    let approved = submit(&world.store, &ada(), &asking_for(app.clone(), &["weather-api"], "gold")).await.unwrap();
    let submitting = faults.written();
    approve(&world.store, &owen(), approved.id).await.unwrap();
    let approving = faults.written();
    let rejected = submit(&world.store, &ada(), &asking_for(app, &["maps-api"], "gold")).await.unwrap();
    faults.written();
    reject(&world.store, &owen(), rejected.id).await.unwrap();
    let rejecting = faults.written();
    println!("write units: submit {submitting}, approve {approving}, reject {rejecting}");
    assert!(submitting <= SUBMIT, "submit: {submitting}");
    assert!(approving <= APPROVE, "approve: {approving}");
    assert!(rejecting <= REJECT, "reject: {rejecting}");
}
