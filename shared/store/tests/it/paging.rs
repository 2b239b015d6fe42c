//! Lists while others change what they hold.

use std::collections::HashSet;

use gatepass_domain::access_request::Pending;
use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Context};
use gatepass_store::{Filter, Store};
use gatepass_testkit::{Table, ada, context};
use jiff::SignedDuration;

use crate::samples::{by_owen, drafted, listing, products, reject, write};

/// `count` requests of ada's for one app, a minute apart, oldest first.
async fn filed(store: &Store, count: i64) -> Vec<Pending> {
    let app_id = context().id();
    let mut filed = Vec::new();
    for minute in 0..count {
        let mut context: Context = context();
        context.now = context.now.checked_add(SignedDuration::from_mins(minute)).unwrap();
        let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
        write(store, &pending.clone().into(), &event).await.unwrap();
        filed.push(pending);
    }
    filed
}

fn ids(requests: &[AccessRequest]) -> Vec<RequestId> {
    requests.iter().map(|request| request.facts().id).collect()
}

/// R23: whoever turns the pages sees each request once, whatever becomes of them meanwhile.
#[tokio::test]
async fn pages_are_stable_while_requests_are_decided() {
    let store = Table::new().await.store();
    let all = filed(&store, 12).await;
    let app = all[0].facts().submission.app.id;
    for filter in [
        Filter::Everything,
        Filter::Requester(ada().id),
        Filter::App(app),
        Filter::Product("weather-api".parse().unwrap()),
    ] {
        let mut seen = Vec::new();
        let mut after = None;
        let mut undecided: Vec<Pending> = Vec::new();
        for request in &all {
            if let Some(AccessRequest::Pending(pending)) = store.request(request.facts().id).await.unwrap() {
                undecided.push(pending);
            }
        }
        loop {
            let page = store.requests(&filter, &listing(None, 3, after.as_ref())).await.unwrap();
            seen.extend(ids(&page.items));
            after = page.next;
            if after.is_none() {
                break;
            }
            // One on a page before, one on a page to come.
            for pending in [undecided.pop(), (!undecided.is_empty()).then(|| undecided.remove(0))].into_iter().flatten()
            {
                reject(&store, pending).await;
            }
        }
        let mut expected: Vec<_> = all.iter().map(|request| request.facts().id).collect();
        expected.reverse();
        assert_eq!(seen, expected, "{filter:?}");
    }
}

/// Settled at any moment between two reads of one page, a request is on it once: not doubled, not missed.
// Covers R23.
#[tokio::test]
async fn a_request_settled_while_a_page_is_read_is_on_it_once() {
    let table = Table::new().await;
    for reads_before in 0..10 {
        let store = table.store();
        let pending = filed(&store, 1).await.remove(0);
        let reader = table.beside();
        let held = reader.faults.hold("Query", reads_before);
        let reading = {
            let store = reader.store();
            tokio::spawn(async move { store.requests(&Filter::Everything, &listing(None, 100, None)).await.unwrap() })
        };
        held.arrived().await;
        reject(&store, pending.clone()).await;
        held.release();
        let seen = ids(&reading.await.unwrap().items);
        assert_eq!(seen.iter().filter(|id| **id == pending.facts().id).count(), 1, "after {reads_before} reads");
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
    }
}

#[tokio::test]
async fn a_page_that_is_just_full_is_the_last() {
    let store = Table::new().await.store();
    let all = filed(&store, 4).await;
    for filter in [Filter::Everything, Filter::Requester(ada().id), Filter::App(all[0].facts().submission.app.id)] {
        let page = store.requests(&filter, &listing(None, 4, None)).await.unwrap();
        assert_eq!((page.items.len(), page.next), (4, None), "{filter:?}");
        let page = store.requests(&filter, &listing(None, 3, None)).await.unwrap();
        let rest = store.requests(&filter, &listing(None, 3, page.next.as_ref())).await.unwrap();
        assert_eq!((ids(&rest.items), rest.next), (vec![all[0].facts().id], None), "{filter:?}");
    }
}

#[tokio::test]
async fn requests_of_one_millisecond_are_paged_in_one_order() {
    let store = Table::new().await.store();
    let app_id = context().id();
    let mut expected = Vec::new();
    for _ in 0..6 {
        let mut context: Context = context();
        let (pending, event) = drafted(&mut context, &ada(), app_id, &products(&["weather-api"]));
        write(&store, &pending.clone().into(), &event).await.unwrap();
        expected.push(pending.facts().id);
    }
    expected.sort();
    expected.reverse();
    for filter in [Filter::Everything, Filter::Requester(ada().id), Filter::App(app_id)] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.requests(&filter, &listing(None, 1, after.as_ref())).await.unwrap();
            seen.extend(ids(&page.items));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let store = Table::new().await.store();
    for filter in [
        Filter::Everything,
        Filter::Requester(ada().id),
        Filter::App(context().id()),
        Filter::Product("none".parse().unwrap()),
    ] {
        let page = store.requests(&filter, &listing(None, 25, None)).await.unwrap();
        assert!(page.items.is_empty() && page.next.is_none(), "{filter:?}");
    }
}

/// Undecided requests are read from the open queue alone: the months behind it cost nothing.
#[tokio::test]
async fn the_first_page_of_pending_requests_costs_one_read_a_shard() {
    let table = Table::new().await;
    let store = table.store();
    for pending in filed(&store, 12).await.into_iter().take(6) {
        let (queued, event) = pending.approve(&mut context(), &by_owen(), None, 1);
        write(&store, &queued.into(), &event).await.unwrap();
    }
    table.faults.calls();
    let pending = Some(gatepass_domain::access_request::Status::Pending);
    let page = store.requests(&Filter::Everything, &listing(pending, 25, None)).await.unwrap();
    assert_eq!(page.items.len(), 6);
    assert_eq!(table.faults.calls(), vec!["Query"; usize::from(gatepass_store::keys::SHARDS)]);
}
