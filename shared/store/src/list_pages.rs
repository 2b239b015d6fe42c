//! Pages of lists that are read by one query, or by one query for each of a few partitions.

use gatepass_domain::event::Aggregate;
use gatepass_domain::id::AppId;
use gatepass_domain::{App, Event, Person, Versioned};

use crate::Store;
use crate::apps;
use crate::credentials::{self, StoredCredential};
use crate::error::StoreError;
use crate::events;
use crate::item::{Attributes, set_aside};
use crate::keys;
use crate::offerings::{self, Offering};
use crate::read::{Index, Page, Query, Span};
use crate::request_lists::Position;

/// Before and behind every sort key that begins with a time, an id or a slug. DynamoDB takes no empty text for a key.
const FIRST: &str = "!";
const LAST: &str = "~";

/// One more row than asked for tells that the list goes on; another one because BETWEEN includes the row that the page
/// before ended with.
fn ahead(limit: usize) -> i32 {
    i32::try_from(limit.saturating_add(2)).unwrap_or(i32::MAX)
}

impl Store {
    /// A page of catalogues, products or plans, by slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offerings_page<T: Offering>(
        &self,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<Versioned<T>>, StoreError> {
        let span = Span::Between(after.map_or(FIRST, String::as_str).to_owned(), LAST.to_owned());
        let query = Query::new(Index::Gsi1, keys::kind(T::KIND), span).limit(ahead(limit));
        let (rows, more) = self.query_page(&query, None).await?;
        let page = cut(rows, Index::Gsi1, "", limit, after, more.is_some());
        let items = page.items.into_iter().filter_map(|row| set_aside(offerings::parse::<T>(row))).collect();
        Ok(Page { items, next: page.next })
    }

    /// A page of the credentials of an app, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn credentials_page(
        &self,
        app_id: AppId,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<StoredCredential>, StoreError> {
        let prefix = keys::CREDENTIALS;
        let to = after.map_or(LAST, String::as_str);
        let span = Span::Between(format!("{prefix}{FIRST}"), format!("{prefix}{to}"));
        let query = Query::new(Index::Table, keys::app(app_id).pk, span).newest_first().limit(ahead(limit));
        let (rows, more) = self.query_page(&query, None).await?;
        let page = cut(rows, Index::Table, prefix, limit, after, more.is_some());
        let items = page.items.into_iter().filter_map(|row| set_aside(credentials::parse(row))).collect();
        Ok(Page { items, next: page.next })
    }

    /// A page of the events of an aggregate, newest first. Events that this version cannot read are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_page(
        &self,
        aggregate: &Aggregate,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<Event>, StoreError> {
        let span = Span::Between(FIRST.to_owned(), after.map_or(LAST, String::as_str).to_owned());
        let query = Query::new(Index::Table, keys::events_of(aggregate), span).newest_first().limit(ahead(limit));
        let (rows, more) = self.query_page(&query, None).await?;
        let page = cut(rows, Index::Table, "", limit, after, more.is_some());
        Ok(Page { items: events::read_all(page.items), next: page.next })
    }

    /// A page of the apps that `person` sees, newest first: their own, their teams', their organisation's. A page can
    /// have fewer rows than asked for and not be the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apps_seen_by(
        &self,
        person: &Person,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<Versioned<App>>, StoreError> {
        let own = (Index::Gsi1, keys::person(&person.id), keys::APPS_OF_PERSON);
        let teams = person.groups.iter().map(|team| (Index::Gsi2, keys::team(team), ""));
        let organisation = person.organisation.iter().map(|name| (Index::Gsi2, keys::organisation(name), ""));
        let to = after.map_or(LAST, String::as_str);
        let mut found: Vec<(Position, Attributes)> = Vec::new();
        // Every range is read completely down to here: what is older waits for the next page.
        let mut read_to: Option<Position> = None;
        for (index, partition, prefix) in [own].into_iter().chain(teams).chain(organisation) {
            let span = Span::Between(format!("{prefix}{FIRST}"), format!("{prefix}{to}"));
            let query = Query::new(index, partition, span).newest_first().limit(ahead(limit));
            let (rows, more) = self.query_page(&query, None).await?;
            let rows: Vec<_> = rows.into_iter().filter_map(|row| Some((position(&row, index, prefix)?, row))).collect();
            if more.is_some() {
                read_to = read_to.max(rows.last().map(|(position, _)| position.clone()));
            }
            found.extend(rows);
        }
        found.retain(|(position, _)| Some(position) != after && read_to.as_ref().is_none_or(|end| position >= end));
        found.sort_by(|(one, _), (other, _)| other.cmp(one));
        found.dedup_by(|(one, _), (other, _)| one == other);
        let mut items = Vec::with_capacity(limit);
        let mut last = None;
        for (position, row) in found {
            if items.len() == limit {
                return Ok(Page { items, next: last });
            }
            // An index may still show an app to a team that it has left.
            items.extend(set_aside(apps::parse(row)).flatten().filter(|app| app.is_visible_to(person)));
            last = Some(position);
        }
        Ok(Page { items, next: read_to })
    }
}

/// The first `limit` of the rows after the position `after`.
fn cut(
    mut rows: Vec<Attributes>,
    index: Index,
    prefix: &str,
    limit: usize,
    after: Option<&Position>,
    more: bool,
) -> Page<Attributes> {
    rows.retain(|row| after.is_none() || position(row, index, prefix).as_ref() != after);
    let goes_on = more || rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().and_then(|row| position(row, index, prefix)).filter(|_| goes_on);
    Page { items: rows, next }
}

/// The place of a row in its list: its sort key without the prefix.
fn position(row: &Attributes, index: Index, prefix: &str) -> Option<Position> {
    row.get(index.sort_key())?.as_s().ok()?.strip_prefix(prefix).map(str::to_owned)
}
