//! Catalogues, products and plans: what owners put on offer.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::{Catalogue, Event, Plan, Product, Versioned};
use serde::Serialize;

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode, set_aside};
use crate::keys::{self, IndexKey, Key};
use crate::read::{Index, Query, Span, take};
use crate::stored::{Stored, StoredAs};
use crate::transaction::Transaction;

/// A kind of thing that owners put on offer. They are kept in the same way.
pub trait Offering: StoredAs + Serialize + Clone + Send + Sync {
    /// Its slug.
    type Id: Clone + PartialEq + std::fmt::Display + Send + Sync;
    /// The name of the list of all of them.
    const KIND: &'static str;

    /// Its key.
    fn key(id: &Self::Id) -> Key;
    /// Its own slug.
    fn id(&self) -> &Self::Id;
    /// The aggregate that its events belong to.
    fn aggregate(&self) -> Aggregate;
    /// That it was created.
    fn created(subject: EntitySubject) -> Detail;
    /// That it was changed.
    fn updated(subject: EntitySubject) -> Detail;
    /// That it is being deleted.
    fn closing(subject: EntitySubject) -> Detail;
    /// That it was deleted.
    fn deleted(subject: EntitySubject) -> Detail;
}

macro_rules! offering {
    ($entity:ident, $id:ty, $kind:literal, $key:path, $created:ident, $updated:ident, $closing:ident, $deleted:ident) => {
        impl Offering for $entity {
            type Id = $id;
            const KIND: &'static str = $kind;

            fn key(id: &Self::Id) -> Key {
                $key(id)
            }
            fn id(&self) -> &Self::Id {
                &self.id
            }
            fn aggregate(&self) -> Aggregate {
                Aggregate::$entity(self.id.clone())
            }
            fn created(subject: EntitySubject) -> Detail {
                Detail::$created(subject)
            }
            fn updated(subject: EntitySubject) -> Detail {
                Detail::$updated(subject)
            }
            fn closing(subject: EntitySubject) -> Detail {
                Detail::$closing(subject)
            }
            fn deleted(subject: EntitySubject) -> Detail {
                Detail::$deleted(subject)
            }
        }
    };
}

offering!(
    Catalogue,
    CatalogueId,
    "catalogue",
    keys::catalogue,
    CatalogueCreated,
    CatalogueUpdated,
    CatalogueClosing,
    CatalogueDeleted
);
offering!(Product, ProductId, "product", keys::product, ProductCreated, ProductUpdated, ProductClosing, ProductDeleted);
offering!(Plan, PlanId, "plan", keys::plan, PlanCreated, PlanUpdated, PlanClosing, PlanDeleted);

/// The version of an offering by itself: a transaction that depends on an offering pays for the size of what it checks.
#[derive(Debug, Serialize)]
struct VersionRow {
    version: u64,
}

fn version_item<T: Offering>(entity: &Versioned<T>) -> Item<VersionRow> {
    Item::new(keys::offering_version(&T::key(entity.id())), VersionRow { version: entity.version })
}

impl Transaction {
    /// Writes an offering with the event that led there; `chain` ends with that event. It must still
    /// be in the version that this one came from; a new one must have a new slug.
    pub fn offering<T: Offering>(self, entity: &Versioned<T>, event: &Event, chain: Chain) -> Self {
        let key = T::key(entity.id());
        let list = IndexKey { pk: keys::kind(T::KIND), sk: key.pk.clone() };
        let item = Item::new(key, Stored::<T::Form>::new(entity, chain)).gsi1(list);
        let written = match entity.version {
            1 => self.create(Guard::Offering, &item),
            version => self.replace(Guard::Offering, &item, version - 1),
        };
        written.overwrite(Guard::Offering, &version_item(entity)).event(event)
    }

    /// Requires that an offering is still in the version that was read. Refused by [`Guard::Offer`].
    pub fn require_unchanged<T: Offering>(self, entity: &Versioned<T>) -> Self {
        let expected = AttributeValue::N(entity.version.to_string());
        self.require_value(Guard::Offer, &keys::offering_version(&T::key(entity.id())), "version = :expected", expected)
    }

    /// Deletes an offering in `version`, with the event that says so.
    pub fn without_offering<T: Offering>(self, entity: &Versioned<T>, event: &Event) -> Self {
        let key = T::key(entity.id());
        self.delete(Guard::Offering, &key, entity.version)
            .delete(Guard::Offering, &keys::offering_version(&key), entity.version)
            .event(event)
    }
}

impl Store {
    /// The catalogue, product or plan `id`, read consistently, with the end of its hash chain.
    ///
    /// # Errors
    /// [`StoreError`]; what does not exist is `None`.
    pub async fn offering<T: Offering>(&self, id: &T::Id) -> Result<Option<(Versioned<T>, Chain)>, StoreError> {
        let stored: Option<Item<Stored<T::Form>>> = self.get(&T::key(id)).await?;
        Ok(stored.map(|item| item.content.into_entity()))
    }

    /// Those of `ids` that exist, in the order of `ids`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offerings<T: Offering>(&self, ids: &[T::Id]) -> Result<Vec<Versioned<T>>, StoreError> {
        // DynamoDB refuses a batch that names a key twice.
        let mut seen = HashSet::new();
        let keys: Vec<_> = ids.iter().map(T::key).filter(|key| seen.insert(key.clone())).collect();
        let mut found = self.batch_get(&keys).await?;
        Ok(keys.iter().filter_map(|key| set_aside(parse_from(&mut found, key)).flatten()).collect())
    }

    /// All catalogues, products or plans, by slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_offerings<T: Offering>(&self) -> Result<Vec<Versioned<T>>, StoreError> {
        let rows = self.query_all(Query::new(Index::Gsi1, keys::kind(T::KIND), Span::All)).await?;
        let read = |row| decode::<Item<Stored<T::Form>>>(row).map(|item| item.content.into_entity().0);
        Ok(rows.into_iter().filter_map(|row| set_aside(read(row))).collect())
    }
}

/// Reads a stored offering.
pub(crate) fn parse<T: Offering>(attributes: Attributes) -> Result<Versioned<T>, StoreError> {
    decode::<Item<Stored<T::Form>>>(attributes).map(|item| item.content.into_entity().0)
}

/// Takes the offering under `key` out of what a batch found.
pub(crate) fn parse_from<T: Offering>(
    found: &mut std::collections::HashMap<Key, Attributes>,
    key: &Key,
) -> Result<Option<Versioned<T>>, StoreError> {
    take::<Item<Stored<T::Form>>>(found, key).map(|stored| stored.map(|item| item.content.into_entity().0))
}
