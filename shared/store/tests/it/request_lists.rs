//! Lists of requests, held against a model kept in memory.

use gatepass_domain::access_request::{AfterApproval, AttemptOutcome, Pending, Status};
use gatepass_domain::id::{AppId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Context, PersonId};
use gatepass_store::keys::Stage;
use gatepass_store::{Filter, Store};
use gatepass_testkit::{Table, at, context, person};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::samples::{by_owen, drafted, listing, outage, products, write};

const PEOPLE: [&str; 2] = ["ada", "grace"];
const PRODUCTS: [&str; 3] = ["weather-api", "maps-api", "fleet-api"];
const STATUSES: [Option<Status>; 5] =
    [None, Some(Status::Pending), Some(Status::Approved), Some(Status::Rejected), Some(Status::Withdrawn)];

/// Times at which requests are filed: close together, and around the ends of months and of the year.
const TIMES: [&str; 7] = [
    "2026-01-01T00:00:00Z",
    "2026-10-31T23:59:59.999Z",
    "2026-11-01T00:00:00Z",
    "2026-11-23T12:00:00Z",
    "2026-11-23T12:00:00.001Z",
    "2026-12-31T23:59:59.999Z",
    "2027-01-01T00:00:00Z",
];

/// The fates of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Pending,
    Queued,
    Deferred,
    Failed,
    Provisioned,
    Rejected,
    Withdrawn,
}

#[derive(Debug, Clone)]
struct Filed {
    time: usize,
    who: usize,
    app: usize,
    products: Vec<&'static str>,
    fate: Fate,
}

fn filed() -> impl Strategy<Value = Filed> {
    use Fate::{Deferred, Failed, Pending, Provisioned, Queued, Rejected, Withdrawn};
    let fate = prop::sample::select(vec![Pending, Queued, Deferred, Failed, Provisioned, Rejected, Withdrawn]);
    let products = prop::sample::subsequence(&PRODUCTS[..], 1..=2);
    (0..TIMES.len(), 0..PEOPLE.len(), 0usize..2, products, fate).prop_map(|(time, who, app, products, fate)| Filed {
        time,
        who,
        app,
        products,
        fate,
    })
}

/// A row as the model has it.
#[derive(Debug, Clone)]
struct Row {
    at: Timestamp,
    id: RequestId,
    status: Status,
    requester: PersonId,
    app: AppId,
    products: Vec<ProductId>,
}

fn model(request: &AccessRequest) -> Row {
    let view = request.view();
    Row {
        at: view.created_at,
        id: view.id,
        status: view.status,
        requester: view.requester.id,
        app: view.app.id,
        products: view.product_ids,
    }
}

async fn carry_out(store: &Store, filed: &Filed, apps: &[AppId]) -> Row {
    let mut context: Context = context();
    context.now = at(TIMES[filed.time]);
    let who = person(PEOPLE[filed.who], &[]);
    let (pending, event) = drafted(&mut context, &who, apps[filed.app], &products(&filed.products));
    let mut request = AccessRequest::from(pending.clone());
    write(store, &request, &event).await.unwrap();
    context.now = context.now.checked_add(SignedDuration::from_hours(1)).unwrap();
    for (next, event) in steps(&mut context, pending, filed.fate) {
        write(store, &next, &event).await.unwrap();
        request = next;
    }
    model(&request)
}

fn steps(context: &mut Context, pending: Pending, fate: Fate) -> Vec<(AccessRequest, gatepass_domain::Event)> {
    let by = Actor::system("provision");
    match fate {
        Fate::Pending => return Vec::new(),
        Fate::Rejected => {
            let (closed, event) = pending.reject(context, &by_owen(), "no".into());
            return vec![(closed.into(), event)];
        }
        Fate::Withdrawn => {
            let (closed, event) = pending.withdraw(context, &by_owen());
            return vec![(closed.into(), event)];
        }
        Fate::Queued | Fate::Deferred | Fate::Failed | Fate::Provisioned => {}
    }
    let (after, event) = pending.approve(context, &by_owen(), None, 1);
    let AfterApproval::Decided(queued) = after else { panic!("one approval decides") };
    let mut steps = vec![(AccessRequest::from(queued.clone()), event)];
    match fate {
        Fate::Provisioned => {
            let (provisioned, event) = queued.provisioned(context, &by);
            steps.push((provisioned.into(), event));
        }
        Fate::Deferred | Fate::Failed => {
            let transient = matches!(fate, Fate::Deferred);
            let (outcome, event) = queued.attempt_failed(context, &by, outage(), transient);
            assert_eq!(matches!(outcome, AttemptOutcome::Deferred(_)), transient);
            steps.push((outcome.into(), event));
        }
        _ => {}
    }
    steps
}

/// The list that is expected, newest first.
fn expected(rows: &[Row], filter: &Filter, status: Option<Status>) -> Vec<RequestId> {
    let fits = |row: &&Row| {
        status.is_none_or(|status| row.status == status)
            && match filter {
                Filter::Everything => true,
                Filter::Requester(person) => row.requester == *person,
                Filter::RequesterOrApps(person, apps) => row.requester == *person || apps.contains(&row.app),
                Filter::App(app) => row.app == *app,
                Filter::Product(product) => row.products.contains(product),
                Filter::AnyOf(products) => row.products.iter().any(|product| products.contains(product)),
            }
    };
    let mut rows: Vec<_> = rows.iter().filter(fits).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    rows.into_iter().map(|row| row.id).collect()
}

async fn paged(store: &Store, filter: &Filter, status: Option<Status>, limit: usize) -> Vec<RequestId> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.requests(filter, &listing(status, limit, after.as_ref())).await.unwrap();
        assert!(page.items.len() <= limit);
        assert!(page.next.is_none() || page.items.len() == limit, "only the last page is short");
        all.extend(page.items.iter().map(|request| request.facts().id));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, ..ProptestConfig::default() })]

    /// R21, R23, R34: every filter over every status, page by page, gives what a list in memory gives.
    #[test]
    fn lists_are_what_a_model_says(filed in prop::collection::vec(filed(), 0..28), limits in prop::collection::vec(1usize..30, STATUSES.len())) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Table::new().await.store();
            let apps: Vec<AppId> = (0..2).map(|_| context().id()).collect();
            let mut rows = Vec::new();
            for one in &filed {
                rows.push(carry_out(&store, one, &apps).await);
            }
            let filters = [
                Filter::Everything,
                Filter::Requester(PersonId(PEOPLE[0].into())),
                Filter::RequesterOrApps(PersonId(PEOPLE[0].into()), vec![apps[0]]),
                Filter::App(apps[1]),
                Filter::Product(PRODUCTS[2].parse().unwrap()),
                Filter::AnyOf(PRODUCTS[..2].iter().map(|product| product.parse().unwrap()).collect()),
            ];
            for filter in &filters {
                for (status, limit) in STATUSES.into_iter().zip(&limits) {
                    let listed = paged(&store, filter, status, *limit).await;
                    prop_assert_eq!(listed, expected(&rows, filter, status), "{:?} {:?} by {}", filter, status, limit);
                }
            }
            let mut open: Vec<_> = store.requests_in(&Stage::OPEN).await.unwrap().iter().map(|request| request.facts().id).collect();
            let mut still_open: Vec<_> = rows.iter().zip(&filed)
                .filter(|(_, filed)| matches!(filed.fate, Fate::Pending | Fate::Queued | Fate::Deferred))
                .map(|(row, _)| row.id)
                .collect();
            open.sort();
            still_open.sort();
            prop_assert_eq!(open, still_open);
            Ok(())
        })?;
    }
}
