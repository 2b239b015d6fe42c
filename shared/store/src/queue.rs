//! Lists of access requests, newest first: a person's own, and everybody's.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::access_request::{AccessRequestView, Status};
use gatepass_domain::event::Detail;
use gatepass_domain::id::{AppId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Event, PersonId};
use jiff::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Attributes, Item, decode};
use crate::keys::{self, QueuePartition};
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

/// Before the sort keys that begin with a time. DynamoDB takes no empty text for a key.
const FIRST: &str = "0";
/// Behind the sort keys that begin with a time: `~` sorts behind every digit and letter.
const LAST: &str = "~";

/// Rows of one partition, newest first, fetched as they are needed.
struct Source {
    query: Query,
    rows: VecDeque<AccessRequest>,
    next: Next,
}

enum Next {
    Page(Option<Attributes>),
    Nothing,
}

impl Source {
    fn new(index: Index, partition: String, prefix: &str, before: Option<&Position>, limit: i32) -> Self {
        let to = format!("{prefix}{}", before.map_or(LAST, String::as_str));
        let span = Span::Between(format!("{prefix}{FIRST}"), to);
        let query = Query::new(index, partition, span).newest_first().limit(limit);
        Self { query, rows: VecDeque::new(), next: Next::Page(None) }
    }

    /// The position of the row that this source would give next.
    async fn peek(
        &mut self,
        store: &Store,
        before: Option<&Position>,
        wanted: &Wanted,
    ) -> Result<Option<Position>, StoreError> {
        while self.rows.is_empty() {
            let Next::Page(start) = std::mem::replace(&mut self.next, Next::Nothing) else { return Ok(None) };
            let (rows, next) = store.query_page(&self.query, start).await?;
            for row in rows {
                let request = parse(row)?;
                // BETWEEN includes its end: the row that the page before ended with is left out here.
                if Some(&position(&request)) != before && wanted.includes(&request.view()) {
                    self.rows.push_back(request);
                }
            }
            if let Some(key) = next {
                self.next = Next::Page(Some(key));
            }
        }
        Ok(self.rows.front().map(position))
    }
}

/// What is left after the key conditions.
struct Wanted {
    status: Option<Status>,
    product: Option<ProductId>,
}

impl Wanted {
    fn includes(&self, view: &AccessRequestView) -> bool {
        self.status.is_none_or(|status| view.status == status)
            && self.product.as_ref().is_none_or(|product| view.product_ids.contains(product))
    }
}

fn position(request: &AccessRequest) -> Position {
    let facts = request.facts();
    format!("{}#{}", keys::time(facts.created_at), facts.id)
}

impl Store {
    /// A page of at most `limit` requests, newest first, that begins after the row at `after`.
    ///
    /// A row stays where it is while it changes: its place is the time it was submitted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests(
        &self,
        now: Timestamp,
        filter: &Filter,
        status: Option<Status>,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let chunk = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        match filter {
            Filter::Requester(person) => {
                let wanted = Wanted { status, product: None };
                let source = Source::new(Index::Gsi1, keys::person(person), keys::REQUESTS_OF_PERSON, after, chunk);
                self.merge(vec![source], None, limit, after, &wanted).await
            }
            Filter::App(app_id) => self.requests_of_app(*app_id, status, limit, after).await,
            Filter::Everything => self.queue(now, Wanted { status, product: None }, limit, after).await,
            Filter::Product(product) => {
                self.queue(now, Wanted { status, product: Some(product.clone()) }, limit, after).await
            }
        }
    }

    /// Everybody's requests: the open ones merged with those of month after month.
    async fn queue(
        &self,
        now: Timestamp,
        wanted: Wanted,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let may_be_open = matches!(wanted.status, None | Some(Status::Pending | Status::Approved));
        let may_be_closed = !matches!(wanted.status, Some(Status::Pending));
        let newest = after.and_then(|position| position.split('#').next()?.parse().ok()).unwrap_or(now);
        let open = may_be_open.then(|| sources(QueuePartition::Open, after, limit)).into_iter().flatten().collect();
        let month = may_be_closed.then(|| QueuePartition::month_of(newest));
        self.merge(open, month, limit, after, &wanted).await
    }

    /// Takes the newest row of all sources until the page is full. When the sources of a month have
    /// run dry, those of the month before join.
    async fn merge(
        &self,
        mut standing: Vec<Source>,
        mut month: Option<QueuePartition>,
        limit: usize,
        after: Option<&Position>,
        wanted: &Wanted,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let mut monthly: Vec<Source> = Vec::new();
        let mut items = Vec::new();
        loop {
            // The open ones first: what is settled in between moves from there into its month, and so is not missed.
            let from_standing = newest_of(self, &mut standing, after, wanted).await?;
            if newest_of(self, &mut monthly, after, wanted).await?.is_none()
                && let Some(partition) = month
            {
                monthly = sources(partition, after, limit).collect();
                month = partition.before();
                continue;
            }
            let from_month = newest_of(self, &mut monthly, after, wanted).await?;
            let source = match (from_standing, from_month) {
                (None, None) => return Ok(Page { items, next: None }),
                (Some((one, at)), Some((_, other))) if at > other => standing.get_mut(one),
                (Some((one, _)), None) => standing.get_mut(one),
                (_, Some((one, _))) => monthly.get_mut(one),
            };
            let Some(request) = source.and_then(|source| source.rows.pop_front()) else {
                return Ok(Page { items, next: None });
            };
            // A request that was settled while this page was read stands in both partitions.
            if items.last().map(position) == Some(position(&request)) {
                continue;
            }
            if items.len() == limit {
                let next = items.last().map(position);
                return Ok(Page { items, next });
            }
            items.push(request);
        }
    }

    /// The requests of an app, found by their first events, which carry the app in an index.
    async fn requests_of_app(
        &self,
        app_id: AppId,
        status: Option<Status>,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<AccessRequest>, StoreError> {
        let ids = self.requests_ever_made_for(app_id).await?;
        let keys: Vec<_> = ids.iter().map(|id| keys::request(*id)).collect();
        let mut found = self.batch_get(&keys).await?;
        let mut items = Vec::new();
        for key in &keys {
            let Some(row) = found.remove(key) else { continue };
            let request = parse(row)?;
            let fits = status.is_none_or(|status| request.view().status == status);
            if fits && after.is_none_or(|after| position(&request) < *after) {
                items.push(request);
            }
        }
        // The index has the events' order, which within a millisecond is not that of the requests.
        items.sort_by_key(|request| std::cmp::Reverse(position(request)));
        let next = (items.len() > limit).then(|| items.get(limit - 1).map(position)).flatten();
        items.truncate(limit);
        Ok(Page { items, next })
    }

    /// Every request that was ever filed for an app, newest first.
    pub(crate) async fn requests_ever_made_for(&self, app_id: AppId) -> Result<Vec<RequestId>, StoreError> {
        let query = Query::new(Index::Gsi1, keys::app(app_id).pk, Span::Prefix(keys::EVENTS.into())).newest_first();
        let mut ids = Vec::new();
        for row in self.query_all(query).await? {
            if row.get("type") == Some(&AttributeValue::S("AccessRequestSubmitted".into()))
                && let Detail::AccessRequestSubmitted(submitted) = decode::<Item<Event>>(row)?.content.detail
            {
                ids.push(submitted.subject.request_id);
            }
        }
        Ok(ids)
    }

    /// Every request on which work is still to be done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_requests(&self) -> Result<Vec<AccessRequest>, StoreError> {
        let mut open = Vec::new();
        for shard in QueuePartition::Open.shards() {
            for row in self.query_all(Query::new(Index::Gsi2, shard, Span::All)).await? {
                open.push(parse(row)?);
            }
        }
        Ok(open)
    }
}

fn sources(partition: QueuePartition, after: Option<&Position>, limit: usize) -> impl Iterator<Item = Source> {
    // A page's rows are spread evenly over the shards; a little more than an even share spares most
    // second reads.
    let share = i32::try_from(limit / usize::from(keys::SHARDS) + 4).unwrap_or(i32::MAX);
    partition.shards().map(move |shard| Source::new(Index::Gsi2, shard, "", after, share))
}

/// The source with the newest row, and that row's position.
async fn newest_of(
    store: &Store,
    sources: &mut [Source],
    before: Option<&Position>,
    wanted: &Wanted,
) -> Result<Option<(usize, Position)>, StoreError> {
    let mut newest: Option<(usize, Position)> = None;
    for (index, source) in sources.iter_mut().enumerate() {
        if let Some(at) = source.peek(store, before, wanted).await?
            && newest.as_ref().is_none_or(|(_, best)| at > *best)
        {
            newest = Some((index, at));
        }
    }
    Ok(newest)
}
