//! Put catalogues, products and plans on offer (R29–R32).

use gatepass_domain::event::{Chain, EntitySubject};
use gatepass_domain::text::Invalid;
use gatepass_domain::{Actor, ApiOwner, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{Guard, Offering, Store, Transaction};

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::precondition::Precondition;

/// A kind of offering that can check itself.
pub trait Checked: Offering {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    fn check(&self) -> Result<(), Vec<Invalid>>;
}

macro_rules! checked {
    ($($entity:ty),*) => {$(
        impl Checked for $entity {
            fn check(&self) -> Result<(), Vec<Invalid>> {
                self.check()
            }
        }
    )*};
}
checked!(Catalogue, Product, Plan);

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
    idempotent.check(store, context).await?;
    let entity = Versioned::first(content, context.now);
    let slug = entity.id().to_string();
    let mut chain = Chain::default();
    let detail = T::created(EntitySubject { id: slug.clone(), version: entity.version });
    let event = chain.append(context, entity.aggregate(), by, detail, None);
    let transaction = Transaction::new(context).offering(&entity, &event, chain);
    let transaction = idempotent.record(transaction, &entity, context);
    match store.commit(transaction).await {
        Ok(()) => Ok(entity),
        Err(error) => Err(match idempotent.beaten(&error, context) {
            Some(refused) => refused,
            None if error.is_refused_by(Guard::Offering) => Refused::NameTaken(slug),
            None => Refused::unexpected(error),
        }),
    }
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
    for _ in 0..ROUNDS {
        let standing = store.offering::<T>(content.id()).await?;
        let (standing, mut chain) = standing.ok_or(Refused::NotFound(T::KIND))?;
        precondition.check(standing.version)?;
        let next = standing.revised(content.clone(), context.now);
        let detail = T::updated(EntitySubject { id: next.id().to_string(), version: next.version });
        let event = chain.append(context, next.aggregate(), &Actor::from(owner.person()), detail, None);
        match store.commit(Transaction::new(context).offering(&next, &event, chain)).await {
            Ok(()) => return Ok(next),
            Err(error) if error.is_refused_by(Guard::Offering) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Err(Refused::Busy)
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
