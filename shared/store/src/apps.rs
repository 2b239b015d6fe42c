//! Apps, what they have asked for, and what their owners may still ask for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::access_request::RequestKind;
use gatepass_domain::app::comparable_name;
use gatepass_domain::conflict::Involvement;
use gatepass_domain::event::Chain;
use gatepass_domain::id::{AppId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::plan::Limit;
use gatepass_domain::{AccessRequest, App, Credential, Event, Person, PersonId, Product, Versioned};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::commit_error::CommitError;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::involvement::take_involvement;
use crate::item::{Attributes, Item, decode, set_aside};
use crate::keys::{self, Key, WorkKind};
use crate::offerings::parse_from;
use crate::read::{Index, Page, Query, Span, take};
use crate::request_lists::Position;
use crate::requests;
use crate::stored::Stored;
use crate::stored::app::{AppForm, AppState};
use crate::transaction::{Change, Transaction};

/// The item of an app.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AppItem {
    #[serde(flatten)]
    app: Stored<AppForm>,
    #[serde(default)]
    state: AppState,
}

impl AppItem {
    /// The app with the end of its hash chain, if it is in this state.
    pub(crate) fn in_state(self, state: AppState) -> Option<(Versioned<App>, Chain)> {
        (self.state == state).then(|| self.app.into_entity())
    }
}

fn app_item(app: &Versioned<App>, chain: Chain, state: AppState) -> Item<AppItem> {
    let item = Item::new(keys::app(app.id), AppItem { app: Stored::new(app, chain), state })
        .gsi1(keys::app_of_owner(&app.owner, app.created_at, app.id))
        .gsi2(keys::app_shared(app, app.created_at));
    match state {
        AppState::Open => item,
        AppState::Closing => item.work(Some(keys::work(WorkKind::DeleteApp, app.updated_at, &keys::app(app.id)))),
    }
}

/// An app that one may still ask for, at the item of what it has asked for.
const EXISTS: &str = "attribute_exists(PK) AND attribute_not_exists(closing)";

/// The claims of an app.
#[derive(Debug, Serialize, Deserialize)]
struct Access {
    /// Product → the request that holds or awaits it.
    products: HashMap<ProductId, RequestId>,
    /// Requests that extend a credential, and those that are to change one: they may hold no product of their own. A set of
    /// DynamoDB's, which is not there when it is empty.
    #[serde(default, skip_serializing)]
    extensions: HashSet<RequestId>,
}

/// The most claims that one update ends: DynamoDB takes expressions of 4 KB.
const CLAIMS_AT_ONCE: usize = 100;

/// The change of an app's claims when requests of it end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndingClaims {
    /// Product → the request that holds it, and the extension that it is handed over to, if one asks for it too.
    products: BTreeMap<ProductId, (RequestId, Option<RequestId>)>,
    /// Those of the requests that extend or change a credential.
    extensions: BTreeSet<RequestId>,
    /// Those that change one: the attribute that names each.
    changes: Changes,
    /// Every extension of the app, as it was read: another one could be an heir.
    seen: HashSet<RequestId>,
}

impl EndingClaims {
    /// True when there is nothing to end.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.extensions.is_empty()
    }
}

/// The entities on which a decision about a request depends.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Its app; `None` when it has been deleted.
    pub app: Option<Versioned<App>>,
    /// Those of its products that exist.
    pub products: Vec<Versioned<Product>>,
    /// The change of the app's claims when the request ends.
    pub claims: EndingClaims,
    /// The reviewer's part so far in the credential that the request is about.
    pub involvement: Option<Involvement>,
}

impl EndingClaims {
    /// Only the claims on some products, for a request that goes on without them.
    pub fn on(mut self, products: &[ProductId]) -> Self {
        self.products.retain(|product, _| products.contains(product));
        self.extensions.clear();
        self.changes.clear();
        self
    }
}

/// The requests to which the claims of a request that ends may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heirs {
    /// Extensions that ask for the same products.
    Extensions,
    /// Renewals too: they outlast the end of the credential that they are to renew.
    ExtensionsAndRenewals,
}

impl Heirs {
    fn include(self, request: &AccessRequest) -> bool {
        request.is_standing()
            && match request.facts().submission.kind {
                RequestKind::Renewal => self == Self::ExtensionsAndRenewals,
                RequestKind::ChangePlan => false,
                RequestKind::New | RequestKind::Extend | RequestKind::Grant => true,
            }
    }
}

/// What requests lose.
struct Losses<'a> {
    /// Requests that end: they lose all that they claim.
    ending: &'a BTreeSet<RequestId>,
    /// A product, and the requests that lose it.
    product: Option<(&'a ProductId, &'a BTreeSet<RequestId>)>,
}

impl<'a> Losses<'a> {
    fn all_of(ending: &'a BTreeSet<RequestId>) -> Self {
        Self { ending, product: None }
    }

    fn include(&self, product: &ProductId, holder: &RequestId) -> bool {
        let loses_it = self.product.is_some_and(|(lost, holders)| lost == product && holders.contains(holder));
        loses_it || self.ending.contains(holder)
    }

    fn concern(&self, request: &RequestId) -> bool {
        self.ending.contains(request) || self.product.is_some_and(|(_, holders)| holders.contains(request))
    }
}

/// The attribute, among the claims of an app, that names the request that is to change a credential. There is one at a time.
fn change_of(credential_id: CredentialId) -> String {
    format!("{CHANGE}{credential_id}")
}

/// Such attributes, each with the request that it names.
type Changes = BTreeMap<String, RequestId>;

const CHANGE: &str = "change#";

/// That a name is taken among its owner's apps; by these rows all apps are listed and found by name.
#[derive(Debug, Serialize, Deserialize)]
struct NameReservation {
    app_id: AppId,
}

fn name_key(app: &App) -> Key {
    keys::app_name(&app.owner, &app.profile.comparable_name())
}

fn name_item(app: &Versioned<App>) -> Item<NameReservation> {
    Item::new(name_key(app), NameReservation { app_id: app.id })
        .gsi1(keys::app_of_all(app.created_at, app.id))
        .gsi2(Some(keys::app_by_name(&app.profile.comparable_name(), app.id)))
}

/// Upper bound for prefix queries.
const PREFIX_END: char = char::MAX;

/// Which apps an API Owner looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichApps {
    /// All of them.
    All,
    /// Those of a person.
    Of(PersonId),
    /// Those whose name begins like this, as names are compared.
    Named(String),
}

/// When a person asked for a plan, within the plan's interval.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Allowance {
    /// Counts the changes, from 1; 0 before the first.
    version: u64,
    /// Milliseconds since the epoch, oldest first.
    times: Vec<i64>,
}

impl Allowance {
    /// Uses one request of `limit` at `now`.
    ///
    /// # Errors
    /// When it is used up: the time at which there is one again.
    pub fn used(&self, limit: Limit, now: Timestamp) -> Result<Self, Timestamp> {
        let interval = SignedDuration::from_secs(i64::try_from(limit.per_seconds).unwrap_or(i64::MAX));
        let begin = now.checked_sub(interval).unwrap_or(Timestamp::MIN).as_millisecond();
        let mut times: Vec<_> = self.times.iter().copied().filter(|time| *time > begin).collect();
        let most = usize::try_from(limit.requests).unwrap_or(usize::MAX);
        if times.len() >= most {
            let freed_by = times.get(times.len() - most).copied().unwrap_or_default();
            let again = Timestamp::from_millisecond(freed_by).and_then(|time| time.checked_add(interval));
            return Err(again.unwrap_or(Timestamp::MAX));
        }
        times.push(now.as_millisecond());
        Ok(Self { version: self.version + 1, times })
    }
}

impl Transaction {
    /// Creates an app, reserves its name among its owner's, and makes room for what it will ask for.
    pub fn new_app(self, app: &Versioned<App>, event: &Event, chain: Chain) -> Self {
        self.create(Guard::App, &app_item(app, chain, AppState::Open))
            .create(Guard::AppName, &name_item(app))
            .event(event)
    }

    /// Makes room for what a new app asks for, together with [`Transaction::new_app`].
    pub fn first_access(self, app_id: AppId, request: Option<(RequestId, &[ProductId])>) -> Self {
        let products = request
            .map(|(request_id, products)| products.iter().map(|product| (product.clone(), request_id)).collect())
            .unwrap_or_default();
        let access = Access { products, extensions: HashSet::new() };
        self.create(Guard::Access, &Item::new(keys::access(app_id), access))
    }

    /// Marks products as asked for by `request_id`. Refused by [`Guard::Access`] when the app is
    /// gone, or holds or awaits one of them already.
    pub fn claim_access(self, app_id: AppId, request_id: RequestId, products: &[ProductId]) -> Self {
        let mut change = Change { condition: EXISTS.into(), ..Change::default() };
        let assignments: Vec<_> = products
            .iter()
            .enumerate()
            .map(|(n, product)| {
                change.names.insert(format!("#p{n}"), product.to_string());
                change.condition.push_str(&format!(" AND attribute_not_exists(products.#p{n})"));
                format!("products.#p{n} = :request")
            })
            .collect();
        change.update = format!("SET {}", assignments.join(", "));
        change.values.insert(":request".into(), AttributeValue::S(request_id.to_string()));
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Marks those of the products that are free as asked for by `request_id`: a request that extends
    /// a credential may ask for what the app has elsewhere. Refused by [`Guard::Access`] when the app
    /// is gone, or another request is to change the credential.
    pub fn claim_free_access(
        self,
        app_id: AppId,
        credential_id: CredentialId,
        request_id: RequestId,
        products: &[ProductId],
    ) -> Self {
        let condition = format!("{EXISTS} AND attribute_not_exists(#change)");
        let mut change = Change { condition, ..Change::default() };
        change.names.insert("#change".into(), change_of(credential_id));
        let assignments: Vec<_> = products
            .iter()
            .enumerate()
            .map(|(n, product)| {
                change.names.insert(format!("#p{n}"), product.to_string());
                format!("products.#p{n} = if_not_exists(products.#p{n}, :request)")
            })
            .collect();
        change.update = format!("SET {} ADD extensions :requests", assignments.join(", "));
        change.values.insert(":request".into(), AttributeValue::S(request_id.to_string()));
        change.values.insert(":requests".into(), AttributeValue::Ss(vec![request_id.to_string()]));
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Marks `request_id` as the one request that is to change the credential, and the products as asked for by it.
    /// `others` are the app's extensions and changes as they were read. Refused by [`Guard::Access`] when the app is gone,
    /// has asked for something else since, holds or awaits one of the products, or when another request is to change the
    /// credential.
    pub fn claim_change(
        self,
        app_id: AppId,
        credential_id: CredentialId,
        request_id: RequestId,
        others: &[RequestId],
        products: &[ProductId],
    ) -> Self {
        let condition = format!("{EXISTS} AND attribute_not_exists(#change)");
        let mut change = Change { condition, ..Change::default() };
        change.names.insert("#change".into(), change_of(credential_id));
        change.values.insert(":request".into(), AttributeValue::S(request_id.to_string()));
        change.values.insert(":requests".into(), AttributeValue::Ss(vec![request_id.to_string()]));
        change.require_extensions(others);
        let mut assignments = vec!["#change = :request".to_owned()];
        for (n, product) in products.iter().enumerate() {
            change.names.insert(format!("#p{n}"), product.to_string());
            change.condition.push_str(&format!(" AND attribute_not_exists(products.#p{n})"));
            assignments.push(format!("products.#p{n} = :request"));
        }
        change.update = format!("SET {} ADD extensions :requests", assignments.join(", "));
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Ends claims of requests that end, as many as one update takes: hands them over to extensions that ask for the same products, and makes the
    /// others available to the app again. Refused by [`Guard::Access`] when the claims have changed since they were read.
    pub fn end_claims(self, app_id: AppId, claims: &EndingClaims) -> Self {
        if claims.is_empty() {
            return self;
        }
        self.end_claims_if("attribute_exists(PK)", app_id, claims)
    }

    /// Ends the claims of a change that was carried out. Refused by [`Guard::Access`] when the claims have changed since they
    /// were read, or when the app is about to be deleted.
    pub fn end_change(self, app_id: AppId, claims: &EndingClaims) -> Self {
        self.end_claims_if(EXISTS, app_id, claims)
    }

    fn end_claims_if(self, condition: &str, app_id: AppId, claims: &EndingClaims) -> Self {
        let EndingClaims { products, extensions, changes, seen } = claims;
        let products: Vec<_> = products.iter().take(CLAIMS_AT_ONCE).collect();
        let set = |ids: Vec<String>| AttributeValue::Ss(ids);
        let mut change = Change { condition: condition.into(), ..Change::default() };
        let (mut handed_over, mut removed) = (Vec::new(), Vec::new());
        for (n, (product, (holder, heir))) in products.iter().enumerate() {
            change.names.insert(format!("#p{n}"), product.to_string());
            change.values.insert(format!(":r{n}"), AttributeValue::S(holder.to_string()));
            change.condition.push_str(&format!(" AND products.#p{n} = :r{n}"));
            match heir {
                Some(heir) => {
                    change.values.insert(format!(":h{n}"), AttributeValue::S(heir.to_string()));
                    handed_over.push(format!("products.#p{n} = :h{n}"));
                }
                None => removed.push(format!("products.#p{n}")),
            }
        }
        for (n, (attribute, request)) in changes.iter().enumerate() {
            change.names.insert(format!("#c{n}"), attribute.clone());
            change.values.insert(format!(":c{n}"), AttributeValue::S(request.to_string()));
            change.condition.push_str(&format!(" AND #c{n} = :c{n}"));
            removed.push(format!("#c{n}"));
        }
        if !products.is_empty() {
            change.require_extensions(seen);
        }
        let mut updates = Vec::new();
        if !handed_over.is_empty() {
            updates.push(format!("SET {}", handed_over.join(", ")));
        }
        if !removed.is_empty() {
            updates.push(format!("REMOVE {}", removed.join(", ")));
        }
        if !extensions.is_empty() {
            change.values.insert(":ended".into(), set(extensions.iter().map(ToString::to_string).collect()));
            updates.push("DELETE extensions :ended".into());
        }
        change.update = updates.join(" ");
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Requires that the app still exists, and is not about to be deleted.
    pub fn require_app(self, app_id: AppId) -> Self {
        self.require(Guard::Access, &keys::access(app_id), EXISTS)
    }

    /// Requires that an app is still in the version that was read. Refused by [`Guard::App`].
    pub fn require_unchanged_app(self, app: &Versioned<App>) -> Self {
        let expected = AttributeValue::N(app.version.to_string());
        self.require_value(Guard::App, &keys::app(app.id), "version = :expected", expected)
    }

    /// Writes an app over the version that this one came from, with the event that led there; moves its
    /// name's reservation when the name or the owner is another than `before`.
    pub fn edited_app(self, app: &Versioned<App>, before: &App, event: &Event, chain: Chain) -> Self {
        let transaction = self.replace(Guard::App, &app_item(app, chain, AppState::Open), app.version - 1).event(event);
        if name_key(app) == name_key(before) {
            return transaction;
        }
        let old = name_key(before);
        transaction.create(Guard::AppName, &name_item(app)).delete_if(Guard::App, &old, "attribute_exists(PK)", None)
    }

    /// Closes an app for whatever is asked of it, so that it can be emptied and deleted; with the event that says so.
    pub fn closing_app(self, app: &Versioned<App>, event: &Event, chain: Chain) -> Self {
        let change = Change {
            condition: "attribute_exists(PK)".into(),
            update: "SET closing = :yes".into(),
            values: HashMap::from([(":yes".into(), AttributeValue::Bool(true))]),
            ..Change::default()
        };
        self.replace(Guard::App, &app_item(app, chain, AppState::Closing), app.version - 1)
            .update(Guard::Access, &keys::access(app.id), change)
            .event(event)
    }

    /// Deletes an app that holds and awaits nothing, with the event that says so.
    pub fn without_app(self, app: &Versioned<App>, event: &Event) -> Self {
        let none = Some((":none", AttributeValue::N("0".into())));
        self.delete(Guard::App, &keys::app(app.id), app.version)
            .delete_if(
                Guard::Access,
                &keys::access(app.id),
                "size(products) = :none AND attribute_not_exists(extensions)",
                none,
            )
            .delete_if(Guard::App, &name_key(app), "attribute_exists(PK)", None)
            .event(event)
    }

    /// Writes down that a request was made on the allowance; `interval` is how long that matters.
    pub fn use_allowance(
        self,
        who: &PersonId,
        plan: &PlanId,
        used: Allowance,
        interval: Limit,
        now: Timestamp,
    ) -> Self {
        let expected = used.version - 1;
        let seconds = i64::try_from(interval.per_seconds).unwrap_or(i64::MAX);
        let end = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        let item = Item::new(keys::allowance(who, plan), used).expiring(end);
        let value = AttributeValue::N(expected.to_string());
        self.put(Guard::Allowance, &item, "attribute_not_exists(PK) OR version = :expected", Some((":expected", value)))
    }
}

impl Change {
    /// Requires that the extensions and changes of an app are still `seen`.
    fn require_extensions<'a>(&mut self, seen: impl IntoIterator<Item = &'a RequestId>) {
        let seen: Vec<_> = seen.into_iter().map(ToString::to_string).collect();
        if seen.is_empty() {
            self.condition.push_str(" AND attribute_not_exists(extensions)");
        } else {
            self.condition.push_str(" AND extensions = :seen");
            self.values.insert(":seen".into(), AttributeValue::Ss(seen));
        }
    }
}

impl CommitError {
    /// The request that is to change the credential already, when that is why a claim was refused.
    pub fn change_pending(&self, credential_id: CredentialId) -> Option<RequestId> {
        self.refusal(Guard::Access)?.text(&change_of(credential_id))?.parse().ok()
    }

    /// The request that already holds or awaits one of `products`, when that is why
    /// [`Transaction::claim_access`] was refused; `Some(None)` when the app is gone.
    pub fn access_refused(&self, products: &[ProductId]) -> Option<Option<RequestId>> {
        let refusal = self.refusal(Guard::Access)?;
        let Some(found) = &refusal.found else { return Some(None) };
        let access: Option<Item<Access>> = decode(found.clone()).ok();
        Some(access.and_then(|access| products.iter().find_map(|id| access.content.products.get(id).copied())))
    }

    /// The owner's other app of that name, when that is why [`Transaction::new_app`] was refused.
    pub fn name_taken_by(&self) -> Option<String> {
        let refusal = self.refusal(Guard::AppName)?;
        Some(refusal.text("app_id").unwrap_or_default().to_owned())
    }
}

/// Reads an app; `None` for one that is being deleted.
pub(crate) fn parse(attributes: Attributes) -> Result<Option<Versioned<App>>, StoreError> {
    decode::<Item<AppItem>>(attributes).map(|item| item.content.in_state(AppState::Open).map(|(app, _)| app))
}

/// The claims of an app, and the attributes that name one of `ending` as the change of a credential.
fn claims(access: Option<Attributes>, ending: &BTreeSet<RequestId>) -> Result<Option<(Access, Changes)>, StoreError> {
    let Some(attributes) = access else { return Ok(None) };
    let named = attributes.iter().filter(|(name, _)| name.starts_with(CHANGE));
    let named = named.filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.parse().ok()?)));
    let changes = named.filter(|(_, request)| ending.contains(request)).collect();
    Ok(Some((decode::<Item<Access>>(attributes)?.content, changes)))
}

impl Store {
    /// The products of an app that the request `request_id` holds or awaits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn access_held_by(&self, app_id: AppId, request_id: RequestId) -> Result<Vec<ProductId>, StoreError> {
        let access: Option<Item<Access>> = self.get(&keys::access(app_id)).await?;
        let products = access.map(|item| item.content.products).unwrap_or_default();
        Ok(products.into_iter().filter(|(_, holder)| *holder == request_id).map(|(product, _)| product).collect())
    }

    /// The requests of an app that extend a credential and have not ended, and those that are to change one, read
    /// consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn extensions_of(&self, app_id: AppId) -> Result<Vec<RequestId>, StoreError> {
        let access: Option<Item<Access>> = self.get(&keys::access(app_id)).await?;
        let mut ids: Vec<_> = access.map(|item| item.content.extensions).unwrap_or_default().into_iter().collect();
        ids.sort();
        Ok(ids)
    }

    /// The app `id`, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; an app that does not exist, or is being deleted, is `None`.
    pub async fn app(&self, id: AppId) -> Result<Option<Versioned<App>>, StoreError> {
        Ok(self.app_and_chain(id).await?.map(|(app, _)| app))
    }

    /// The app `id` with the end of its hash chain, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; an app that does not exist, or is being deleted, is `None`.
    pub async fn app_and_chain(&self, id: AppId) -> Result<Option<(Versioned<App>, Chain)>, StoreError> {
        self.app_in_state(id, AppState::Open).await
    }

    /// The app `id` with the end of its hash chain, if it is being deleted; read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn closing_app(&self, id: AppId) -> Result<Option<(Versioned<App>, Chain)>, StoreError> {
        self.app_in_state(id, AppState::Closing).await
    }

    async fn app_in_state(&self, id: AppId, state: AppState) -> Result<Option<(Versioned<App>, Chain)>, StoreError> {
        let stored: Option<Item<AppItem>> = self.get(&keys::app(id)).await?;
        Ok(stored.and_then(|item| item.content.in_state(state)))
    }

    /// The requests by which an app holds or awaits something, or that one of its credentials goes back to; by
    /// consistent reads. A credential that cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_behind(&self, app_id: AppId) -> Result<BTreeSet<RequestId>, StoreError> {
        let mut ids = BTreeSet::new();
        let access: Option<Item<Access>> = self.get(&keys::access(app_id)).await?;
        if let Some(Access { products, extensions }) = access.map(|item| item.content) {
            ids.extend(products.into_values().chain(extensions));
        }
        for stored in self.each_credential(app_id).await?.into_iter().filter_map(set_aside) {
            ids.extend(stored.credential.holders());
        }
        Ok(ids)
    }

    /// The entities on which a decision of `reviewer` about `request` depends: its app and its products as they are now, the claims
    /// that end with it, and the reviewer's part in its credential. One batch of consistent reads, and one read more for each other
    /// extension of the app.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn surroundings_of(
        &self,
        request: &AccessRequest,
        reviewer: &PersonId,
    ) -> Result<Surroundings, StoreError> {
        let (id, app_id) = (request.facts().id, request.facts().submission.app.id);
        let (app_key, access_key) = (keys::app(app_id), keys::access(app_id));
        let product_keys: Vec<_> = request.facts().product_ids().iter().map(keys::product).collect();
        let involvement_key = request.credential_concerned().map(|id| keys::involvement(id, reviewer));
        let mut all = [product_keys.clone(), vec![app_key.clone(), access_key.clone()]].concat();
        all.extend(involvement_key.clone());
        let mut found = self.batch_get(&all).await?;
        let app: Option<Item<AppItem>> = take(&mut found, &app_key)?;
        let mut products = Vec::with_capacity(product_keys.len());
        for key in &product_keys {
            products.extend(parse_from(&mut found, key)?);
        }
        let involvement = take_involvement(&mut found, involvement_key.as_ref())?;
        let claims = self
            .claims_ending(found.remove(&access_key), &Losses::all_of(&BTreeSet::from([id])), Heirs::Extensions, None)
            .await?;
        let app = app.and_then(|item| item.content.in_state(AppState::Open)).map(|(app, _)| app);
        Ok(Surroundings { app, products, claims, involvement })
    }

    /// The change of an app's claims when the requests `ending` end, by consistent reads: one, and one more for each
    /// other extension or change of the app, which may take claims over as `to` has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ending_claims(
        &self,
        app_id: AppId,
        ending: &BTreeSet<RequestId>,
        to: Heirs,
    ) -> Result<EndingClaims, StoreError> {
        self.claims_ending(self.attributes(&keys::access(app_id)).await?, &Losses::all_of(ending), to, None).await
    }

    /// The change of an app's claims when the request `ending` is revoked, which holds grants of `credential` if it has one. As
    /// many reads as [`Store::ending_claims`], and one more for each other credential that may open the same products.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claims_of_revoked(
        &self,
        app_id: AppId,
        ending: RequestId,
        credential: Option<&Credential>,
    ) -> Result<EndingClaims, StoreError> {
        let access = self.attributes(&keys::access(app_id)).await?;
        self.claims_ending(access, &Losses::all_of(&BTreeSet::from([ending])), Heirs::Extensions, credential).await
    }

    /// The change of an app's claims when `product` is taken from the requests `holders`, and those of them that are among
    /// `ending` end. As many reads as [`Store::ending_claims`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claims_without_product(
        &self,
        app_id: AppId,
        product: &ProductId,
        holders: &BTreeSet<RequestId>,
        ending: &BTreeSet<RequestId>,
    ) -> Result<EndingClaims, StoreError> {
        let losses = Losses { ending, product: Some((product, holders)) };
        self.claims_ending(self.attributes(&keys::access(app_id)).await?, &losses, Heirs::Extensions, None).await
    }

    async fn claims_ending(
        &self,
        access: Option<Attributes>,
        losses: &Losses<'_>,
        to: Heirs,
        credential: Option<&Credential>,
    ) -> Result<EndingClaims, StoreError> {
        let ending = losses.ending;
        let Some((Access { products, extensions: seen }, changes)) = claims(access, ending)? else {
            return Ok(EndingClaims::default());
        };
        let held: Vec<_> = products.into_iter().filter(|(product, holder)| losses.include(product, holder)).collect();
        let mut heirs = Vec::new();
        if !held.is_empty() {
            // Extensions whose access ended with the credential and was renewed with it are on record in the credential alone.
            let holders = credential.map(Credential::holders).unwrap_or_default();
            let others: BTreeSet<_> = seen.iter().copied().chain(holders).filter(|id| !losses.concern(id)).collect();
            let mut credentials: BTreeMap<_, _> = credential.iter().map(|one| (one.id, Some((*one).clone()))).collect();
            for id in others {
                let Some(row) = self.attributes(&keys::request(id)).await? else { continue };
                let Some(request) = set_aside(requests::parse(row)).filter(|request| to.include(request)) else {
                    continue;
                };
                heirs.push((id, self.products_claimed_by(&request, &mut credentials).await?));
            }
        }
        let heir = |product: &ProductId| heirs.iter().find(|(_, claims)| claims.contains(product)).map(|(id, _)| *id);
        let products = held.into_iter().map(|(product, holder)| {
            let heir = heir(&product);
            (product, (holder, heir))
        });
        let products = products.collect();
        let extensions = seen.iter().copied().filter(|id| ending.contains(id)).collect();
        Ok(EndingClaims { products, extensions, changes, seen })
    }

    /// The products that a standing request asks for, or, once it is provisioned, opens: some may have been removed since. The
    /// credentials that were read are in `credentials`.
    async fn products_claimed_by(
        &self,
        request: &AccessRequest,
        credentials: &mut BTreeMap<CredentialId, Option<Credential>>,
    ) -> Result<Vec<ProductId>, StoreError> {
        let facts = request.facts();
        let (AccessRequest::Provisioned(_), Some(id)) = (request, request.credential_id()) else {
            return Ok(facts.product_ids());
        };
        if let Entry::Vacant(unread) = credentials.entry(id) {
            let stored = self.credential(facts.submission.app.id, id).await?;
            unread.insert(stored.map(|stored| stored.credential.content));
        }
        let grants = credentials.get(&id).into_iter().flatten().flat_map(|credential| &credential.grants);
        let held = grants.filter(|grant| grant.held_by.contains(&facts.id));
        Ok(held.map(|grant| grant.product_id.clone()).collect())
    }

    /// The change of an app's claims when the change `request_id` of `credential` has been carried out: each product that it
    /// claims goes back to the request by which the credential opens it. One consistent read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claims_after_change(
        &self,
        request_id: RequestId,
        credential: &Credential,
    ) -> Result<EndingClaims, StoreError> {
        let ending = BTreeSet::from([request_id]);
        let Some((Access { products, extensions: seen }, changes)) =
            claims(self.attributes(&keys::access(credential.app_id)).await?, &ending)?
        else {
            return Ok(EndingClaims::default());
        };
        let opener = |product: &ProductId| {
            let grant = credential.grants.iter().find(|grant| &grant.product_id == product);
            grant.and_then(|grant| grant.held_by.first().copied())
        };
        let held = products.into_iter().filter(|(_, holder)| *holder == request_id);
        let products = held.map(|(product, holder)| {
            let opener = opener(&product);
            (product, (holder, opener))
        });
        Ok(EndingClaims { products: products.collect(), extensions: ending, changes, seen })
    }

    /// A page of apps: everybody's or one person's, newest first, or those whose name begins in a certain
    /// way, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apps(
        &self,
        which: &WhichApps,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Page<Versioned<App>>, StoreError> {
        let (index, partition, prefix) = match which {
            WhichApps::All => (Index::Gsi1, keys::APPS.to_owned(), String::new()),
            WhichApps::Of(person) => (Index::Gsi1, keys::person(person), keys::APPS_OF_PERSON.to_owned()),
            WhichApps::Named(beginning) => (Index::Gsi2, keys::APPS.to_owned(), comparable_name(beginning)),
        };
        let by_name = matches!(which, WhichApps::Named(_));
        let (from, to) = match (after, by_name) {
            (None, _) => (prefix.clone(), format!("{prefix}{PREFIX_END}")),
            (Some(after), true) => (after.clone(), format!("{prefix}{PREFIX_END}")),
            (Some(after), false) => (prefix.clone(), after.clone()),
        };
        // DynamoDB takes no empty text for a key.
        let from = if from.is_empty() { "!".to_owned() } else { from };
        // One more, for BETWEEN includes the row that the page before ended with; and one to see whether it goes on.
        let ahead = i32::try_from(limit + 2).unwrap_or(i32::MAX);
        let query = Query { newest_first: !by_name, ..Query::new(index, partition, Span::Between(from, to)) };
        let (rows, _) = self.query_page(&query.limit(ahead), None).await?;
        let position = |row: &Attributes| row.get(index.sort_key()).and_then(|key| key.as_s().ok()).cloned();
        let mut rows: Vec<_> = rows.into_iter().filter(|row| position(row).as_ref() != after).collect();
        let goes_on = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().and_then(position).filter(|_| goes_on);
        Ok(Page { items: self.apps_of(which, rows).await?, next })
    }

    /// The apps behind rows of a list, as far as they can be read.
    async fn apps_of(&self, which: &WhichApps, rows: Vec<Attributes>) -> Result<Vec<Versioned<App>>, StoreError> {
        if matches!(which, WhichApps::Of(_)) {
            return Ok(rows.into_iter().filter_map(|row| set_aside(parse(row)).flatten()).collect());
        }
        let names = rows.into_iter().filter_map(|row| set_aside(decode::<Item<NameReservation>>(row)));
        let keys: Vec<_> = names.map(|name| keys::app(name.content.app_id)).collect();
        let mut found = self.batch_get(&keys).await?;
        Ok(keys.iter().filter_map(|key| set_aside(parse(found.remove(key)?)).flatten()).collect())
    }

    /// A person as their latest request described them; `None` for one who has not asked for anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn person_last_seen(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let span = Span::Prefix(keys::REQUESTS_OF_PERSON.into());
        let query = Query::new(Index::Gsi1, keys::person(id), span).newest_first().limit(1);
        let (rows, _) = self.query_page(&query, None).await?;
        let latest = rows.into_iter().next().map(requests::parse).transpose()?;
        Ok(latest.map(|request| request.view().requester))
    }
}
