//! Access requests.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::event::{Detail, MailRecord};
use gatepass_domain::id::{PlanId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Credential, Event};
use serde::Serialize;

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode};
use crate::keys::{self, Outcome, Stage};
use crate::read::{Index, Query, Span, key_of};
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
    let key = key_of(&attributes);
    let stored: Item<RequestForm> = decode(attributes)?;
    let id = key.as_ref().and_then(keys::request_id);
    let id =
        id.ok_or_else(|| StoreError::Unreadable { key: stored.pk.clone(), cause: "no key of a request".into() })?;
    Ok(stored.content.into_request(id)?)
}

impl Transaction {
    /// Writes a request in its new state, with the event that led there. The request must still be
    /// in the version that the new state came from; a new one must have a new id.
    pub fn request(self, request: &AccessRequest, event: &Event) -> Self {
        self.request_after(request, &[], event)
    }

    /// Writes a request that has changed several times at once: `event` after the events `earlier`.
    pub fn request_after(self, request: &AccessRequest, earlier: &[Event], event: &Event) -> Self {
        let item = item(request);
        let changes = earlier.len() as u64 + 1;
        let written = match request.facts().version.saturating_sub(changes) {
            0 => self.create(Guard::Request, &item),
            version => self.replace(Guard::Request, &item, version),
        };
        let events = || earlier.iter().chain([event]);
        let id = request.facts().id;
        let written = events().flat_map(dropped).fold(written, |transaction, product| {
            transaction.remove(Guard::Request, &keys::request_for_product(id, product))
        });
        let moves = events().map(|event| moves(request, event)).max().unwrap_or(Moves::Stays);
        let written = match moves {
            Moves::Enters => written.created_rows(&rows_of(request, Outcome::of(request))),
            Moves::On => written.moved_rows(&rows_of(request, Outcome::of(request))),
            Moves::Stays => written,
        };
        events().fold(written, Self::event)
    }

    /// Moves a provisioned request among those whose access has expired, when its credential has. The request itself does
    /// not change; it must still be in this version.
    pub fn lapsed(self, request: &AccessRequest) -> Self {
        self.require_request(request).moved_rows(&rows_of(request, Outcome::Lapsed))
    }

    /// Lists a provisioned request among those that stand, for what `credential` opens by it and under the plan that it has
    /// by now. The request itself does not change; it must still be in this version.
    pub fn standing_by(self, request: &AccessRequest, credential: &Credential) -> Self {
        let id = request.facts().id;
        let opened = request
            .facts()
            .product_ids()
            .into_iter()
            .filter(|product| credential.opens(product) && credential.holders_of(product).contains(&id));
        let rows: Vec<_> =
            opened.map(|product| lookup_row(request, &product, Outcome::Standing, &credential.plan_id)).collect();
        self.require_request(request).moved_rows(&rows)
    }

    /// Lists a provisioned request among those whose access to `product` was taken back: its credential no longer opens it.
    /// The request itself does not change; it must still be in this version.
    pub fn no_longer_for(self, request: &AccessRequest, product: &ProductId) -> Self {
        let plan_id = &request.facts().submission.plan_id;
        self.require_request(request).moved_rows(&[lookup_row(request, product, Outcome::Revoked, plan_id)])
    }

    fn require_request(self, request: &AccessRequest) -> Self {
        let facts = request.facts();
        let version = AttributeValue::N(facts.version.to_string());
        self.require_value(Guard::Request, &keys::request(facts.id), "version = :expected", version)
    }

    fn created_rows(self, rows: &[Item<Nothing>]) -> Self {
        rows.iter().fold(self, |transaction, row| transaction.create(Guard::Request, row))
    }

    fn moved_rows(self, rows: &[Item<Nothing>]) -> Self {
        rows.iter().fold(self, |transaction, row| transaction.overwrite(Guard::Request, row))
    }
}

/// The products that an event took away from the request.
fn dropped(event: &Event) -> &[ProductId] {
    match &event.detail {
        Detail::AccessRequestNarrowed(narrowed) => &narrowed.dropped_product_ids,
        _ => &[],
    }
}

/// The effect of a change on the lookup rows of a request; of several changes, the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moves {
    /// Its rows stay as they are.
    Stays,
    /// It has another outcome than before, or another plan.
    On,
    /// The request is new.
    Enters,
}

fn moves(request: &AccessRequest, event: &Event) -> Moves {
    match &event.detail {
        _ if request.facts().version == 1 => Moves::Enters,
        Detail::AccessRequestApproved(_) => Moves::On,
        Detail::AccessRequestNarrowed(narrowed) if narrowed.former_plan_id.is_some() => Moves::On,
        Detail::AccessProvisioned(_) if request.facts().submission.kind.changes_credential() => Moves::On,
        _ if request.is_standing() => Moves::Stays,
        _ => Moves::On,
    }
}

/// The content of an item that says everything by its keys.
#[derive(Debug, Serialize)]
struct Nothing {}

/// The rows of a request for its products, under the plan that it asked for.
fn rows_of(request: &AccessRequest, outcome: Outcome) -> Vec<Item<Nothing>> {
    let plan_id = &request.facts().submission.plan_id;
    request.facts().product_ids().iter().map(|product| lookup_row(request, product, outcome, plan_id)).collect()
}

/// The row by which a request is found among those for the product that have this outcome, and while it waits or
/// stands among those under the plan.
fn lookup_row(request: &AccessRequest, product: &ProductId, outcome: Outcome, plan_id: &PlanId) -> Item<Nothing> {
    let facts = request.facts();
    let among = |partition| keys::request_among(partition, facts.created_at, facts.id);
    let is_open = matches!(outcome, Outcome::Pending | Outcome::Standing);
    Item::new(keys::request_for_product(facts.id, product), Nothing {})
        .gsi1(among(keys::requests_for_product(product, outcome)))
        .gsi2(is_open.then(|| among(keys::plan(plan_id).pk)))
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
        self.attributes(&keys::request(id)).await?.map(parse).transpose()
    }

    /// Those of the requests that exist, read consistently and together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_by_id(
        &self,
        ids: impl IntoIterator<Item = RequestId>,
    ) -> Result<Vec<AccessRequest>, StoreError> {
        let keys: Vec<_> = ids.into_iter().map(keys::request).collect();
        self.batch_get(&keys).await?.into_values().map(parse).collect()
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
