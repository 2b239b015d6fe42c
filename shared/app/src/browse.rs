//! The offers that a person sees.

use std::collections::BTreeMap;

use gatepass_domain::access_request::{Order, RequestKind, Status};
use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::person::ActorKind;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{AccessRequest, Catalogue, Person, Plan, Product, Versioned, rule};
use gatepass_store::{Filter, Listing, Page, Position, Store};
use jiff::SignedDuration;

use crate::error::Refused;

/// A catalogue with what it shows.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The catalogue.
    pub catalogue: Versioned<Catalogue>,
    /// Its published products.
    pub products: Vec<Versioned<Product>>,
    /// Its plans.
    pub plans: Vec<Versioned<Plan>>,
}

/// A product with the plans under which one can have it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The product.
    pub product: Versioned<Product>,
    /// The catalogues that offer it, with the plans that they hold.
    pub catalogues: Vec<(CatalogueId, Vec<PlanId>)>,
    /// The plans open to the caller, each once.
    pub plans: Vec<Versioned<Plan>>,
}

/// The most reads for a page of catalogues: where few of very many are presented to the viewer, a page ends early.
const MAX_READS: usize = 5;

/// A page of the catalogues presented to `viewer`, by slug, naming their published products only; `None` is somebody who
/// is not signed in. A page can have fewer rows than asked for and not be the last.
///
/// # Errors
/// [`Refused::Store`].
pub async fn catalogues(
    store: &Store,
    viewer: Option<&Person>,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Versioned<Catalogue>>, Refused> {
    let mut items = Vec::with_capacity(limit);
    let mut next = after.cloned();
    for _ in 0..MAX_READS {
        let page = store.offerings_page::<Catalogue>(limit - items.len(), next.as_ref()).await?;
        items.extend(page.items.into_iter().filter(|catalogue| catalogue.audience.includes(viewer)));
        next = page.next;
        if next.is_none() || items.len() == limit {
            break;
        }
    }
    let ids: Vec<ProductId> = items.iter().flat_map(|catalogue| catalogue.product_ids.iter().cloned()).collect();
    // By their keys, which are spread over the table: the list of all products is one partition.
    let products = store.offerings_to_list::<Product>(&ids).await?;
    for catalogue in &mut items {
        name_published(&mut catalogue.content, &products);
    }
    Ok(Page { items, next })
}

async fn presented(store: &Store, viewer: Option<&Person>) -> Result<Vec<Versioned<Catalogue>>, Refused> {
    let all = store.all_offerings::<Catalogue>().await?;
    Ok(all.into_iter().filter(|catalogue| catalogue.audience.includes(viewer)).collect())
}

/// A product that is not published is invisible, also by its id.
fn name_published(catalogue: &mut Catalogue, products: &[Versioned<Product>]) {
    let published = |id: &ProductId| products.iter().any(|product| product.published && &product.id == id);
    catalogue.product_ids.retain(published);
}

fn name_existing(plan_ids: &mut Vec<PlanId>, plans: &[Versioned<Plan>]) {
    plan_ids.retain(|id| plans.iter().any(|plan| &plan.id == id));
}

/// The catalogue `id` with what it shows, if it is presented to `viewer`.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn catalogue(store: &Store, viewer: Option<&Person>, id: &CatalogueId) -> Result<Shelf, Refused> {
    let found = store.offering::<Catalogue>(id).await?.map(|(catalogue, _)| catalogue);
    let presented = found.filter(|catalogue| catalogue.audience.includes(viewer));
    let mut catalogue = presented.ok_or(Refused::NotFound("catalogue"))?;
    let mut products = store.offerings_to_list::<Product>(&catalogue.product_ids).await?;
    products.retain(|product| product.published);
    name_published(&mut catalogue.content, &products);
    let plans = store.offerings_to_list::<Plan>(&catalogue.plan_ids).await?;
    name_existing(&mut catalogue.content.plan_ids, &plans);
    let Catalogue { plan_ids, recommended_plan_id, .. } = &mut catalogue.content;
    recommended_plan_id.take_if(|id| !plan_ids.contains(id));
    Ok(Shelf { catalogue, products, plans })
}

/// The product `id` with the plans open to `viewer`, if any catalogue of theirs offers it.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn product(store: &Store, viewer: &Person, id: &ProductId) -> Result<Offer, Refused> {
    let found = store.offering::<Product>(id).await?.map(|(product, _)| product);
    let product = found.ok_or(Refused::NotFound("product"))?;
    let mut offering: Vec<_> = presented(store, Some(viewer))
        .await?
        .into_iter()
        .filter(|catalogue| rule::offers_product(catalogue, &product, Some(viewer)))
        .collect();
    if offering.is_empty() {
        return Err(Refused::NotFound("product"));
    }
    let mut plan_ids: Vec<PlanId> = offering.iter().flat_map(|catalogue| catalogue.plan_ids.iter().cloned()).collect();
    plan_ids.sort();
    plan_ids.dedup();
    let plans = store.offerings_to_list::<Plan>(&plan_ids).await?;
    for catalogue in &mut offering {
        name_existing(&mut catalogue.content.plan_ids, &plans);
    }
    let catalogues = offering.into_iter().map(|catalogue| (catalogue.content.id, catalogue.content.plan_ids)).collect();
    Ok(Offer { product, catalogues, plans })
}

/// The newest requests for a product that are looked at for [`usual_wait`]: so many approved ones, and so many rejected ones.
const DECIDED_LATELY: usize = 20;
/// Fewer decisions than these say nothing about the next one.
const ENOUGH_DECISIONS: usize = 5;

/// The time in which people usually decide on requests for `product`: the median of the newest decisions; `None` when there
/// are too few of them. It looks at 40 requests at most, however many there are.
///
/// # Errors
/// [`Refused::Store`].
pub async fn usual_wait(store: &Store, product: &ProductId) -> Result<Option<SignedDuration>, Refused> {
    let filter = Filter::Product(product.clone());
    let listing = |status| Listing {
        status: Some(status),
        provisioning: None,
        order: Order::Newest,
        limit: DECIDED_LATELY,
        after: None,
    };
    let (approved, rejected) = (listing(Status::Approved), listing(Status::Rejected));
    let (approved, rejected) =
        futures_util::try_join!(store.requests(&filter, &approved), store.requests(&filter, &rejected))?;
    let mut waits: Vec<SignedDuration> = approved.items.iter().chain(&rejected.items).filter_map(wait).collect();
    waits.sort();
    Ok(waits.get(waits.len() / 2).copied().filter(|_| waits.len() >= ENOUGH_DECISIONS))
}

/// The time that a request waited for people, if people decided on it.
fn wait(request: &AccessRequest) -> Option<SignedDuration> {
    let view = request.view();
    let by_person = view.decided_by.is_some_and(|by| by.kind == ActorKind::Person) && view.kind != RequestKind::Grant;
    view.decided_at.filter(|_| by_person).map(|at| at.duration_since(view.created_at))
}

/// The products to look for. What is not named filters nothing.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Words that the name, the slug or the description contains, every one of them, in upper or lower case.
    pub text: String,
    /// The authentication method.
    pub auth_method: Option<AuthMethod>,
    /// A catalogue that offers it.
    pub catalogue_id: Option<CatalogueId>,
}

/// A product that was found, with the catalogues of the viewer that offer it, by slug.
#[derive(Debug, Clone)]
pub struct FoundProduct {
    /// The product.
    pub product: Versioned<Product>,
    /// The catalogues.
    pub catalogue_ids: Vec<CatalogueId>,
}

/// The most products that are read for a page of a search: five calls of `BatchGetItem`.
const MAX_SEARCHED: usize = 500;

/// A page of the products that `viewer` sees and that match, by slug.
///
/// The catalogues presented to the viewer name the products to read, so that a page reads nothing that others see. It
/// reads at most `MAX_SEARCHED` products: where few of many match, it has fewer rows than asked for, and is not the last.
///
/// # Errors
/// [`Refused::Store`].
pub async fn search(
    store: &Store,
    viewer: &Person,
    search: &Search,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<FoundProduct>, Refused> {
    let mut offered: BTreeMap<ProductId, Vec<CatalogueId>> = BTreeMap::new();
    for Catalogue { id, product_ids, .. } in presented(store, Some(viewer)).await?.into_iter().map(|one| one.content) {
        for product_id in product_ids {
            offered.entry(product_id).or_default().push(id.clone());
        }
    }
    if let Some(catalogue_id) = &search.catalogue_id {
        offered.retain(|_, catalogue_ids| catalogue_ids.contains(catalogue_id));
    }
    let words: Vec<String> = search.text.split_whitespace().map(str::to_lowercase).collect();
    offered.retain(|id, _| after.is_none_or(|slug| id.as_str() > slug.as_str()));
    let all: Vec<(&ProductId, &Vec<CatalogueId>)> = offered.iter().collect();
    let mut items = Vec::with_capacity(limit);
    let mut last = None;
    for chunk in all.get(..all.len().min(MAX_SEARCHED)).unwrap_or_default().chunks(100) {
        let ids: Vec<ProductId> = chunk.iter().map(|(id, _)| (*id).clone()).collect();
        let products = store.offerings_to_list::<Product>(&ids).await?;
        for (id, catalogue_ids) in chunk {
            if items.len() == limit {
                return Ok(Page { items, next: last });
            }
            let found = products.iter().find(|product| &product.id == *id && matches(product, search, &words));
            items.extend(
                found.map(|product| FoundProduct { product: product.clone(), catalogue_ids: (*catalogue_ids).clone() }),
            );
            last = Some(id.to_string());
        }
    }
    Ok(Page { items, next: last.filter(|_| all.len() > MAX_SEARCHED) })
}

fn matches(product: &Product, search: &Search, words: &[String]) -> bool {
    let content = format!("{}\n{}\n{}", product.name, product.id, product.description).to_lowercase();
    product.published
        && search.auth_method.is_none_or(|auth_method| product.auth_method == auth_method)
        && words.iter().all(|word| content.contains(word))
}
