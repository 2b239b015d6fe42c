//! Put catalogues, products and plans on offer.

use gatepass_domain::event::{Chain, EntitySubject};
use gatepass_domain::text::Invalid;
use gatepass_domain::{Actor, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{Guard, Offering, Store, Transaction};

use crate::error::Refused;

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
) -> Result<Versioned<T>, Refused>
where
    T::Id: std::fmt::Display,
{
    Checked::check(&content).map_err(Refused::Invalid)?;
    let entity = Versioned::first(content, context.now);
    let slug = entity.id().to_string();
    let mut chain = Chain::default();
    let detail = T::created(EntitySubject { id: slug.clone(), version: entity.version });
    let event = chain.append(context, entity.aggregate(), by, detail, None);
    let transaction = Transaction::new(context).offering(&entity, &event, chain);
    match store.commit(transaction).await {
        Ok(()) => Ok(entity),
        Err(error) if error.is_refused_by(Guard::Offering) => Err(Refused::NameTaken(slug)),
        Err(error) => Err(Refused::unexpected(error)),
    }
}
