//! Put catalogues, products and plans on offer, and take them off again (R29–R32).

use gatepass_domain::access_request::UsedBy;
use gatepass_domain::event::EntitySubject;
use gatepass_domain::text::FieldError;
use gatepass_domain::{Actor, ApiOwner, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{Guard, Named, Offering, Store, Transaction};

use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The most users of an offering that are named at once.
const MOST_NAMED: usize = 100;

/// A kind of offering that can check itself, and is found again where it is used.
pub trait Checked: Offering {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    fn check(&self) -> Result<(), Vec<FieldError>>;
    /// How requests name it.
    fn named(id: &Self::Id) -> Named;
    /// The list of a catalogue that it may stand in.
    fn list_in(catalogue: &mut Catalogue) -> Option<&mut Vec<Self::Id>>;
}

macro_rules! checked {
    ($entity:ident, $catalogue:ident => $list:expr) => {
        impl Checked for $entity {
            fn check(&self) -> Result<(), Vec<FieldError>> {
                self.check()
            }
            fn named(id: &Self::Id) -> Named {
                Named::$entity(id.clone())
            }
            fn list_in($catalogue: &mut Catalogue) -> Option<&mut Vec<Self::Id>> {
                $list
            }
        }
    };
}
checked!(Catalogue, _catalogue => None);
checked!(Product, catalogue => Some(&mut catalogue.product_ids));
checked!(Plan, catalogue => Some(&mut catalogue.plan_ids));

/// Creates a catalogue, product or plan.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NameTaken`] when the slug is in use.
pub async fn create<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    content: T,
    idempotent: &Idempotent<Versioned<T>>,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    // What had this slug before left a chain behind, which goes on.
    let aggregate = Versioned::first(content.clone(), context.now).aggregate();
    let read = || async { Ok(store.end_of_chain(&aggregate).await?) };
    commit_decision(store, context, idempotent, read, |context, mut chain| {
        let entity = Versioned::first(content.clone(), context.now);
        let detail = T::created(EntitySubject { id: entity.id().to_string(), version: entity.version });
        let event = chain.append(context, entity.aggregate(), by, detail, None);
        let transaction = Transaction::new(context).offering(&entity, &event, chain);
        Ok(Step::commit_unless(transaction, entity, |error, entity| {
            error.is_refused_by(Guard::Offering).then(|| Refused::NameTaken(entity.id().to_string()))
        }))
    })
    .await
}

/// Changes the catalogue, product or plan that has the id of `content`.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::VersionMismatch`].
pub async fn replace<T: Checked>(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    precondition: Precondition,
    content: T,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    revise(store, context, &Actor::from(owner.person()), content.id(), precondition, |_| content.clone()).await
}

/// Changes the catalogue, product or plan `id` into what `next` makes of it.
async fn revise<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    precondition: Precondition,
    next: impl Fn(T) -> T,
) -> Result<Versioned<T>, Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let next = standing.revised(next(standing.content.clone()), context.now);
        let detail = T::updated(EntitySubject { id: id.to_string(), version: next.version });
        let event = chain.append(context, next.aggregate(), by, detail, None);
        Ok(Step::commit(Transaction::new(context).offering(&next, &event, chain), next))
    })
    .await
}

/// The requests that await the catalogue, product or plan `id`, or give access by it: the newest 100.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn usage<T: Checked>(store: &Store, _owner: &ApiOwner, id: &T::Id) -> Result<Vec<UsedBy>, Refused> {
    store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND))?;
    used_by::<T>(store, id).await
}

async fn used_by<T: Checked>(store: &Store, id: &T::Id) -> Result<Vec<UsedBy>, Refused> {
    let requests = store.standing_requests(&T::named(id), MOST_NAMED).await?;
    Ok(requests.iter().map(UsedBy::from).collect())
}

/// What to do about requests that need what is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUse {
    /// Leave all as it is.
    Keep,
    /// Reject those that wait, and revoke access that stands.
    Force,
}

/// Deletes the catalogue, product or plan `id`. It disappears from the catalogues first, so that nobody
/// asks for it any more; with [`InUse::Force`] what needs it ends next; then it is gone. Broken off half-way, it
/// is finished by deleting again.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::VersionMismatch`]; [`Refused::InUse`] with who is hit.
pub async fn delete<T: Checked>(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: &T::Id,
    precondition: Precondition,
    in_use: InUse,
) -> Result<(), Refused> {
    let by = Actor::from(owner.person());
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    precondition.check(read().await?.0.version)?;
    if in_use == InUse::Keep {
        let used_by = used_by::<T>(store, id).await?;
        if !used_by.is_empty() {
            return Err(Refused::InUse { what: T::KIND, by: used_by });
        }
    }
    strike::<T>(store, context, &by, id).await?;
    if in_use == InUse::Force {
        let reason = format!("The {} `{id}` was deleted.", T::KIND);
        let loss = match T::named(id) {
            Named::Catalogue(_) => Loss::Offer,
            Named::Product(_) | Named::Plan(_) => Loss::Subject,
        };
        for request in store.standing_requests(&T::named(id), usize::MAX).await? {
            end(store, context, &by, request.facts().id, loss, &reason).await?;
        }
    }
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let detail = T::deleted(EntitySubject { id: id.to_string(), version: standing.version });
        let event = chain.append(context, standing.aggregate(), &by, detail, None);
        Ok(Step::commit(Transaction::new(context).without_offering(&standing, &event), ()))
    })
    .await
}

/// Takes `id` out of every catalogue that lists it.
async fn strike<T: Checked>(store: &Store, context: &mut Context, by: &Actor, id: &T::Id) -> Result<(), Refused> {
    for catalogue in store.all_offerings::<Catalogue>().await? {
        let mut content = catalogue.content;
        if !T::list_in(&mut content).is_some_and(|list| list.contains(id)) {
            continue;
        }
        let without = |mut catalogue: Catalogue| {
            if let Some(list) = T::list_in(&mut catalogue) {
                list.retain(|listed| listed != id);
            }
            catalogue
        };
        match revise(store, context, by, &content.id, Precondition::Any, without).await {
            Ok(_) | Err(Refused::NotFound(_)) => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(())
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
pub async fn list<T: Checked>(store: &Store, _owner: &ApiOwner) -> Result<Vec<Versioned<T>>, Refused> {
    Ok(store.all_offerings::<T>().await?)
}
