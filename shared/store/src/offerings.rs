//! Catalogues, products and plans: what owners put on offer.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::{Catalogue, Event, Plan, Product, Versioned};
use serde::Serialize;

use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::{Attributes, Item, decode, set_aside};
use crate::keys::{self, IndexKey, Key};
use crate::read::{Index, Query, Reads, Span, take};
use crate::stored::{Stored, StoredAs};
use crate::transaction::Transaction;
use crate::{Store, api_documents};

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
    /// The groups whose members decide on requests for it.
    fn approver_groups(&self) -> &[String] {
        &[]
    }
    /// The aggregate that its events belong to.
    fn aggregate(&self) -> Aggregate;
    /// The keys of what belongs to it alone, and is deleted with it.
    fn parts(id: &Self::Id) -> Vec<Key>;
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
    ($entity:ident, $id:ty, $kind:literal, $key:path, $parts:path, $created:ident, $updated:ident, $closing:ident, $deleted:ident $(, $groups:ident)?) => {
        impl Offering for $entity {
            type Id = $id;
            const KIND: &'static str = $kind;

            fn key(id: &Self::Id) -> Key {
                $key(id)
            }
            fn id(&self) -> &Self::Id {
                &self.id
            }
            $(fn approver_groups(&self) -> &[String] {
                &self.$groups
            })?
            fn aggregate(&self) -> Aggregate {
                Aggregate::$entity(self.id.clone())
            }
            fn parts(id: &Self::Id) -> Vec<Key> {
                $parts(id)
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

fn no_parts<T>(_: &T) -> Vec<Key> {
    Vec::new()
}

/// The OpenAPI document of a product.
fn document(id: &ProductId) -> Vec<Key> {
    api_documents::keys_of(id).collect()
}

offering!(
    Catalogue,
    CatalogueId,
    "catalogue",
    keys::catalogue,
    no_parts,
    CatalogueCreated,
    CatalogueUpdated,
    CatalogueClosing,
    CatalogueDeleted
);
offering!(
    Product,
    ProductId,
    "product",
    keys::product,
    document,
    ProductCreated,
    ProductUpdated,
    ProductClosing,
    ProductDeleted,
    approver_groups
);
offering!(Plan, PlanId, "plan", keys::plan, no_parts, PlanCreated, PlanUpdated, PlanClosing, PlanDeleted);

/// The version of an offering by itself: a transaction that depends on an offering pays for the size of what it checks.
#[derive(Debug, Serialize)]
struct VersionRow {
    version: u64,
}

fn version_item<T: Offering>(entity: &Versioned<T>) -> Item<VersionRow> {
    Item::new(keys::offering_version(&T::key(entity.id())), VersionRow { version: entity.version })
}

/// That a group decides on requests for a product. Its keys say everything.
#[derive(Debug, Serialize)]
struct ApprovalRow {}

impl Transaction {
    /// Writes an offering, which was `before` and is new without that, with the event that led there; `chain` ends with that
    /// event. It must still be in the version that this one came from; a new one must have a new slug.
    pub fn offering<T: Offering>(
        self,
        entity: &Versioned<T>,
        before: Option<&Versioned<T>>,
        event: &Event,
        chain: Chain,
    ) -> Self {
        let key = T::key(entity.id());
        let list = IndexKey { pk: keys::kind(T::KIND), sk: key.pk.clone() };
        let item = Item::new(key, Stored::<T::Form>::new(entity, chain)).gsi1(list);
        let written = match entity.version {
            1 => self.create(Guard::Offering, &item),
            version => self.replace(Guard::Offering, &item, version - 1),
        };
        let (groups, former) = (entity.approver_groups(), before.map_or(&[][..], |before| before.approver_groups()));
        written
            .overwrite(Guard::Offering, &version_item(entity))
            .approved_by(&entity.content, groups.iter().filter(|group| !former.contains(group)))
            .no_longer_approved_by(&entity.content, former.iter().filter(|group| !groups.contains(group)))
            .event(event)
    }

    fn approved_by<'a, T: Offering>(self, entity: &T, groups: impl Iterator<Item = &'a String>) -> Self {
        groups.fold(self, |transaction, group| {
            let row = Item::new(keys::approved_by(group, entity.id()), ApprovalRow {});
            transaction.overwrite(Guard::Offering, &row)
        })
    }

    fn no_longer_approved_by<'a, T: Offering>(self, entity: &T, groups: impl Iterator<Item = &'a String>) -> Self {
        groups.fold(self, |transaction, group| {
            transaction.remove(Guard::Offering, &keys::approved_by(group, entity.id()))
        })
    }

    /// Requires that an offering is still in the version that was read. Refused by [`Guard::Offer`].
    pub fn require_unchanged<T: Offering>(self, entity: &Versioned<T>) -> Self {
        let expected = AttributeValue::N(entity.version.to_string());
        self.require_value(Guard::Offer, &keys::offering_version(&T::key(entity.id())), "version = :expected", expected)
    }

    /// Deletes an offering in `version`, with the event that says so.
    pub fn without_offering<T: Offering>(self, entity: &Versioned<T>, event: &Event) -> Self {
        let key = T::key(entity.id());
        let deleted = self
            .delete(Guard::Offering, &key, entity.version)
            .delete(Guard::Offering, &keys::offering_version(&key), entity.version)
            .no_longer_approved_by(&entity.content, entity.approver_groups().iter())
            .event(event);
        T::parts(entity.id()).iter().fold(deleted, |transaction, key| transaction.remove(Guard::Offering, key))
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
    /// [`StoreError`]; also when one of them cannot be read, for that it is missing would be untrue.
    pub async fn offerings<T: Offering>(&self, ids: &[T::Id]) -> Result<Vec<Versioned<T>>, StoreError> {
        self.each_offering(ids, Reads::Consistent).await?.into_iter().collect()
    }

    /// Those of `ids` that exist and can be read, in the order of `ids`: for lists that people look at. A change of the last
    /// second may be missing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offerings_to_list<T: Offering>(&self, ids: &[T::Id]) -> Result<Vec<Versioned<T>>, StoreError> {
        Ok(self.each_offering(ids, Reads::Eventual).await?.into_iter().filter_map(set_aside).collect())
    }

    async fn each_offering<T: Offering>(
        &self,
        ids: &[T::Id],
        reads: Reads,
    ) -> Result<Vec<Result<Versioned<T>, StoreError>>, StoreError> {
        // DynamoDB refuses a batch that names a key twice.
        let mut seen = HashSet::new();
        let keys: Vec<_> = ids.iter().map(T::key).filter(|key| seen.insert(key.clone())).collect();
        let mut found = self.batch_get_as(&keys, reads).await?;
        Ok(keys.iter().filter_map(|key| parse_from(&mut found, key).transpose()).collect())
    }

    /// Those of the products and plans that exist, read together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn products_and_plans(
        &self,
        product_ids: impl IntoIterator<Item = ProductId>,
        plan_ids: impl IntoIterator<Item = PlanId>,
    ) -> Result<(Vec<Versioned<Product>>, Vec<Versioned<Plan>>), StoreError> {
        let product_keys: Vec<_> = product_ids.into_iter().map(|id| keys::product(&id)).collect();
        let plan_keys: Vec<_> = plan_ids.into_iter().map(|id| keys::plan(&id)).collect();
        let mut found = self.batch_get(&[product_keys.clone(), plan_keys.clone()].concat()).await?;
        let products = product_keys.iter().filter_map(|key| set_aside(parse_from(&mut found, key)).flatten()).collect();
        let plans = plan_keys.iter().filter_map(|key| set_aside(parse_from(&mut found, key)).flatten()).collect();
        Ok((products, plans))
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

impl Store {
    /// Products whose requests one of `groups` decides on, by slug, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn products_approved_by(&self, groups: &[String], most: usize) -> Result<Vec<ProductId>, StoreError> {
        let limit = i32::try_from(most).unwrap_or(i32::MAX);
        let rows_of = |group: &String| {
            let query = Query::new(Index::Table, keys::approver_group(group), Span::All).limit(limit);
            async move { self.query_page(&query, None).await }
        };
        let mut products = BTreeSet::new();
        for some in groups.chunks(GROUPS_AT_ONCE) {
            for (rows, _) in try_join_all(some.iter().map(rows_of)).await? {
                products.extend(rows.iter().filter_map(|row| row.get("SK")?.as_s().ok()?.parse().ok()));
            }
        }
        Ok(products.into_iter().take(most).collect())
    }
}

/// Groups whose products are read at the same time. A token may name a hundred groups.
const GROUPS_AT_ONCE: usize = 20;

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
