//! The rules that an access request must keep, in the order in which they are checked.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use crate::catalogue::Catalogue;
use crate::credential::{Credential, CredentialStatus};
use crate::id::{CatalogueId, PlanId, ProductId};
use crate::person::Person;
use crate::product::{AuthMethod, Product};
use crate::versioned::Versioned;

/// A rule that a request breaks. Its [slug](Violation::slug) is the problem type of the HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// R8: the catalogue is not presented to the caller, or does not show the product.
    #[error(
        "The product `{product}` is not offered to you by the catalogue `{catalogue}`. Choose from GET /v1/catalogues."
    )]
    ProductNotOffered {
        /// The product asked for.
        product: ProductId,
        /// The catalogue it was asked from.
        catalogue: CatalogueId,
    },
    /// R8: the catalogue does not offer the plan.
    #[error(
        "The plan `{plan}` is not offered by the catalogue `{catalogue}`. GET /v1/products/{{id}} lists the plans open to you."
    )]
    PlanNotOffered {
        /// The plan asked for.
        plan: PlanId,
        /// The catalogue it was asked from.
        catalogue: CatalogueId,
    },
    /// R8: no catalogue, or not the one named, holds both the product and the plan.
    #[error(
        "The product `{product}` is not offered together with the plan `{plan}`: add both to one catalogue, or choose another plan."
    )]
    NotOfferedTogether {
        /// The product.
        product: ProductId,
        /// The plan.
        plan: PlanId,
    },
    /// R15: the products do not agree on an authentication method.
    #[error(
        "All products of a request must use the same authentication method; these use both `api_key` and `oauth2`. File one request for each."
    )]
    MixedAuthenticationMethods,
    /// R16: the cart holds more than one plan.
    #[error("A request is for one plan; this would mix `{held}` and `{asked}`. File one request for each plan.")]
    MixedPlans {
        /// The plan that the cart holds.
        held: PlanId,
        /// The other plan.
        asked: PlanId,
    },
    /// The credential cannot be extended by these products under this plan, or cannot change to the plan.
    #[error("The credential cannot be changed by this request: {why}.")]
    CredentialNotCompatible {
        /// The parts that do not fit.
        why: Cow<'static, str>,
    },
    /// R17: the app does not exist, or the caller may not ask for access on its behalf.
    #[error(
        "The app cannot be used for this request: it does not exist or is not yours. GET /v1/apps lists your apps."
    )]
    AppNotUsable,
    /// There is nothing to submit.
    #[error("The cart is empty: add a product with PUT /v1/cart/items/{{product_id}}.")]
    EmptyCart,
    /// Products or the plan have since been withdrawn from the catalogues, or deleted.
    #[error("{}", no_longer_available(products, plan.as_ref()))]
    NoLongerAvailable {
        /// The products concerned; none when it is the plan.
        products: Vec<ProductId>,
        /// The plan, when it has been deleted.
        plan: Option<PlanId>,
    },
}

fn no_longer_available(products: &[ProductId], plan: Option<&PlanId>) -> String {
    match plan {
        Some(plan) => format!("No longer available: the plan `{plan}`. Ask for the products with another plan."),
        None => format!("No longer available: {}. Ask for the rest without them.", list(products)),
    }
}

/// Slugs for a sentence: `` `maps-api`, `weather-api` ``.
pub fn list(products: &[ProductId]) -> String {
    products.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

impl Violation {
    /// The stable slug of the problem type: `/problems/<slug>`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ProductNotOffered { .. } => "product-not-offered",
            Self::PlanNotOffered { .. } | Self::NotOfferedTogether { .. } => "plan-not-offered",
            Self::MixedAuthenticationMethods => "mixed-authentication-methods",
            Self::MixedPlans { .. } => "mixed-plans",
            Self::CredentialNotCompatible { .. } => "credential-not-compatible",
            Self::AppNotUsable => "app-not-usable",
            Self::EmptyCart => "empty-cart",
            Self::NoLongerAvailable { .. } => "no-longer-available",
        }
    }
}

/// True when `catalogue` offers `product` to `viewer`: presented to them, shown in it, and published.
pub fn offers_product(catalogue: &Catalogue, product: &Product, viewer: Option<&Person>) -> bool {
    catalogue.audience.includes(viewer) && shows_product(catalogue, product)
}

fn shows_product(catalogue: &Catalogue, product: &Product) -> bool {
    catalogue.product_ids.contains(&product.id) && product.published
}

/// Checks that a catalogue offers a product to the caller, and the plan with it; gives the product.
///
/// `catalogue` and `product` are what the ids led to. What does not exist is answered in the same way as
/// what is not offered, so that nothing can be probed.
///
/// # Errors
/// `product-not-offered` before `plan-not-offered`.
pub fn check_offer<'a>(
    caller: &Person,
    (catalogue_id, catalogue): (&CatalogueId, Option<&Catalogue>),
    product: (&ProductId, Option<&'a Product>),
    plan: (&PlanId, bool),
) -> Result<&'a Product, Violation> {
    let presented = catalogue.filter(|catalogue| catalogue.audience.includes(Some(caller)));
    check_shown((catalogue_id, presented), product, plan)
}

/// Checks as [`check_offer`] does, whoever the catalogue is presented to.
///
/// # Errors
/// `product-not-offered` before `plan-not-offered`.
pub fn check_shown<'a>(
    (catalogue_id, catalogue): (&CatalogueId, Option<&Catalogue>),
    (product_id, product): (&ProductId, Option<&'a Product>),
    (plan_id, plan_exists): (&PlanId, bool),
) -> Result<&'a Product, Violation> {
    let shown = catalogue.zip(product).filter(|(catalogue, product)| shows_product(catalogue, product));
    let Some((catalogue, product)) = shown else {
        return Err(Violation::ProductNotOffered { product: product_id.clone(), catalogue: catalogue_id.clone() });
    };
    if !plan_exists || !catalogue.plan_ids.contains(plan_id) {
        return Err(Violation::PlanNotOffered { plan: plan_id.clone(), catalogue: catalogue_id.clone() });
    }
    Ok(product)
}

/// The one authentication method of all `products`.
///
/// # Errors
/// `mixed-authentication-methods` when they differ; `empty-cart` when there are none.
pub fn one_auth_method<'a>(products: impl IntoIterator<Item = &'a Product>) -> Result<AuthMethod, Violation> {
    let mut methods = products.into_iter().map(|product| product.auth_method);
    let first = methods.next().ok_or(Violation::EmptyCart)?;
    if methods.all(|method| method == first) { Ok(first) } else { Err(Violation::MixedAuthenticationMethods) }
}

/// The one plan of all `plans`.
///
/// # Errors
/// `mixed-plans` when they differ; `empty-cart` when there are none.
pub fn one_plan<'a>(plans: impl IntoIterator<Item = &'a PlanId>) -> Result<&'a PlanId, Violation> {
    let mut plans = plans.into_iter();
    let first = plans.next().ok_or(Violation::EmptyCart)?;
    match plans.find(|plan| *plan != first) {
        None => Ok(first),
        Some(other) => Err(Violation::MixedPlans { held: first.clone(), asked: other.clone() }),
    }
}

/// Checks that `credential` can open `products` too: active at `now`, same plan, same authentication
/// method, and none of them in it yet.
///
/// # Errors
/// `credential-not-compatible` with the reason.
pub fn check_extension(
    credential: Option<&Versioned<Credential>>,
    plan_id: &PlanId,
    auth_method: AuthMethod,
    products: &[ProductId],
    now: Timestamp,
) -> Result<(), Violation> {
    let ended = credential.map(|credential| credential.ended_products(now)).unwrap_or_default();
    let why = match credential {
        None => "the app has no such credential",
        Some(credential) if credential.status_at(now) == CredentialStatus::Expired => "it has expired",
        Some(credential) if credential.status_at(now) != CredentialStatus::Active => "it is not active",
        Some(credential) if &credential.plan_id != plan_id => {
            "it has another plan, which needs a credential of its own"
        }
        Some(credential) if credential.auth_method != auth_method => "it uses another authentication method",
        Some(credential) if products.iter().any(|id| credential.opens(id) && !ended.contains(id)) => {
            "it already opens one of the products"
        }
        Some(_) => return Ok(()),
    };
    Err(Violation::CredentialNotCompatible { why: why.into() })
}

/// Checks that `credential` can change to the plan `plan_id`: active at `now`, under another plan.
///
/// # Errors
/// `credential-not-compatible` with the reason.
pub fn check_plan_change(
    credential: Option<&Versioned<Credential>>,
    plan_id: &PlanId,
    now: Timestamp,
) -> Result<(), Violation> {
    let why = match credential {
        None => "the app has no such credential",
        Some(credential) if credential.status_at(now) == CredentialStatus::Expired => "it has expired",
        Some(credential) if credential.status_at(now) != CredentialStatus::Active => "it is not active",
        Some(credential) if &credential.plan_id == plan_id => "it has this plan already",
        Some(_) => return Ok(()),
    };
    Err(Violation::CredentialNotCompatible { why: why.into() })
}

/// The time before and after the end of a credential in which it can be renewed.
const RENEWABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The first and the last moment at which a credential that ends at `end` can be renewed.
pub fn renewal_window(end: Timestamp) -> (Timestamp, Timestamp) {
    let opens = end.checked_sub(RENEWABLE).unwrap_or(Timestamp::MIN);
    (opens, end.checked_add(RENEWABLE).unwrap_or(Timestamp::MAX))
}
