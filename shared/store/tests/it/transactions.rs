//! State, guards and event are committed together or not at all, whatever happens to the call.

use gatepass_domain::access_request::Status;
use gatepass_domain::event::{Aggregate, Chain};
use gatepass_domain::{AccessRequest, Context};
use gatepass_store::keys::Stage;
use gatepass_store::{CommitError, Guard, StoreError, Transaction};
use gatepass_testkit::{Fault, Table, ada, context};

use crate::samples::{by_owen, drafted, filed, products, reject, write};

const COMMIT: &str = "TransactWriteItems";

#[tokio::test]
async fn nothing_is_left_of_a_transaction_that_was_refused() {
    let table = Table::new().await;
    let store = table.store();
    let mut context = context();
    let wanted = products(&["weather-api"]);
    let no_app = context.id();
    let (pending, event) = drafted(&mut context, &ada(), no_app, &wanted);
    let id = pending.facts().id;
    let transaction = Transaction::new(&mut context).request(&pending.into(), &event).claim_access(no_app, id, &wanted);
    let error = store.commit(transaction).await.unwrap_err();
    assert!(error.is_refused_by(Guard::Access) && !error.is_refused_by(Guard::Request), "{error}");
    assert!(store.request(id).await.unwrap().is_none());
    assert!(store.events_of(&Aggregate::Request(id)).await.unwrap().is_empty());
    assert!(store.requests_in(&Stage::OPEN).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_state_that_has_changed_since_it_was_read_is_not_overwritten() {
    let table = Table::new().await;
    let store = table.store();
    let pending = filed(&store).await;
    let id = pending.facts().id;
    reject(&store, pending.clone()).await;
    let calls_before = table.faults.calls().len();
    assert_eq!(calls_before, 3, "the table, and two commits");

    let (late, event) = pending.withdraw(&mut context(), &by_owen());
    let error = write(&store, &late.into(), &event).await.unwrap_err();
    // Every guard that did not hold is named, with what stood there.
    for guard in [Guard::Request, Guard::Event] {
        let refusal = error.refusal(guard).unwrap();
        assert!(refusal.found.as_ref().is_some_and(|found| found.contains_key("PK")), "{guard:?}");
    }
    assert_eq!(table.faults.calls(), [COMMIT], "what was refused is not tried again");
    let dossier = store.dossier(id).await.unwrap().unwrap();
    let events = store.events_of(&Aggregate::Request(id)).await.unwrap();
    assert_eq!((dossier.request.view().status, events.len()), (Status::Rejected, 2));
}

#[tokio::test]
async fn an_id_is_given_once() {
    let table = Table::new().await;
    let store = table.store();
    let mut first = Context::seeded(context().now, 7);
    let mut second = Context::seeded(context().now, 7);
    let wanted = products(&["weather-api"]);
    for (context, refused) in [(&mut first, false), (&mut second, true)] {
        let app_id = context.id();
        let (pending, event) = drafted(context, &ada(), app_id, &wanted);
        // A token of its own: the same token would make it the same call.
        let written = write(&store, &pending.into(), &event).await;
        assert_eq!(written.is_err_and(|error| error.is_refused_by(Guard::Request)), refused);
    }
}

// Covers R6.
#[tokio::test]
async fn what_was_written_comes_back_with_a_chain_that_verifies() {
    let store = Table::new().await.store();
    let pending = filed(&store).await;
    let id = pending.facts().id;
    let (after, event) = pending.approve(&mut context(), &by_owen(), Some("fine".into()), 1);
    let request = AccessRequest::from(after);
    write(&store, &request, &event).await.unwrap();

    let dossier = store.dossier(id).await.unwrap().unwrap();
    assert_eq!(dossier.request, request);
    assert_eq!(store.request(id).await.unwrap(), Some(request));
    let events = store.events_of(&Aggregate::Request(id)).await.unwrap();
    assert_eq!(&Chain::verify(&events).unwrap(), &dossier.request.facts().chain);
    let mut newest_first = store.events_page(&Aggregate::Request(id), 10, None).await.unwrap().items;
    newest_first.reverse();
    assert_eq!(newest_first, events);
    let types: Vec<_> = events.iter().map(|event| event.detail.event_type()).collect();
    assert_eq!(types, ["AccessRequestSubmitted", "AccessRequestApproved"]);
    let approval = &events[1];
    let reason = approval.personal.as_ref().and_then(|personal| personal.reason.as_deref());
    assert_eq!((approval.actor(), reason), (by_owen(), Some("fine")));
}

#[tokio::test]
async fn a_lost_reply_is_success_once() {
    let table = Table::new().await;
    let store = table.store();
    table.faults.calls();
    table.faults.plan(COMMIT, Fault::LostReply, 2);
    let pending = filed(&store).await;
    assert_eq!(table.faults.calls(), [COMMIT, COMMIT, COMMIT]);
    assert!(table.faults.are_over());
    let dossier = store.dossier(pending.facts().id).await.unwrap().unwrap();
    let events = store.events_of(&Aggregate::Request(pending.facts().id)).await.unwrap();
    assert_eq!((events.len(), dossier.request.facts().version), (1, 1));
}

#[tokio::test]
async fn a_reply_that_stays_lost_is_said_to_be_so() {
    let table = Table::new().await;
    table.faults.plan(COMMIT, Fault::LostReply, 3);
    let error = write_one(&table).await.unwrap_err();
    assert_unavailable(&error);
}

#[tokio::test]
async fn collisions_are_sat_out() {
    let table = Table::new().await;
    table.faults.calls();
    table.faults.plan(COMMIT, Fault::TransactionConflict, 9);
    write_one(&table).await.unwrap();
    assert_eq!(table.faults.calls().len(), 10);
    assert_eq!(table.store().requests_in(&Stage::OPEN).await.unwrap().len(), 1);
}

#[tokio::test]
async fn collisions_without_end_are_given_up() {
    let table = Table::new().await;
    table.faults.calls();
    table.faults.plan(COMMIT, Fault::TransactionConflict, 11);
    assert_unavailable(&write_one(&table).await.unwrap_err());
    assert_eq!(table.faults.calls().len(), 10);
    assert!(table.store().requests_in(&Stage::OPEN).await.unwrap().is_empty());
}

#[tokio::test]
async fn throttles_and_outages_are_sat_out_and_at_last_given_up() {
    for fault in [Fault::Throttle, Fault::Unreachable] {
        let table = Table::new().await;
        table.faults.plan(COMMIT, fault, 2);
        write_one(&table).await.unwrap();
        table.faults.plan(COMMIT, fault, 3);
        assert_unavailable(&write_one(&table).await.unwrap_err());
        assert!(table.faults.are_over());
        assert_eq!(table.store().requests_in(&Stage::OPEN).await.unwrap().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_missing_table_is_no_passing_trouble() {
    let mut table = Table::new().await;
    table.name = "elsewhere".into();
    match write_one(&table).await.unwrap_err() {
        CommitError::Store(error @ StoreError::Refused(_)) => assert!(!error.is_transient(), "{error}"),
        other => panic!("{other:?}"),
    }
}

async fn write_one(table: &Table) -> Result<(), CommitError> {
    let mut context = context();
    let app_id = context.id();
    let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
    write(&table.store(), &pending.into(), &event).await
}

fn assert_unavailable(error: &CommitError) {
    let CommitError::Store(store) = error else { panic!("{error:?}") };
    assert!(store.is_transient(), "{store:?}");
}
