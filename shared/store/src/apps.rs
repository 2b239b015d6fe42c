//! Apps, what they have asked for, and what their owners may still ask for.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::event::Chain;
use gatepass_domain::id::{AppId, PlanId, ProductId, RequestId};
use gatepass_domain::plan::Limit;
use gatepass_domain::{App, Event, Person, PersonId, Versioned};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::{CommitError, StoreError};
use crate::item::{Attributes, Item, decode};
use crate::keys;
use crate::read::{Index, Query, Span};
use crate::transaction::{Change, Guard, Transaction};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredApp {
    #[serde(flatten)]
    pub(crate) app: Versioned<App>,
    chain: Chain,
}

fn app_item(app: &Versioned<App>, chain: Chain) -> Item<StoredApp> {
    Item::new(keys::app(app.id), StoredApp { app: app.clone(), chain })
        .gsi1(keys::app_of_owner(&app.owner, app.created_at, app.id))
        .gsi2(keys::app_shared(app, app.created_at))
}

/// An app that one may still ask for, at the item of what it has asked for.
const EXISTS: &str = "attribute_exists(PK) AND attribute_not_exists(closing)";

/// Product → the request that holds or awaits it.
#[derive(Debug, Serialize, Deserialize)]
struct Access {
    products: HashMap<ProductId, RequestId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct NameReservation {
    app_id: AppId,
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
        let name = keys::app_name(&app.owner, &app.profile.comparable_name());
        self.create(Guard::App, &app_item(app, chain))
            .create(Guard::AppName, &Item::new(name, NameReservation { app_id: app.id }))
            .event(event)
    }

    /// Makes room for what a new app asks for, together with [`Transaction::new_app`].
    pub fn first_access(self, app_id: AppId, request: Option<(RequestId, &[ProductId])>) -> Self {
        let products = request
            .map(|(request_id, products)| products.iter().map(|product| (product.clone(), request_id)).collect())
            .unwrap_or_default();
        self.create(Guard::Access, &Item::new(keys::access(app_id), Access { products }))
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
    /// is gone.
    pub fn claim_free_access(self, app_id: AppId, request_id: RequestId, products: &[ProductId]) -> Self {
        let mut change = Change { condition: EXISTS.into(), ..Change::default() };
        let assignments: Vec<_> = products
            .iter()
            .enumerate()
            .map(|(n, product)| {
                change.names.insert(format!("#p{n}"), product.to_string());
                format!("products.#p{n} = if_not_exists(products.#p{n}, :request)")
            })
            .collect();
        change.update = format!("SET {}", assignments.join(", "));
        change.values.insert(":request".into(), AttributeValue::S(request_id.to_string()));
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Makes products available to the app again, as far as `request_id` is what holds them.
    pub fn release_access(self, app_id: AppId, request_id: RequestId, products: &[ProductId]) -> Self {
        let mut change = Change { condition: "attribute_exists(PK)".into(), ..Change::default() };
        let removals: Vec<_> = products
            .iter()
            .enumerate()
            .map(|(n, product)| {
                change.names.insert(format!("#p{n}"), product.to_string());
                change.condition.push_str(&format!(" AND products.#p{n} = :request"));
                format!("products.#p{n}")
            })
            .collect();
        change.update = format!("REMOVE {}", removals.join(", "));
        change.values.insert(":request".into(), AttributeValue::S(request_id.to_string()));
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Requires that the app still exists, and is not about to be deleted.
    pub fn require_app(self, app_id: AppId) -> Self {
        self.require(Guard::Access, &keys::access(app_id), EXISTS)
    }

    /// Writes an app over the version that this one came from, with the event that led there; moves
    /// its name's reservation when the name is `renamed_from` another.
    pub fn edited_app(self, app: &Versioned<App>, renamed_from: Option<&str>, event: &Event, chain: Chain) -> Self {
        let mut transaction = self.replace(Guard::App, &app_item(app, chain), app.version - 1);
        if let Some(old) = renamed_from {
            let name = keys::app_name(&app.owner, &app.profile.comparable_name());
            transaction = transaction
                .create(Guard::AppName, &Item::new(name, NameReservation { app_id: app.id }))
                .delete_if(Guard::App, &keys::app_name(&app.owner, old), "attribute_exists(PK)", None);
        }
        transaction.event(event)
    }

    /// Closes an app for whatever is asked of it, so that it can be emptied and deleted.
    pub fn close_app(self, app_id: AppId) -> Self {
        let change = Change {
            condition: "attribute_exists(PK)".into(),
            update: "SET closing = :yes".into(),
            values: HashMap::from([(":yes".into(), AttributeValue::Bool(true))]),
            ..Change::default()
        };
        self.update(Guard::Access, &keys::access(app_id), change)
    }

    /// Deletes an app that holds and awaits nothing, with the event that says so.
    pub fn without_app(self, app: &Versioned<App>, event: &Event) -> Self {
        let none = Some((":none", AttributeValue::N("0".into())));
        let name = keys::app_name(&app.owner, &app.profile.comparable_name());
        self.delete(Guard::App, &keys::app(app.id), app.version)
            .delete_if(Guard::Access, &keys::access(app.id), "size(products) = :none", none)
            .delete_if(Guard::App, &name, "attribute_exists(PK)", None)
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

impl CommitError {
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

fn parse(attributes: Attributes) -> Result<Versioned<App>, StoreError> {
    decode::<Item<StoredApp>>(attributes).map(|item| item.content.app)
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

    /// The app `id`, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; an app that does not exist is `None`.
    pub async fn app(&self, id: AppId) -> Result<Option<Versioned<App>>, StoreError> {
        let stored: Option<Item<StoredApp>> = self.get(&keys::app(id)).await?;
        Ok(stored.map(|item| item.content.app))
    }

    /// The app `id` with the end of its hash chain, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; an app that does not exist is `None`.
    pub async fn app_and_chain(&self, id: AppId) -> Result<Option<(Versioned<App>, Chain)>, StoreError> {
        let stored: Option<Item<StoredApp>> = self.get(&keys::app(id)).await?;
        Ok(stored.map(|item| (item.content.app, item.content.chain)))
    }

    /// The requests by which an app holds or awaits something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_behind(&self, app_id: AppId) -> Result<Vec<RequestId>, StoreError> {
        let access: Option<Item<Access>> = self.get(&keys::access(app_id)).await?;
        let mut ids: Vec<_> = access.into_iter().flat_map(|item| item.content.products.into_values()).collect();
        ids.extend(self.requests_ever_made_for(app_id).await?);
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// The apps that `person` sees, newest first: their own, their teams', their organisation's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apps_seen_by(&self, person: &Person) -> Result<Vec<Versioned<App>>, StoreError> {
        let own = Query::new(Index::Gsi1, keys::person(&person.id), Span::Prefix(keys::APPS_OF_PERSON.into()));
        let shared = person.groups.iter().map(|team| keys::team(team));
        let shared = shared.chain(person.organisation.iter().map(|organisation| keys::organisation(organisation)));
        let mut rows = self.query_all(own).await?;
        for partition in shared {
            rows.extend(self.query_all(Query::new(Index::Gsi2, partition, Span::All)).await?);
        }
        let mut apps = rows.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        apps.sort_by_key(|app| std::cmp::Reverse((app.created_at, app.id)));
        apps.dedup_by_key(|app| app.id);
        Ok(apps)
    }
}
