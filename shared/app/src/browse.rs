//! The offers that a person sees.

use gatepass_domain::id::{CatalogueId, PlanId, ProductId};
use gatepass_domain::{Catalogue, Person, Plan, Product, Versioned, rule};
use gatepass_store::{Page, Position, Store};

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
    let products = store.offerings::<Product>(&ids).await?;
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
    let mut products = store.offerings::<Product>(&catalogue.product_ids).await?;
    products.retain(|product| product.published);
    name_published(&mut catalogue.content, &products);
    let plans = store.offerings::<Plan>(&catalogue.plan_ids).await?;
    name_existing(&mut catalogue.content.plan_ids, &plans);
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
    let plans = store.offerings::<Plan>(&plan_ids).await?;
    for catalogue in &mut offering {
        name_existing(&mut catalogue.content.plan_ids, &plans);
    }
    let catalogues = offering.into_iter().map(|catalogue| (catalogue.content.id, catalogue.content.plan_ids)).collect();
    Ok(Offer { product, catalogues, plans })
}
