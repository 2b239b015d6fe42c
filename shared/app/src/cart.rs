//! Collect products, and ask for all of them at once (R11–R20).

use gatepass_domain::cart::CartItem;
use gatepass_domain::id::{CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::{AccessRequest, Cart, Catalogue, Context, Person, Plan, Product, Versioned, Violation, rule};
use gatepass_store::{Store, StoredCart, Transaction};
use jiff::Timestamp;

use crate::error::Refused;
use crate::expire_credential::has_expired_unnoticed;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;
use crate::submit::{Flow, MAX_PRODUCTS, SubmitRequest, Target, check_flow, check_order, entities, filing};

/// A cart with what its ids stand for.
#[derive(Debug, Clone)]
pub struct FilledCart {
    /// The cart.
    pub stored: StoredCart,
    /// Its items in order, each with the product as far as that is still on offer with the plan.
    pub items: Vec<(CartItem, Option<Versioned<Product>>)>,
    /// The one plan, as far as it still exists.
    pub plan: Option<Versioned<Plan>>,
}

/// The order that a cart is submitted with.
#[derive(Debug, Clone)]
pub struct SubmitCart {
    /// The app that receives the credential.
    pub target: Target,
    /// The credential to extend.
    pub extends_credential_id: Option<CredentialId>,
    /// The reason for the request.
    pub justification: Option<String>,
    /// The version of the cart that the caller has seen.
    pub precondition: Precondition,
}

/// The cart of `caller`.
///
/// # Errors
/// [`Refused::Store`].
pub async fn get(store: &Store, now: Timestamp, caller: &Person) -> Result<FilledCart, Refused> {
    fill(store, caller, store.cart(&caller.id, now).await?).await
}

/// Puts a product into the cart, in place of the same product with another catalogue or plan.
///
/// # Errors
/// [`Refused::FlowDisabled`] when carts cannot be submitted; the first rule that the cart would break, in the order of
/// [`Violation`].
pub async fn put(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    product_id: ProductId,
    catalogue_id: CatalogueId,
    plan_id: PlanId,
) -> Result<FilledCart, Refused> {
    let now = context.now;
    let read = || async {
        let settings = store.settings_in_force().await?;
        check_flow(&Flow::Cart(StoredCart::default()), &settings)?;
        let read = store.cart(&caller.id, now).await?;
        let mut ids: Vec<_> = read.cart.items.iter().map(|item| item.product_id.clone()).collect();
        if !ids.contains(&product_id) {
            ids.push(product_id.clone());
        }
        let products = store.offerings::<Product>(&ids).await?;
        let products: Vec<&Product> = products.iter().map(|product| &product.content).collect();
        let catalogue = store.offering::<Catalogue>(&catalogue_id).await?.map(|(catalogue, _)| catalogue.content);
        let plan_exists = store.offering::<Plan>(&plan_id).await?.is_some();
        let product = products.iter().copied().find(|product| product.id == product_id);
        let catalogue = (&catalogue_id, catalogue.as_ref());
        rule::check_offer(caller, catalogue, (&product_id, product), (&plan_id, plan_exists))?;
        let item = CartItem {
            product_id: product_id.clone(),
            catalogue_id: catalogue_id.clone(),
            plan_id: plan_id.clone(),
            added_at: now,
        };
        let cart = read.cart.clone().with(item, &products)?;
        if cart.items.len() > MAX_PRODUCTS {
            return Err(Refused::CartFull);
        }
        Ok((read, cart))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (read, cart)| {
        Ok(Step::commit(Transaction::new(context).cart(&caller.id, &read, cart, now), ()))
    })
    .await?;
    get(store, now, caller).await
}

/// Takes a product out of the cart.
///
/// # Errors
/// [`Refused::NotFound`] when it is not in it.
pub async fn remove(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    product_id: &ProductId,
) -> Result<(), Refused> {
    let now = context.now;
    let read = || async { Ok(store.cart(&caller.id, now).await?) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        let cart = read.cart.clone().without(product_id).ok_or(Refused::NotFound("product in your cart"))?;
        Ok(Step::commit(Transaction::new(context).cart(&caller.id, &read, cart, now), ()))
    })
    .await
}

/// Empties the cart. An empty one may be emptied again.
///
/// # Errors
/// [`Refused::Store`].
pub async fn clear(store: &Store, context: &mut Context, caller: &Person) -> Result<(), Refused> {
    let now = context.now;
    let read = || async { Ok(store.cart(&caller.id, now).await?) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, read| {
        if read.cart.items.is_empty() {
            return Ok(Step::Done(()));
        }
        Ok(Step::commit(Transaction::new(context).cart(&caller.id, &read, Cart::default(), now), ()))
    })
    .await
}

/// Asks for all that is in the cart, for the app of `order`; the cart is empty afterwards, in the same
/// transaction. Of several submits of one cart, one files the request and the others find it empty.
///
/// # Errors
/// As [`submit()`](crate::submit::submit) says; `empty-cart` when there is nothing in it, `no-longer-available` with the products
/// that are not on offer any more; [`Refused::VersionMismatch`] when the cart is not the one that the caller has seen.
pub async fn submit(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    order: SubmitCart,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    // Validate the body before reporting an empty cart.
    check_order(caller, &order.target, order.extends_credential_id, order.justification.as_deref())?;
    match file(store, context, caller, &order, idempotent).await {
        Err(Refused::DuplicateAccess { conflicting }) if has_expired_unnoticed(store, context, conflicting).await? => {
            file(store, context, caller, &order, idempotent).await
        }
        filed => filed,
    }
}

async fn file(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    order: &SubmitCart,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let SubmitCart { target, extends_credential_id, justification, precondition } = order;
    let now = context.now;
    let read = || async {
        let read = store.cart(&caller.id, now).await?;
        precondition.check(read.version)?;
        let plan_id = match rule::one_plan(read.cart.items.iter().map(|item| &item.plan_id)) {
            Ok(plan_id) => plan_id.clone(),
            Err(violation) => return Err(before(violation, store, caller, target).await?),
        };
        let wanted = read.cart.items.iter().map(|item| (item.catalogue_id.clone(), item.product_id.clone())).collect();
        let asked = SubmitRequest {
            wanted,
            plan_id,
            target: target.clone(),
            extends_credential_id: *extends_credential_id,
            justification: justification.clone(),
        };
        let facts = entities(store, caller, &asked).await?;
        Ok((Flow::Cart(read), asked, facts))
    };
    commit_decision(store, context, idempotent, read, |context, (flow, asked, facts)| {
        filing(context, caller, &flow, &asked, &facts)
    })
    .await
}

/// The refusal before `empty-cart`, in the order of rules; else that.
async fn before(violation: Violation, store: &Store, caller: &Person, target: &Target) -> Result<Refused, Refused> {
    let settings = store.settings_in_force().await?;
    check_flow(&Flow::Cart(StoredCart::default()), &settings)?;
    if let Target::Existing(id) = target
        && store.app(*id).await?.is_none_or(|app| app.owner != caller.id)
    {
        return Ok(Violation::AppNotUsable.into());
    }
    Ok(violation.into())
}

async fn fill(store: &Store, caller: &Person, stored: StoredCart) -> Result<FilledCart, Refused> {
    let ids: Vec<_> = stored.cart.items.iter().map(|item| item.product_id.clone()).collect();
    let products = store.offerings_to_list::<Product>(&ids).await?;
    let mut catalogue_ids: Vec<_> = stored.cart.items.iter().map(|item| item.catalogue_id.clone()).collect();
    catalogue_ids.sort();
    catalogue_ids.dedup();
    let catalogues = store.offerings_to_list::<Catalogue>(&catalogue_ids).await?;
    let plan = match stored.cart.items.first() {
        Some(item) => store.offering::<Plan>(&item.plan_id).await?.map(|(plan, _)| plan),
        None => None,
    };
    let on_offer = |item: &CartItem| {
        let catalogue = catalogues.iter().find(|one| one.id == item.catalogue_id).map(|one| &one.content);
        let product = products.iter().find(|one| one.id == item.product_id)?;
        let catalogue = (&item.catalogue_id, catalogue);
        let plan = (&item.plan_id, plan.is_some());
        let offered = rule::check_offer(caller, catalogue, (&item.product_id, Some(&product.content)), plan);
        offered.is_ok().then(|| product.clone())
    };
    let items = stored.cart.items.iter().map(|item| (item.clone(), on_offer(item))).collect();
    Ok(FilledCart { items, plan, stored })
}
