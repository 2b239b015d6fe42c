//! Access requests.

use gatepass_domain::event::MailRecord;
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::{AccessRequest, Event};
use serde::Serialize;

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode};
use crate::keys::{self, Outcome, Stage};
use crate::read::{Index, Query, Span};
use crate::stored::request::RequestForm;
use crate::transaction::Transaction;
use crate::work;

/// The most mails of a request that are read out. Each attempt that a person starts may lead to one.
const MOST_MAILS: usize = 100;

fn item(request: &AccessRequest) -> Item<RequestForm> {
    let facts = request.facts();
    let requester = &facts.submission.requester.id;
    Item::new(keys::request(facts.id), RequestForm::from(request))
        .gsi1(keys::request_of_person(requester, facts.created_at, facts.id))
        .gsi2(Some(keys::request_in_queue(Stage::of(request), facts.created_at, facts.id)))
        .work(work::of_request(request))
}

/// Reads a stored request.
pub(crate) fn parse(attributes: Attributes) -> Result<AccessRequest, StoreError> {
    let stored: Item<RequestForm> = decode(attributes)?;
    Ok(stored.content.try_into()?)
}

impl Transaction {
    /// Writes a request in its new state, with the event that led there. The request must still be
    /// in the version that the new state came from; a new one must have a new id.
    pub fn request(self, request: &AccessRequest, event: &Event) -> Self {
        let item = item(request);
        let written = match request.facts().version {
            1 => lookup_rows(request)
                .iter()
                .fold(self.create(Guard::Request, &item), |transaction, row| transaction.create(Guard::Request, row)),
            // A request that has ended leaves the lists of what stands.
            version if !request.is_standing() => lookup_rows(request)
                .iter()
                .fold(self.replace(Guard::Request, &item, version - 1), |transaction, row| {
                    transaction.overwrite(Guard::Request, row)
                }),
            version => self.replace(Guard::Request, &item, version - 1),
        };
        written.event(event)
    }
}

/// The content of an item that says everything by its keys.
#[derive(Debug, Serialize)]
struct Nothing {}

/// The rows by which a request is found among those for its products, and while it stands among those under its plan.
fn lookup_rows(request: &AccessRequest) -> Vec<Item<Nothing>> {
    let facts = request.facts();
    let outcome = Outcome::of(request);
    let among = |partition| keys::request_among(partition, facts.created_at, facts.id);
    let row = |product: &ProductId| {
        let under_plan = request.is_standing().then(|| among(keys::plan(&facts.submission.plan_id).pk));
        Item::new(keys::request_for_product(facts.id, product), Nothing {})
            .gsi1(among(keys::requests_for_product(product, outcome)))
            .gsi2(under_plan)
    };
    facts.product_ids().iter().map(row).collect()
}

/// A request with its mails.
#[derive(Debug)]
pub struct Dossier {
    /// The request.
    pub request: AccessRequest,
    /// The mails that were due, oldest first: the last 100.
    pub mails: Vec<MailRecord>,
}

impl Store {
    /// The request `id`, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; a request that does not exist is `None`.
    pub async fn request(&self, id: RequestId) -> Result<Option<AccessRequest>, StoreError> {
        let stored: Option<Item<RequestForm>> = self.get(&keys::request(id)).await?;
        stored.map(|item| Ok(item.content.try_into()?)).transpose()
    }

    /// The request `id` with its mails, by one consistent query.
    ///
    /// # Errors
    /// [`StoreError`]; a request that does not exist is `None`.
    pub async fn dossier(&self, id: RequestId) -> Result<Option<Dossier>, StoreError> {
        let rows = self.query_all(Query::new(Index::Table, keys::request(id).pk, Span::All)).await?;
        let mut request = None;
        let mut mails = Vec::new();
        for row in rows {
            let sort_key = row.get("SK").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
            if sort_key.starts_with(keys::MAILS) {
                mails.push(decode::<Item<MailRecord>>(row)?.content);
            } else if sort_key == keys::request(id).sk {
                request = Some(parse(row)?);
            }
        }
        mails.sort_by_key(|mail| mail.at);
        let Some(request) = request else { return Ok(None) };
        mails.drain(..mails.len().saturating_sub(MOST_MAILS));
        Ok(Some(Dossier { request, mails }))
    }
}
