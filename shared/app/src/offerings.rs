//! Put catalogues, products and plans on offer, and see what needs them.

use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::event::EntitySubject;
use gatepass_domain::gateway::{Gateway, Installation};
use gatepass_domain::id::{PlanId, ProductId};
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{DeletionStage, Guard, Named, Offering, Page, Position, Store, Transaction, Withdrawn};
use jiff::Timestamp;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The most requests that are named as users of an offering.
const MOST_NAMED: usize = 100;
/// Pages of expired access that are looked through for requests that need an offering.
const MOST_PAGES: usize = 10;

/// The audience of a catalogue that is being deleted. Owners cannot choose it.
const NOBODY: Audience = Audience { kind: AudienceKind::Groups, groups: Vec::new() };

/// A kind of offering that can check itself, and is found again where it is used.
pub trait Checked: Offering {
    /// Checks the rules that the types do not express.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    fn check(&self) -> Result<(), Vec<FieldError>>;
    /// True when people can ask for it and nobody is told of that, unless the settings name somebody.
    fn is_orphaned(&self) -> bool {
        false
    }
    /// The gateway at which access to it is provisioned.
    fn gateway(&self) -> Option<&Gateway> {
        None
    }
    /// The name by which requests refer to it.
    fn named(id: &Self::Id) -> Named;
    /// The products and plans that it names, as a catalogue does.
    fn names(&self) -> (&[ProductId], &[PlanId]);
    /// A catalogue as it is when it no longer offers `id`; `None` when it does not offer it now.
    fn withdrawn(id: &Self::Id, from: &Catalogue) -> Option<Catalogue>;
    /// Undoes [`Checked::withdrawn`].
    fn put_back(id: &Self::Id, withdrawn: &Withdrawn, into: Catalogue) -> Catalogue;
}

macro_rules! checked {
    ($entity:ident, $this:ident => $names:expr, $withdrawn:expr, $put_back:expr $(, $orphaned:expr, $gateway:expr)?) => {
        impl Checked for $entity {
            fn check(&self) -> Result<(), Vec<FieldError>> {
                self.check()
            }
            $(fn is_orphaned(&self) -> bool {
                let orphaned: fn(&Self) -> bool = $orphaned;
                orphaned(self)
            }
            fn gateway(&self) -> Option<&Gateway> {
                let gateway: fn(&Self) -> &Gateway = $gateway;
                Some(gateway(self))
            })?
            fn named(id: &Self::Id) -> Named {
                Named::$entity(id.clone())
            }
            fn names(&self) -> (&[ProductId], &[PlanId]) {
                let $this = self;
                $names
            }
            fn withdrawn(id: &Self::Id, from: &Catalogue) -> Option<Catalogue> {
                let mut catalogue = from.clone();
                let withdraw: fn(&Self::Id, &mut Catalogue) = $withdrawn;
                withdraw(id, &mut catalogue);
                (&catalogue != from).then_some(catalogue)
            }
            fn put_back(id: &Self::Id, withdrawn: &Withdrawn, into: Catalogue) -> Catalogue {
                let mut catalogue = into;
                let put_back: fn(&Self::Id, &Withdrawn, &mut Catalogue) = $put_back;
                put_back(id, withdrawn, &mut catalogue);
                catalogue
            }
        }
    };
}
checked!(
    Product,
    _product => (&[], &[]),
    |id, catalogue| catalogue.product_ids.retain(|listed| listed != id),
    |id, _, catalogue| if !catalogue.product_ids.contains(id) {
        catalogue.product_ids.push(id.clone());
    },
    |product| product.published && product.owners.is_empty() && product.approver_groups.is_empty(),
    |product| &product.gateway
);
checked!(
    Plan,
    _plan => (&[], &[]),
    |id, catalogue| {
        catalogue.plan_ids.retain(|listed| listed != id);
        catalogue.recommended_plan_id.take_if(|recommended| recommended == id);
    },
    |id, _, catalogue| if !catalogue.plan_ids.contains(id) {
        catalogue.plan_ids.push(id.clone());
    }
);
checked!(
    Catalogue,
    catalogue => (&catalogue.product_ids, &catalogue.plan_ids),
    |id, catalogue| if &catalogue.id == id {
        // Presented to nobody. Its products remain: by them the requests are found that wait for it.
        catalogue.audience = NOBODY;
    },
    // An owner's catalogue is presented to somebody.
    |_, withdrawn, catalogue| if let (true, Some(audience)) = (catalogue.audience == NOBODY, &withdrawn.audience) {
        catalogue.audience = audience.clone();
    }
);

/// Requires that the products and plans that `content` names exist.
async fn check_names<T: Checked>(store: &Store, content: &T) -> Result<(), Refused> {
    let (product_ids, plan_ids) = content.names();
    let products = store.offerings::<Product>(product_ids).await?;
    let plans = store.offerings::<Plan>(plan_ids).await?;
    let mut errors = ValidationErrors::default();
    for (index, id) in product_ids.iter().enumerate() {
        let exists = products.iter().any(|product| &product.id == id);
        errors.require(exists, &format!("/product_ids/{index}"), &format!("there is no product `{id}`"));
    }
    for (index, id) in plan_ids.iter().enumerate() {
        let exists = plans.iter().any(|plan| &plan.id == id);
        errors.require(exists, &format!("/plan_ids/{index}"), &format!("there is no plan `{id}`"));
    }
    errors.into_result().map_err(Refused::Invalid)
}

/// Requires that somebody is told when a product that is published is asked for.
async fn check_somebody_is_told<T: Checked>(store: &Store, content: &T) -> Result<(), Refused> {
    if content.is_orphaned() && store.settings_in_force().await?.fallback_owners.is_empty() {
        let fault = "needs somebody who is told of requests: name `owners` or `approver_groups`, or set `fallback_owners` in the settings";
        return Err(Refused::Invalid(vec![FieldError::new("/published", fault)]));
    }
    Ok(())
}

/// Requires a gateway at which this installation can provision access.
fn check_gateway<T: Checked>(installation: &Installation, content: &T) -> Result<(), Refused> {
    let Some(gateway) = content.gateway() else { return Ok(()) };
    installation.check_addresses(gateway).map_err(|fault| Refused::Invalid(vec![fault]))?;
    if installation.provisions(gateway.kind()) {
        return Ok(());
    }
    Err(Refused::GatewayNotAvailable { kind: gateway.kind(), available: installation.gateways.clone() })
}

/// Creates a catalogue, product or plan.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::GatewayNotAvailable`]; [`Refused::NameTaken`] when the slug is in use; [`Refused::NoLongerPossible`] while what had the slug
/// before is being deleted.
pub async fn create<T: Checked>(
    store: &Store,
    installation: &Installation,
    context: &mut Context,
    by: &Actor,
    content: T,
    idempotent: &Idempotent<Versioned<T>>,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    check_names(store, &content).await?;
    check_somebody_is_told(store, &content).await?;
    check_gateway(installation, &content)?;
    // What had this slug before left a chain behind, which goes on.
    let aggregate = Versioned::first(content.clone(), context.now).aggregate();
    let read = || async { Ok(store.end_of_chain(&aggregate).await?) };
    commit_decision(store, context, idempotent, read, |context, mut chain| {
        let entity = Versioned::first(content.clone(), context.now);
        let detail = T::created(EntitySubject::created(entity.id(), entity.version, &entity.content));
        let event = chain.append(context, entity.aggregate(), by, detail, None);
        // What had this slug before may still be being deleted, and would take the new one with it.
        let transaction = Transaction::new(context).offering(&entity, None, &event, chain);
        Ok(Step::commit_unless(transaction.require_no_deletion::<T>(entity.id()), entity, |error, entity| {
            if error.is_refused_by(Guard::Offering) {
                return Some(Refused::NameTaken(entity.id().to_string()));
            }
            error.is_refused_by(Guard::Deletion).then(being_deleted::<T>)
        }))
    })
    .await
}

/// Changes the catalogue, product or plan that has the id of `content`.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::GatewayNotAvailable`]; [`Refused::VersionMismatch`]; [`Refused::NoLongerPossible`] while it is
/// being deleted.
pub async fn replace<T: Checked>(
    store: &Store,
    installation: &Installation,
    context: &mut Context,
    owner: &ApiOwner,
    precondition: Precondition,
    content: T,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    check_names(store, &content).await?;
    check_somebody_is_told(store, &content).await?;
    check_gateway(installation, &content)?;
    let deletion = store.deletion::<T>(content.id()).await?;
    if deletion.is_some_and(|deletion| deletion.stage != DeletionStage::Finished) {
        return Err(being_deleted::<T>());
    }
    let by = Actor::from(owner.person());
    revise(store, context, &by, content.id(), precondition, |transaction| transaction, |_| content.clone()).await
}

/// The refusal of whatever cannot be done while the offering is being deleted.
pub(crate) fn being_deleted<T: Checked>() -> Refused {
    Refused::NoLongerPossible(format!("the {} is being deleted", T::KIND))
}

/// Changes the catalogue, product or plan `id` into what `next` makes of it, under the guards that `guarded` adds.
pub(crate) async fn revise<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    precondition: Precondition,
    guarded: impl Fn(Transaction) -> Transaction + Sync,
    next: impl Fn(T) -> T + Sync,
) -> Result<Versioned<T>, Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let next = standing.revised(next(standing.content.clone()), context.now);
        let detail = T::updated(EntitySubject::changed(id, next.version, &standing.content, &next.content));
        let event = chain.append(context, next.aggregate(), by, detail, None);
        let transaction = guarded(Transaction::new(context)).offering(&next, Some(&standing), &event, chain);
        Ok(Step::commit_unless(transaction, next, |error, _| {
            error.is_refused_by(Guard::Deletion).then(being_deleted::<T>)
        }))
    })
    .await
}

/// The requests that need an offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The newest of them, at most 100.
    pub items: Vec<AccessRequest>,
    /// True when there are others.
    pub more: bool,
}

/// The requests that wait for the catalogue, product or plan `id`, or give access by it.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn usage<T: Checked>(store: &Store, now: Timestamp, _owner: &ApiOwner, id: &T::Id) -> Result<Usage, Refused> {
    store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND))?;
    users::<T>(store, now, id).await
}

/// The requests that need the offering at `now`: access that has expired needs nothing, also before that is written down.
async fn users<T: Checked>(store: &Store, now: Timestamp, id: &T::Id) -> Result<Usage, Refused> {
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let page = store.standing_requests(&T::named(id), MOST_NAMED, after).await?;
        let items = store.not_ended_at(now, page.items).await?;
        if !items.is_empty() || page.next.is_none() {
            return Ok(Usage { items, more: page.next.is_some() });
        }
        after = page.next;
    }
    Ok(Usage { items: Vec::new(), more: true })
}

/// Refuses to go on while requests need the offering.
pub(crate) async fn require_unused<T: Checked>(store: &Store, now: Timestamp, id: &T::Id) -> Result<(), Refused> {
    match users::<T>(store, now, id).await? {
        Usage { items, more: false } if items.is_empty() => Ok(()),
        // So much access has expired since `expire` ran that this call cannot look through it.
        Usage { items, more: true } if items.is_empty() => Err(Refused::Busy),
        Usage { items, .. } => Err(Refused::InUse { what: T::KIND, by: items }),
    }
}

/// The catalogue, product or plan `id`.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get<T: Checked>(store: &Store, _owner: &ApiOwner, id: &T::Id) -> Result<Versioned<T>, Refused> {
    let found = store.offering::<T>(id).await?;
    found.map(|(entity, _)| entity).ok_or(Refused::NotFound(T::KIND))
}

/// All catalogues, products or plans, by slug.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list<T: Checked>(
    store: &Store,
    _owner: &ApiOwner,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Versioned<T>>, Refused> {
    Ok(store.offerings_page::<T>(limit, after).await?)
}
