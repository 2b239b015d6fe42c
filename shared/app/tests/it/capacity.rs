//! The write units of use cases, as the table reports them: indexes included. ADR 0025 says what each unit buys.

use gatepass_app::submit::Target;
use gatepass_store::keys;
use gatepass_testkit::{World, ada, owen};

use crate::asking::{approve, asking_for, create_app, reject, submit};

/// Write units of a submit, an approval and a rejection when this was measured last. A change that raises one says why.
const SUBMIT: f64 = 19.0;
const APPROVE: f64 = 15.0;
const REJECT: f64 = 16.0;
/// Bytes of the items that every change writes: each kilobyte that one has begun costs four units.
const KILOBYTE: usize = 1024;

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
    let mut sizes = Vec::new();
    for id in [approved.id, rejected.id] {
        let request = keys::request(id);
        let events = format!("E#{}", request.pk);
        for (pk, sk) in [
            (&request.pk, request.sk.as_str()),
            (&request.pk, "FOR#weather-api"),
            (&events, "00000001"),
            (&events, "00000002"),
        ] {
            let Some(bytes) = world.table.size_of(pk, sk).await else { continue };
            println!("{sk}: {bytes} bytes");
            sizes.push((sk.to_owned(), bytes));
        }
    }
    for (sk, bytes) in sizes {
        assert!(bytes <= KILOBYTE, "{sk}: {bytes} bytes");
    }
    assert!(submitting <= SUBMIT, "submit: {submitting}");
    assert!(approving <= APPROVE, "approve: {approving}");
    assert!(rejecting <= REJECT, "reject: {rejecting}");
}
