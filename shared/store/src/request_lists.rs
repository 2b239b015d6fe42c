//! Lists of access requests: one person's, one app's, one product's, and everybody's.
//!
//! A list merges ranges of rows, each of which is already in the order of the list. The cost of a page depends on
//! the page and not on the number of requests.
//!
//! Requests move between ranges while a list is read. A list therefore reads its ranges in groups: a request moves
//! only from a group to a later one, and each group is read as far as the page can reach before the next is begun.
//! Whatever leaves a group before it is read is found in the later one. See ADR 0007.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use futures_util::future::try_join_all;
use gatepass_domain::access_request::{Order, Status, Unprovisioned};
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Catalogue, PersonId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, set_aside};
use crate::keys::{self, Key, Outcome, Stage};
use crate::read::{Index, Page, Query, Span};
use crate::requests::parse;

/// The position at which a page of a list begins: after the row with this time and id.
pub type Position = String;

/// Which requests, beside their status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    Everything,
    /// Those of a requester.
    Requester(PersonId),
    /// Those of a requester, and those for some apps.
    RequesterOrApps(PersonId, Vec<AppId>),
    /// Those for an app.
    App(AppId),
    /// Those that ask for a product.
    Product(ProductId),
    /// Those that ask for any of a few products.
    AnyOf(BTreeSet<ProductId>),
}

impl Filter {
    fn includes(&self, request: &AccessRequest) -> bool {
        let facts = request.facts();
        match self {
            Self::Everything => true,
            Self::Requester(person) => facts.submission.requester.id == *person,
            Self::RequesterOrApps(person, app_ids) => {
                facts.submission.requester.id == *person || app_ids.contains(&facts.submission.app.id)
            }
            Self::App(app_id) => facts.submission.app.id == *app_id,
            Self::Product(product) => facts.submission.items.iter().any(|item| item.product_id == *product),
            Self::AnyOf(products) => facts.submission.items.iter().any(|item| products.contains(&item.product_id)),
        }
    }
}

fn stage(unprovisioned: Unprovisioned) -> Stage {
    match unprovisioned {
        Unprovisioned::Queued => Stage::Queued,
        Unprovisioned::Failed => Stage::Failed,
    }
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Only requests in this status.
    pub status: Option<Status>,
    /// Only requests that wait here to be set up.
    pub provisioning: Option<Unprovisioned>,
    /// Which end of the list comes first.
    pub order: Order,
    /// At most so many rows.
    pub limit: usize,
    /// After this row.
    pub after: Option<Position>,
}

/// An entity whose deletion must find the requests that refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// It asks for the product.
    Product(ProductId),
    /// It is under the plan.
    Plan(PlanId),
    /// It was found in the catalogue, and waits for a decision.
    Catalogue(CatalogueId),
}

impl Named {
    /// The offering whose items have the partition key of `key`.
    pub fn from_key(key: &Key) -> Option<Self> {
        let (kind, id) = key.pk.split_once('#')?;
        match kind {
            "PROD" => id.parse().ok().map(Self::Product),
            "PLAN" => id.parse().ok().map(Self::Plan),
            "CAT" => id.parse().ok().map(Self::Catalogue),
            _ => None,
        }
    }
}

/// Before the sort keys that begin with a time. DynamoDB takes no empty text for a key.
const FIRST: &str = "0";
/// Behind the sort keys that begin with a time: `~` sorts behind every digit and letter.
const LAST: &str = "~";
/// The most rows that are read ahead of one range.
const MOST_AHEAD: i32 = 100;
/// The most queries of one range for a page. A range whose rows do not match ends the page early; the next one goes on there.
const MOST_QUERIES: usize = 5;

/// A range of requests in the order of the list, fetched as they are needed.
struct Source {
    query: Query,
    /// Length of what the sort keys have before time and id.
    prefix: usize,
    holds: Holds,
    rows: VecDeque<(Position, AccessRequest)>,
    next: Next,
    queries_left: usize,
}

/// The kinds of rows in a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Requests,
    /// Something that is sorted by a request's time and id.
    Pointers,
}

enum Next {
    Page(Option<Attributes>),
    Nothing,
    /// The queries are used up, and the range has been read up to here.
    Later(Position),
}

impl Source {
    fn new(index: Index, partition: String, prefix: &str, holds: Holds, listing: &Listing, ahead: usize) -> Self {
        let after = listing.after.as_deref();
        let (from, to) = match listing.order {
            Order::Newest => (FIRST, after.unwrap_or(LAST)),
            Order::Oldest => (after.unwrap_or(FIRST), LAST),
        };
        let query = Query {
            newest_first: listing.order == Order::Newest,
            limit: Some(i32::try_from(ahead).unwrap_or(MOST_AHEAD)),
            ..Query::new(index, partition, Span::Between(format!("{prefix}{from}"), format!("{prefix}{to}")))
        };
        Self {
            query,
            prefix: prefix.len(),
            holds,
            rows: VecDeque::new(),
            next: Next::Page(None),
            queries_left: MOST_QUERIES,
        }
    }

    /// Fetches rows until there is one, or none is left, or the queries are used up.
    async fn fill(&mut self, store: &Store, wanted: &Wanted<'_>) -> Result<(), StoreError> {
        while self.rows.is_empty() {
            let Next::Page(start) = &mut self.next else { return Ok(()) };
            let (rows, next) = store.query_page(&self.query, start.take()).await?;
            self.queries_left -= 1;
            let read_to = rows.last().and_then(|row| self.position_of(row));
            let requests = match self.holds {
                Holds::Requests => readable(rows),
                Holds::Pointers => store.pointed_at(&self.query, self.prefix, &rows).await?,
            };
            for request in requests {
                let position = position(&request);
                if wanted.includes(&position, &request) {
                    self.rows.push_back((position, request));
                }
            }
            // A range that is read on is the one that most of the page comes from.
            self.query.limit = self.query.limit.map(|limit| limit.saturating_mul(4).min(MOST_AHEAD));
            self.next = match (next, read_to) {
                (Some(_), Some(read_to)) if self.queries_left == 0 => Next::Later(read_to),
                (Some(key), _) if self.queries_left > 0 => Next::Page(Some(key)),
                _ => Next::Nothing,
            };
        }
        Ok(())
    }

    /// The place of a row in the list.
    fn position_of(&self, row: &Attributes) -> Option<Position> {
        row.get(self.query.index.sort_key())?.as_s().ok()?.get(self.prefix..).map(str::to_owned)
    }

    /// Where the range was left although it has more.
    fn left_at(&self) -> Option<Position> {
        match &self.next {
            Next::Later(position) if self.rows.is_empty() => Some(position.clone()),
            _ => None,
        }
    }

    fn position(&self) -> Option<&Position> {
        self.rows.front().map(|(position, _)| position)
    }
}

/// Requests of an outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Standing,
}

/// The conditions that keys do not express.
struct Wanted<'a> {
    status: Option<Status>,
    provisioning: Option<Unprovisioned>,
    filter: &'a Filter,
    catalogue: Option<&'a CatalogueId>,
    which: Which,
    /// BETWEEN includes its ends: the row that the page before ended with is left out here.
    after: Option<&'a Position>,
}

impl<'a> Wanted<'a> {
    fn new(filter: &'a Filter, listing: &'a Listing) -> Self {
        Self {
            status: listing.status,
            provisioning: listing.provisioning,
            filter,
            catalogue: None,
            which: Which::All,
            after: listing.after.as_ref(),
        }
    }

    fn includes(&self, position: &Position, request: &AccessRequest) -> bool {
        let items = &request.facts().submission.items;
        self.after != Some(position)
            && self.status.is_none_or(|status| Stage::of(request).status() == status)
            && self.provisioning.is_none_or(|provisioning| Stage::of(request) == stage(provisioning))
            && self.filter.includes(request)
            && self.catalogue.is_none_or(|catalogue| items.iter().any(|item| &item.catalogue_id == catalogue))
            && (self.which == Which::All || request.is_standing())
    }
}

fn position(request: &AccessRequest) -> Position {
    let facts = request.facts();
    format!("{}#{}", keys::time(facts.created_at), facts.id)
}

/// The requests of a page's rows. One that cannot be read is left out.
fn readable(rows: Vec<Attributes>) -> Vec<AccessRequest> {
    rows.into_iter().filter_map(|row| set_aside(parse(row))).collect()
}

impl Store {
    /// A page of requests.
    ///
    /// A row stays where it is while it changes: its place is the time it was submitted. A page can have fewer rows than
    /// asked for, or none, and not be the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests(&self, filter: &Filter, listing: &Listing) -> Result<Page<AccessRequest>, StoreError> {
        let wanted = Wanted::new(filter, listing);
        let groups = match filter {
            // Few requests are not provisioned at a time, whatever the filter.
            _ if listing.provisioning.is_some() => stages(listing),
            Filter::Requester(person) => vec![vec![of_requester(person, listing)]],
            Filter::RequesterOrApps(person, app_ids) => {
                let of_apps = app_ids.iter().map(|app_id| of_app(*app_id, listing));
                vec![[of_requester(person, listing)].into_iter().chain(of_apps).collect()]
            }
            Filter::App(app_id) => vec![vec![of_app(*app_id, listing)]],
            Filter::Everything => stages(listing),
            Filter::Product(product) => outcomes([product], listing),
            Filter::AnyOf(products) => outcomes(products, listing),
        };
        self.merge(groups, listing, &wanted).await
    }

    /// A page of the requests that wait or stand and refer to `what`, newest first. Requests that have ended are not read.
    /// Of a catalogue it is those that wait, for the products that the catalogue has now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing_requests(
        &self,
        what: &Named,
        limit: usize,
        after: Option<Position>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let status = matches!(what, Named::Catalogue(_)).then_some(Status::Pending);
        let listing = Listing { status, provisioning: None, order: Order::Newest, limit, after };
        let mut wanted = Wanted { which: Which::Standing, ..Wanted::new(&Filter::Everything, &listing) };
        let groups = match what {
            Named::Product(id) => vec![
                vec![for_product(id, Outcome::Pending, &listing)],
                vec![for_product(id, Outcome::Standing, &listing)],
            ],
            Named::Plan(id) => vec![vec![whole(Index::Gsi2, keys::plan(id).pk, "", Holds::Pointers, &listing)]],
            Named::Catalogue(id) => {
                wanted.catalogue = Some(id);
                let catalogue = self.offering::<Catalogue>(id).await?;
                let product_ids = catalogue.map(|(catalogue, _)| catalogue.content.product_ids).unwrap_or_default();
                vec![product_ids.iter().map(|product| for_product(product, Outcome::Pending, &listing)).collect()]
            }
        };
        self.merge(groups, &listing, &wanted).await
    }

    /// A page of what the groups hold together.
    async fn merge(
        &self,
        groups: Vec<Vec<Source>>,
        listing: &Listing,
        wanted: &Wanted<'_>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let mut found = BTreeMap::new();
        let mut left_at = Vec::new();
        for group in groups {
            // A request that has moved on since an earlier group was read appears twice: the later reading counts.
            let (rows, left) = self.first_of(group, listing, wanted).await?;
            found.extend(rows);
            left_at.extend(left);
        }
        let mut rows: Vec<_> = match listing.order {
            Order::Newest => found.into_iter().rev().collect(),
            Order::Oldest => found.into_iter().collect(),
        };
        // Beyond the place where a range was left, the page would have gaps.
        let end = match listing.order {
            Order::Newest => left_at.into_iter().max(),
            Order::Oldest => left_at.into_iter().min(),
        };
        if let Some(end) = &end {
            rows.retain(|(position, _)| match listing.order {
                Order::Newest => position >= end,
                Order::Oldest => position <= end,
            });
        }
        let more = rows.len() > listing.limit;
        rows.truncate(listing.limit);
        let next = rows.last().map(|(position, _)| position.clone()).filter(|_| more).or(end);
        Ok(Page { items: rows.into_iter().map(|(_, request)| request).collect(), next })
    }

    /// The first rows of a group: as many as a page can take from it, and one more to see that the list goes on. With the
    /// places where ranges were left although they have more.
    async fn first_of(
        &self,
        mut group: Vec<Source>,
        listing: &Listing,
        wanted: &Wanted<'_>,
    ) -> Result<(Vec<(Position, AccessRequest)>, Vec<Position>), StoreError> {
        let mut rows: Vec<(Position, AccessRequest)> = Vec::new();
        while rows.len() <= listing.limit {
            try_join_all(group.iter_mut().map(|source| source.fill(self, wanted))).await?;
            let sources = group.iter_mut().filter(|source| !source.rows.is_empty());
            let first = match listing.order {
                Order::Newest => sources.max_by(|one, other| one.position().cmp(&other.position())),
                Order::Oldest => sources.min_by(|one, other| one.position().cmp(&other.position())),
            };
            let Some(row) = first.and_then(|source| source.rows.pop_front()) else { break };
            // A request for several products has several rows under its plan.
            if rows.last().is_none_or(|(position, _)| *position != row.0) {
                rows.push(row);
            }
        }
        Ok((rows, group.iter().filter_map(Source::left_at).collect()))
    }

    /// The requests that `rows` point at, in the order of the rows.
    async fn pointed_at(
        &self,
        query: &Query,
        prefix: usize,
        rows: &[Attributes],
    ) -> Result<Vec<AccessRequest>, StoreError> {
        let sort_key = query.index.sort_key();
        let id = |row: &Attributes| -> Option<RequestId> {
            row.get(sort_key)?.as_s().ok()?.get(prefix..)?.rsplit('#').next()?.parse().ok()
        };
        let mut seen = HashSet::new();
        let ids = rows.iter().filter_map(id).filter(|id| seen.insert(*id));
        let keys: Vec<_> = ids.map(keys::request).collect();
        let mut found = self.batch_get(&keys).await?;
        Ok(readable(keys.iter().filter_map(|key| found.remove(key)).collect()))
    }

    /// Every request that was ever filed for an app, newest first.
    pub(crate) async fn requests_ever_made_for(&self, app_id: AppId) -> Result<Vec<AccessRequest>, StoreError> {
        let range = Span::Prefix(keys::REQUESTS_OF_APP.into());
        let query = Query::new(Index::Gsi1, keys::app(app_id).pk, range).newest_first();
        let rows = self.query_all(query.clone()).await?;
        self.pointed_at(&query, keys::REQUESTS_OF_APP.len(), &rows).await
    }

    /// The requests by which a credential of an app stands, or is to be extended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing_requests_of(&self, app_id: AppId, id: CredentialId) -> Result<Vec<RequestId>, StoreError> {
        let all = self.requests_ever_made_for(app_id).await?;
        let behind = all.iter().filter(|request| request.is_standing() && request.view().credential_id == Some(id));
        Ok(behind.map(|request| request.facts().id).collect())
    }

    /// Every request of the stages.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_in(&self, stages: &[Stage]) -> Result<Vec<AccessRequest>, StoreError> {
        let mut requests = Vec::new();
        let partitions: BTreeSet<_> = stages.iter().flat_map(|stage| stage.partitions()).collect();
        for partition in partitions {
            let rows = self.query_all(Query::new(Index::Gsi2, partition, Span::All)).await?;
            requests.extend(readable(rows).into_iter().filter(|request| stages.contains(&Stage::of(request))));
        }
        Ok(requests)
    }
}

/// A range that a page can come from as a whole.
fn whole(index: Index, partition: String, prefix: &str, holds: Holds, listing: &Listing) -> Source {
    Source::new(index, partition, prefix, holds, listing, listing.limit + 1)
}

/// The requests of a person.
fn of_requester(person: &PersonId, listing: &Listing) -> Source {
    whole(Index::Gsi1, keys::person(person), keys::REQUESTS_OF_PERSON, Holds::Requests, listing)
}

/// The requests for an app.
fn of_app(app_id: AppId, listing: &Listing) -> Source {
    whole(Index::Gsi1, keys::app(app_id).pk, keys::REQUESTS_OF_APP, Holds::Pointers, listing)
}

/// The requests for a product that have this outcome.
fn for_product(product: &ProductId, outcome: Outcome, listing: &Listing) -> Source {
    whole(Index::Gsi1, keys::requests_for_product(product, outcome), "", Holds::Pointers, listing)
}

/// The ranges of the products' requests that can have the status asked for, as groups.
fn outcomes<'a>(products: impl IntoIterator<Item = &'a ProductId>, listing: &Listing) -> Vec<Vec<Source>> {
    use Outcome::{Expired, Lapsed, Pending, Rejected, Revoked, Standing, Withdrawn};
    let groups: &[&[Outcome]] = match listing.status {
        None => &[&[Pending], &[Standing], &[Lapsed], &[Revoked, Rejected, Withdrawn, Expired]],
        Some(Status::Pending) => &[&[Pending]],
        Some(Status::Approved) => &[&[Standing], &[Lapsed], &[Revoked]],
        Some(Status::Rejected) => &[&[Rejected]],
        Some(Status::Withdrawn) => &[&[Withdrawn]],
        Some(Status::Expired) => &[&[Expired]],
    };
    let products: Vec<_> = products.into_iter().collect();
    // A page's rows are spread over the products; a little more than an even share spares most second reads.
    let ahead = if products.len() == 1 { listing.limit + 1 } else { listing.limit / products.len().max(1) + 4 };
    let source = |product: &ProductId, outcome: Outcome| {
        let partition = keys::requests_for_product(product, outcome);
        Source::new(Index::Gsi1, partition, "", Holds::Pointers, listing, ahead)
    };
    let group = |group: &&[Outcome]| {
        let of = |outcome: &Outcome| products.iter().map(|product| source(product, *outcome)).collect::<Vec<_>>();
        group.iter().flat_map(of).collect()
    };
    groups.iter().map(group).collect()
}

/// The ranges of the stages that have the status and the provisioning asked for, as groups.
fn stages(listing: &Listing) -> Vec<Vec<Source>> {
    // Queued stands for failed, too: the two share a partition.
    let asked_for = |stage: &&Stage| {
        listing.status.is_none_or(|status| stage.status() == status)
            && (listing.provisioning.is_none() || **stage == Stage::Queued)
    };
    let groups = Stage::GROUPS.into_iter().map(|stages| {
        let partitions: Vec<_> = stages.iter().filter(asked_for).flat_map(|stage| stage.partitions()).collect();
        // A page's rows are spread over the ranges; a little more than an even share spares most second reads.
        let ahead = listing.limit / partitions.len().max(1) + 4;
        let source = |partition| Source::new(Index::Gsi2, partition, "", Holds::Requests, listing, ahead);
        partitions.into_iter().map(source).collect::<Vec<_>>()
    });
    groups.filter(|group| !group.is_empty()).collect()
}
