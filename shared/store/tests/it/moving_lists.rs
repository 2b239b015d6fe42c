//! Lists that are read while the requests on them move from one stage to the next.

use std::collections::BTreeSet;

use gatepass_domain::access_request::{AfterApproval, AttemptOutcome, Order, Status};
use gatepass_domain::id::{AppId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Context, Event};
use gatepass_store::{Filter, Listing, Store, Transaction};
use gatepass_testkit::{Table, ada, context};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::samples::{by_owen, drafted, outage, products, slug};

/// Some requests take a step after so many further queries of the walk.
#[derive(Debug, Clone)]
struct Move {
    queries: usize,
    which: Vec<Index>,
    step: Step,
}

/// The way that a request takes from where it stands. Not every request can take every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Approve,
    Reject,
    Withdraw,
    Provision,
    Fail,
    Revoke,
    Retry,
}

const STEPS: [Step; 7] =
    [Step::Approve, Step::Reject, Step::Withdraw, Step::Provision, Step::Fail, Step::Revoke, Step::Retry];

fn taken(context: &mut Context, request: AccessRequest, step: Step) -> Option<(AccessRequest, Event)> {
    let system = Actor::system("provision");
    let (next, event) = match (request, step) {
        (AccessRequest::Pending(pending), Step::Approve) => {
            let (AfterApproval::Decided(queued), event) = pending.approve(context, &by_owen(), None, 1) else {
                panic!("one approval decides")
            };
            (queued.into(), event)
        }
        (AccessRequest::Pending(pending), Step::Reject) => {
            let (closed, event) = pending.reject(context, &by_owen(), "no".into());
            (closed.into(), event)
        }
        (AccessRequest::Pending(pending), Step::Withdraw) => {
            let (closed, event) = pending.withdraw(context, &by_owen());
            (closed.into(), event)
        }
        (AccessRequest::Queued(queued), Step::Provision) => {
            let (provisioned, event) = queued.provisioned(context, &system);
            (provisioned.into(), event)
        }
        (AccessRequest::Queued(queued), Step::Fail) => {
            let (outcome, event) = queued.attempt_failed(context, &system, outage(), false);
            assert!(!matches!(outcome, AttemptOutcome::Deferred(_)));
            (outcome.into(), event)
        }
        (AccessRequest::Failed(failed), Step::Retry) => {
            let (queued, event) = failed.retry(context, &by_owen());
            (queued.into(), event)
        }
        (AccessRequest::Provisioned(provisioned), Step::Revoke) => {
            let (revoked, event) = provisioned.revoke(context, &by_owen(), None);
            (revoked.into(), event)
        }
        _ => return None,
    };
    Some((next, event))
}

/// The steps that a request has taken before the walk begins: most of them none.
fn history() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(prop::sample::select(STEPS.to_vec()), 1..4)]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let which = prop::collection::vec(any::<Index>(), 1..40);
    let step = prop_oneof![2 => Just(Step::Approve), 1 => prop::sample::select(STEPS.to_vec())];
    let one = (0usize..20, which, step).prop_map(|(queries, which, step)| Move { queries, which, step });
    prop::collection::vec(one, 0..8)
}

/// Requests a minute apart, each after some steps.
async fn requests(store: &Store, app: AppId, histories: &[Vec<Step>]) -> Vec<AccessRequest> {
    let mut filed = Vec::new();
    for minute in 0..histories.len() {
        let mut context: Context = context();
        context.now = context.now.checked_add(SignedDuration::from_mins(i64::try_from(minute).unwrap())).unwrap();
        let (pending, event) = drafted(&mut context, &ada(), app, &products(&["weather-api"]));
        filed.push((AccessRequest::from(pending), event));
    }
    write_all(store, &filed).await;
    let mut requests: Vec<_> = filed.into_iter().map(|(request, _)| request).collect();
    for nth in 0..3 {
        for step in STEPS {
            let which = (0..requests.len()).filter(|index| histories[*index].get(nth) == Some(&step)).collect();
            advance(store, &mut requests, which, step).await;
        }
    }
    requests
}

/// Those of the requests that can take the step take it.
async fn advance(store: &Store, requests: &mut [AccessRequest], which: BTreeSet<usize>, step: Step) {
    let mut changed = Vec::new();
    for index in which {
        if let Some((next, event)) = taken(&mut context(), requests[index].clone(), step) {
            requests[index] = next.clone();
            changed.push((next, event));
        }
    }
    write_all(store, &changed).await;
}

async fn write_all(store: &Store, states: &[(AccessRequest, Event)]) {
    // A request with its event and what it names makes three parts of at most a hundred.
    for some in states.chunks(33) {
        let empty = Transaction::new(&mut context());
        let all = some.iter().fold(empty, |transaction, (request, event)| transaction.request(request, event));
        store.commit(all).await.unwrap();
    }
}

/// All pages of a list.
async fn walk(store: &Store, filter: &Filter, status: Option<Status>, order: Order, limit: usize) -> Vec<RequestId> {
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.requests(filter, &Listing { status, provisioning: None, order, limit, after }).await.unwrap();
        listed.extend(page.items.iter().map(|request| request.facts().id));
        match page.next {
            Some(next) => after = Some(next),
            None => return listed,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// R23: whoever reads a list to its end has seen every request that belonged to it all the while.
    #[test]
    fn a_list_misses_nothing_while_requests_move(
        histories in prop::collection::vec(history(), 20..100),
        moves in moves(),
        limit in prop_oneof![1usize..12, 12usize..60],
        status in prop::sample::select(vec![None, None, None, Some(Status::Pending), Some(Status::Approved), Some(Status::Rejected)]),
        of_product in any::<bool>(),
        order in prop::sample::select(vec![Order::Newest, Order::Oldest]),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let table = Table::new().await;
            let aside = table.beside().store();
            let app = context().id();
            let mut requests = requests(&aside, app, &histories).await;
            let filter = if of_product { Filter::Product(slug("weather-api")) } else { Filter::Everything };
            let belongs = |request: &AccessRequest| status.is_none_or(|status| request.view().status == status);
            let mut all_along: BTreeSet<RequestId> =
                requests.iter().filter(|one| belongs(one)).map(|one| one.facts().id).collect();
            let mut at_times = all_along.clone();

            let store = table.store();
            let mut walked = tokio::spawn(async move { walk(&store, &filter, status, order, limit).await });
            let mut listed = None;
            for Move { queries, which, step } in moves {
                let held = table.faults.hold("Query", queries);
                tokio::select! {
                    done = &mut walked => { listed = Some(done.unwrap()); break }
                    () = held.arrived() => {}
                }
                let which: BTreeSet<usize> = which.iter().map(|index| index.index(requests.len())).collect();
                advance(&aside, &mut requests, which, step).await;
                for request in &requests {
                    if belongs(request) {
                        at_times.insert(request.facts().id);
                    } else {
                        all_along.remove(&request.facts().id);
                    }
                }
                held.release();
            }
            let listed = match listed {
                Some(listed) => listed,
                None => walked.await.unwrap(),
            };

            let once: BTreeSet<RequestId> = listed.iter().copied().collect();
            prop_assert_eq!(once.len(), listed.len(), "nothing is listed twice");
            prop_assert!(all_along.is_subset(&once), "missed {:?}", all_along.difference(&once));
            prop_assert!(once.is_subset(&at_times), "{:?} never belonged", once.difference(&at_times));
            let place = |id: &RequestId| requests.iter().position(|one| one.facts().id == *id).unwrap();
            let mut places: Vec<_> = listed.iter().map(place).collect();
            if order == Order::Newest { places.reverse(); }
            prop_assert!(places.is_sorted(), "the rows are in order");
            Ok(())
        })?;
    }
}
