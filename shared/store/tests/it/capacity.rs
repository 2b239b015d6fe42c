//! The cost of lists, as the table reports it: the same for few requests and for many.

use gatepass_domain::access_request::{Order, Pending, RequestKind, Status, Submission, grant};
use gatepass_domain::id::AppId;
use gatepass_domain::{AccessRequest, Context, Event, Person};
use gatepass_store::{Filter, Listing, Named, Position, Store, Transaction};
use gatepass_testkit::{Table, ada, context, owen, person};
use jiff::SignedDuration;

use crate::samples::{by_owen, drafted, products, slug};

/// How many requests each of the sought-for kinds has, in whatever table.
const SOUGHT: usize = 40;
/// Rows of a page.
const PAGE: usize = 25;

/// A table in which a few requests are sought among many.
struct Crowd {
    table: Table,
    store: Store,
    app: AppId,
    count: i64,
}

impl Crowd {
    /// The sought-for ones, 40 of each kind.
    async fn sought() -> Self {
        let table = Table::new().await;
        let mut crowd = Self { store: table.store(), table, app: context().id(), count: 0 };
        for _ in 0..SOUGHT {
            let somebody = person("somebody", &[]);
            let other_app = context().id();
            let (rejected, event) = crowd.next(&somebody, other_app, "weather-api");
            crowd.write(&[(AccessRequest::from(rejected.clone()), event)]).await;
            let (closed, event) = rejected.reject(&mut context(), &by_owen(), "no".into());
            crowd.write(&[(closed.into(), event)]).await;
            let pending = crowd.next(&somebody, other_app, "weather-api");
            let of_app = crowd.next(&somebody, crowd.app, "weather-api");
            let adas = crowd.next(&ada(), other_app, "weather-api");
            let fleet = crowd.next(&somebody, other_app, "fleet-api");
            let [of_app, adas, fleet] = [of_app, adas, fleet].map(|(pending, _)| granted(&pending));
            crowd.write(&[(pending.0.into(), pending.1), of_app, adas, fleet]).await;
        }
        crowd
    }

    /// More of others, until there are `count` in all.
    async fn grown_to(&mut self, count: i64) {
        while self.count < count {
            let mut some = Vec::new();
            // A request with its event and what it names makes three parts of at most a hundred.
            while some.len() < 33 && self.count < count {
                let who = person(&format!("person-{}", self.count), &[]);
                let app = context().id();
                let product = format!("api-{}", self.count % 100);
                some.push(granted(&self.next(&who, app, &product).0));
            }
            self.write(&some).await;
        }
        self.table.faults.consumed();
    }

    /// A request ten minutes after the one before.
    fn next(&mut self, who: &Person, app: AppId, product: &str) -> (Pending, Event) {
        let mut context: Context = context();
        context.now = context.now.checked_add(SignedDuration::from_mins(10 * self.count)).unwrap();
        self.count += 1;
        drafted(&mut context, who, app, &products(&[product]))
    }

    async fn write(&self, states: &[(AccessRequest, Event)]) {
        let empty = Transaction::new(&mut context());
        let all = states.iter().fold(empty, |transaction, (request, event)| transaction.request(request, event));
        self.store.commit(all).await.unwrap();
    }

    /// Read units of the page after `after`, the number of its rows, and where the next begins.
    async fn page(
        &self,
        filter: &Filter,
        status: Option<Status>,
        order: Order,
        after: Option<Position>,
    ) -> (f64, usize, Option<Position>) {
        let listing = Listing { status, provisioning: None, order, limit: PAGE, after };
        let page = self.store.requests(filter, &listing).await.unwrap();
        (self.table.faults.consumed(), page.items.len(), page.next)
    }

    /// Read units of the first and of the second page.
    async fn two_pages(&self, filter: &Filter, status: Option<Status>) -> (f64, f64) {
        let (first, rows, next) = self.page(filter, status, Order::Newest, None).await;
        assert_eq!(rows, PAGE);
        let (second, rows, next) = self.page(filter, status, Order::Newest, next).await;
        assert_eq!((rows, next), (SOUGHT - PAGE, None), "{filter:?} {status:?} has just those");
        (first, second)
    }
}

/// The same access, granted: a request that is approved in its first state, and so is written once.
fn granted(pending: &Pending) -> (AccessRequest, Event) {
    let facts = pending.facts();
    let mut context: Context = context();
    context.now = facts.created_at;
    let plan_id = format!("plan-{}", facts.created_at.as_second() / 600 % 100);
    let submission = Submission { kind: RequestKind::Grant, plan_id: slug(&plan_id), ..facts.submission.clone() };
    grant(&mut context, submission, &owen(), None)
}

/// R23: each filter that matches 40 requests costs the same among few and among many; the first page and the last
/// of all cost a page.
#[tokio::test]
async fn a_page_costs_what_it_shows_not_what_the_table_holds() {
    // The embedded table grows slower the more it holds: CONTRIBUTING.md says how to run this with 10,000.
    let many = std::env::var("GATEPASS_CROWD").map_or(2_000, |many| many.parse().expect("GATEPASS_CROWD is a number"));
    let mut crowd = Crowd::sought().await;
    let filters = [
        ("status=pending", Filter::Everything, Some(Status::Pending)),
        ("status=rejected", Filter::Everything, Some(Status::Rejected)),
        ("requester", Filter::Requester(ada().id), None),
        ("app", Filter::App(crowd.app), None),
        ("product", Filter::Product("fleet-api".parse().unwrap()), None),
        ("product, approved", Filter::Product("fleet-api".parse().unwrap()), Some(Status::Approved)),
    ];
    let mut measured = Vec::new();
    let mut ends = Vec::new();
    for count in [500, many] {
        crowd.grown_to(count).await;
        let mut costs = Vec::new();
        for (_, filter, status) in &filters {
            costs.push(crowd.two_pages(filter, *status).await);
        }
        measured.push(costs);
        for status in [None, Some(Status::Approved)] {
            for order in [Order::Newest, Order::Oldest] {
                let (cost, rows, _) = crowd.page(&Filter::Everything, status, order, None).await;
                assert_eq!(rows, PAGE);
                ends.push((count, status, order, cost));
            }
        }
    }
    println!("{:<20} {:>16} {:>16}", "read units, 2 pages", "of 500", format!("of {many}"));
    for (index, (name, ..)) in filters.iter().enumerate() {
        let (few, many) = (measured[0][index], measured[1][index]);
        println!("{name:<20} {:>7} {:>8} {:>7} {:>8}", few.0, few.1, many.0, many.1);
        assert_eq!(few, many, "{name}");
    }
    for (count, status, order, cost) in ends {
        println!("of {count}, {status:?}, {order:?}: {cost}");
        assert!(cost <= 40.0, "the first page and the last cost a page: {cost}");
    }
}

/// A product with `count` requests that stand, beside 40 rejected ones of its own.
async fn popular(count: i64) -> Crowd {
    let table = Table::new().await;
    let mut crowd = Crowd { store: table.store(), table, app: context().id(), count: 0 };
    let mut rejected = Vec::new();
    for _ in 0..SOUGHT {
        let other_app = context().id();
        rejected.push(crowd.next(&ada(), other_app, "weather-api"));
    }
    for some in rejected.chunks(20) {
        let filed: Vec<_> = some.iter().map(|(pending, event)| (pending.clone().into(), event.clone())).collect();
        crowd.write(&filed).await;
        let no = |(pending, _): &(Pending, Event)| {
            let (closed, event) = pending.clone().reject(&mut context(), &by_owen(), "no".into());
            (closed.into(), event)
        };
        crowd.write(&some.iter().map(no).collect::<Vec<_>>()).await;
    }
    while crowd.count < count {
        let mut some = Vec::new();
        while some.len() < 33 && crowd.count < count {
            let who = person(&format!("person-{}", crowd.count), &[]);
            let app = context().id();
            some.push(granted(&crowd.next(&who, app, "weather-api").0));
        }
        crowd.write(&some).await;
    }
    crowd.table.faults.consumed();
    crowd
}

#[tokio::test]
async fn a_product_with_many_requests_costs_what_one_with_few_does() {
    let many = std::env::var("GATEPASS_CROWD").map_or(2_000, |many| many.parse().expect("GATEPASS_CROWD is a number"));
    let mut measured = Vec::new();
    for count in [200, many] {
        let crowd = popular(count).await;
        let used = crowd.store.standing_requests(&Named::Product("weather-api".parse().unwrap()), 100, None).await;
        let used = used.unwrap();
        assert_eq!((used.items.len(), used.next.is_some()), (100, true));
        let usage = crowd.table.faults.consumed();
        let filter = Filter::Product("weather-api".parse().unwrap());
        let (rejected, rows, _) = crowd.page(&filter, Some(Status::Rejected), Order::Newest, None).await;
        assert_eq!(rows, PAGE);
        let (all, rows, _) = crowd.page(&filter, None, Order::Oldest, None).await;
        assert_eq!(rows, PAGE);
        println!(
            "{count} requests: usage {usage}, a page of the rejected {rejected}, the oldest page {all} read units"
        );
        measured.push((usage, rejected, all));
    }
    assert_eq!(measured[0], measured[1]);
}

/// One person's requests are one range, whatever their status. A page for a rare one ends early and says where it goes on.
#[tokio::test]
async fn a_page_of_a_rare_status_reads_a_bounded_part_of_a_persons_requests() {
    let table = Table::new().await;
    let mut crowd = Crowd { store: table.store(), table, app: context().id(), count: 0 };
    let app = context().id();
    let rare = crowd.next(&ada(), app, "weather-api");
    crowd.write(&[(rare.0.clone().into(), rare.1.clone())]).await;
    let (closed, event) = rare.0.reject(&mut context(), &by_owen(), "no".into());
    crowd.write(&[(closed.into(), event)]).await;
    for _ in 0..10 {
        let some: Vec<_> = (0..33).map(|_| granted(&crowd.next(&ada(), context().id(), "weather-api").0)).collect();
        crowd.write(&some).await;
    }
    crowd.table.faults.consumed();
    let filter = Filter::Requester(ada().id);
    let (mut after, mut pages, mut found) = (None, 0, 0);
    loop {
        let listing =
            Listing { status: Some(Status::Rejected), provisioning: None, order: Order::Newest, limit: 1, after };
        let page = crowd.store.requests(&filter, &listing).await.unwrap();
        let cost = crowd.table.faults.consumed();
        assert!(cost <= 50.0, "{cost}");
        pages += 1;
        found += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found, pages > 1), (1, true), "{pages} pages");
}
