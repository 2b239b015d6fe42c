//! Lists of access requests: one person's, one app's, one product's, and everybody's.
//!
//! A list merges ranges of rows, each of which is already in the order of the list. The cost of a page depends on
//! the page and not on the number of requests.
//!
//! Requests move between ranges while a list is read. A list therefore reads its ranges in groups: a request moves
//! only from a group to a later one, and each group is read as far as the page can reach before the next is begun.
//! Whatever leaves a group before it is read is found in the later one. See ADR 0007.

use std::collections::{BTreeMap, HashSet, VecDeque};

use futures_util::future::try_join_all;
use gatepass_domain::access_request::{AccessRequestView, Order, Status};
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, PersonId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, set_aside};
use crate::keys::{self, Stage};
use crate::read::{Index, Page, Query, Span};
use crate::requests::parse;

/// Where a page of a list begins: after the row with this time and id.
pub type Position = String;

/// Which requests, beside their status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    Everything,
    /// Those of a requester.
    Requester(PersonId),
    /// Those for an app.
    App(AppId),
    /// Those that ask for a product.
    Product(ProductId),
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Only requests in this status.
    pub status: Option<Status>,
    /// Which end of the list comes first.
    pub order: Order,
    /// At most so many rows.
    pub limit: usize,
    /// After this row.
    pub after: Option<Position>,
}

/// What a request may name, for which it has to be found when that thing goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// It asks for the product.
    Product(ProductId),
    /// It is under the plan.
    Plan(PlanId),
    /// It was found in the catalogue, and waits for a decision.
    Catalogue(CatalogueId),
}

/// Before the sort keys that begin with a time. DynamoDB takes no empty text for a key.
const FIRST: &str = "0";
/// Behind the sort keys that begin with a time: `~` sorts behind every digit and letter.
const LAST: &str = "~";
/// The most rows that are read ahead of one range.
const MOST_AHEAD: i32 = 100;

/// A range of requests in the order of the list, fetched as they are needed.
struct Source {
    query: Query,
    /// Length of what the sort keys have before time and id.
    prefix: usize,
    holds: Holds,
    rows: VecDeque<(Position, AccessRequest)>,
    next: Next,
}

/// What the rows of a range are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Requests,
    /// Something that is sorted by a request's time and id.
    Pointers,
}

enum Next {
    Page(Option<Attributes>),
    Nothing,
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
        Self { query, prefix: prefix.len(), holds, rows: VecDeque::new(), next: Next::Page(None) }
    }

    /// Fetches rows until there is one, or none is left.
    async fn fill(&mut self, store: &Store, wanted: &Wanted<'_>) -> Result<(), StoreError> {
        while self.rows.is_empty() {
            let Next::Page(start) = std::mem::replace(&mut self.next, Next::Nothing) else { return Ok(()) };
            let (rows, next) = store.query_page(&self.query, start).await?;
            let requests = match self.holds {
                Holds::Requests => readable(rows),
                Holds::Pointers => store.pointed_at(&self.query, self.prefix, &rows).await?,
            };
            for request in requests {
                let position = position(&request);
                if wanted.includes(&position, &request.view()) {
                    self.rows.push_back((position, request));
                }
            }
            // A range that is read on is the one that most of the page comes from.
            self.query.limit = self.query.limit.map(|limit| limit.saturating_mul(4).min(MOST_AHEAD));
            if let Some(key) = next {
                self.next = Next::Page(Some(key));
            }
        }
        Ok(())
    }

    fn position(&self) -> Option<&Position> {
        self.rows.front().map(|(position, _)| position)
    }
}

/// What is left after the key conditions.
struct Wanted<'a> {
    status: Option<Status>,
    product: Option<&'a ProductId>,
    /// BETWEEN includes its ends: the row that the page before ended with is left out here.
    after: Option<&'a Position>,
}

impl Wanted<'_> {
    fn includes(&self, position: &Position, view: &AccessRequestView) -> bool {
        self.after != Some(position)
            && self.status.is_none_or(|status| view.status == status)
            && self.product.is_none_or(|product| view.product_ids.contains(product))
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
    /// A row stays where it is while it changes: its place is the time it was submitted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests(&self, filter: &Filter, listing: &Listing) -> Result<Page<AccessRequest>, StoreError> {
        let mut wanted = Wanted { status: listing.status, product: None, after: listing.after.as_ref() };
        let range = |partition: String, prefix, holds| {
            vec![vec![Source::new(Index::Gsi1, partition, prefix, holds, listing, listing.limit + 1)]]
        };
        let stages = match filter {
            Filter::Requester(person) => range(keys::person(person), keys::REQUESTS_OF_PERSON, Holds::Requests),
            Filter::App(app_id) => range(keys::app(*app_id).pk, keys::REQUESTS_OF_APP, Holds::Pointers),
            Filter::Everything => stages(listing),
            // What is undecided is little, whatever the product has seen in its time.
            Filter::Product(product) if listing.status == Some(Status::Pending) => {
                wanted.product = Some(product);
                stages(listing)
            }
            Filter::Product(product) => range(keys::product(product).pk, "", Holds::Pointers),
        };
        self.merge(stages, listing, &wanted).await
    }

    /// A page of what the groups hold together.
    async fn merge(
        &self,
        groups: Vec<Vec<Source>>,
        listing: &Listing,
        wanted: &Wanted<'_>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let mut found = BTreeMap::new();
        for group in groups {
            // A request that has moved on since an earlier group was read appears twice: the later reading counts.
            found.extend(self.first_of(group, listing, wanted).await?);
        }
        let mut rows: Vec<_> = match listing.order {
            Order::Newest => found.into_iter().rev().collect(),
            Order::Oldest => found.into_iter().collect(),
        };
        let more = rows.len() > listing.limit;
        rows.truncate(listing.limit);
        let next = rows.last().map(|(position, _)| position.clone()).filter(|_| more);
        Ok(Page { items: rows.into_iter().map(|(_, request)| request).collect(), next })
    }

    /// The first rows of a group: as many as a page can take from it, and one more to see that the list goes on.
    async fn first_of(
        &self,
        mut group: Vec<Source>,
        listing: &Listing,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<(Position, AccessRequest)>, StoreError> {
        let mut rows = Vec::new();
        while rows.len() <= listing.limit {
            try_join_all(group.iter_mut().map(|source| source.fill(self, wanted))).await?;
            let sources = group.iter_mut().filter(|source| !source.rows.is_empty());
            let first = match listing.order {
                Order::Newest => sources.max_by(|one, other| one.position().cmp(&other.position())),
                Order::Oldest => sources.min_by(|one, other| one.position().cmp(&other.position())),
            };
            let Some(row) = first.and_then(|source| source.rows.pop_front()) else { break };
            rows.push(row);
        }
        Ok(rows)
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

    /// Requests that still count and name `what`, newest first; at most `most`.
    ///
    /// Reads all that ever named it: what is taken away is looked at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing_requests(&self, what: &Named, most: usize) -> Result<Vec<AccessRequest>, StoreError> {
        let query = match what {
            Named::Product(id) => Query::new(Index::Gsi1, keys::product(id).pk, Span::All),
            Named::Plan(id) => Query::new(Index::Gsi2, keys::plan(id).pk, Span::All),
            Named::Catalogue(id) => {
                let mut pending = self.requests_in(&[Stage::Pending]).await?;
                pending.retain(|request| request.facts().submission.items.iter().any(|item| &item.catalogue_id == id));
                pending.sort_by_key(|request| std::cmp::Reverse(position(request)));
                pending.truncate(most);
                return Ok(pending);
            }
        };
        let query = query.newest_first().limit(MOST_AHEAD);
        let mut standing = Vec::new();
        let mut start = None;
        loop {
            let (rows, next) = self.query_page(&query, start).await?;
            let requests = self.pointed_at(&query, 0, &rows).await?;
            standing.extend(requests.into_iter().filter(AccessRequest::is_standing));
            start = next;
            if standing.len() >= most || start.is_none() {
                standing.truncate(most);
                return Ok(standing);
            }
        }
    }

    /// Every request of the stages.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_in(&self, stages: &[Stage]) -> Result<Vec<AccessRequest>, StoreError> {
        let mut requests = Vec::new();
        for partition in stages.iter().flat_map(|stage| stage.partitions()) {
            for row in self.query_all(Query::new(Index::Gsi2, partition, Span::All)).await? {
                requests.push(parse(row)?);
            }
        }
        Ok(requests)
    }
}

/// The ranges of the stages that have the status asked for.
fn stages(listing: &Listing) -> Vec<Vec<Source>> {
    let stages = Stage::ALL.into_iter().filter(|stage| listing.status.is_none_or(|status| stage.status() == status));
    let partitions: Vec<Vec<String>> = stages.map(|stage| stage.partitions().collect()).collect();
    // A page's rows are spread over the ranges; a little more than an even share spares most second reads.
    let ahead = listing.limit / partitions.iter().flatten().count().max(1) + 4;
    let source = |partition| Source::new(Index::Gsi2, partition, "", Holds::Requests, listing, ahead);
    partitions.into_iter().map(|stage| stage.into_iter().map(source).collect()).collect()
}
