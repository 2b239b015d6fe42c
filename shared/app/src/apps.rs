//! Create, list and read apps (R17, R19).

use gatepass_domain::app::Profile;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::AppId;
use gatepass_domain::{Actor, App, Context, Person, Versioned};
use gatepass_store::{Guard, Store, Transaction};

use crate::error::Refused;
use crate::idempotent::Idempotent;

/// An app of `owner` that does not exist yet.
pub(crate) fn draft(context: &mut Context, owner: &Person, profile: Profile) -> Versioned<App> {
    let app = App { id: context.id(), profile, owner: owner.id.clone(), organisation: owner.organisation.clone() };
    Versioned::first(app, context.now)
}

/// Adds the creation of `app` to a transaction.
pub(crate) fn create_in(
    context: &mut Context,
    transaction: Transaction,
    owner: &Person,
    app: &Versioned<App>,
) -> Transaction {
    let mut chain = Chain::default();
    let detail = Detail::AppCreated(EntitySubject { id: app.id.to_string(), version: app.version });
    let event = chain.append(context, Aggregate::App(app.id), &Actor::from(owner), detail, None);
    transaction.new_app(app, &event, chain)
}

/// Creates an app.
///
/// # Errors
/// [`Refused::Invalid`], [`Refused::NameTaken`].
pub async fn create(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    profile: Profile,
    idempotent: &Idempotent<Versioned<App>>,
) -> Result<Versioned<App>, Refused> {
    profile.check(caller).map_err(Refused::Invalid)?;
    idempotent.check(store, context).await?;
    let app = draft(context, caller, profile);
    let transaction = Transaction::new(context);
    let transaction = create_in(context, transaction, caller, &app).first_access(app.id, None);
    let transaction = idempotent.record(transaction, &app, context);
    match store.commit(transaction).await {
        Ok(()) => Ok(app),
        Err(error) => Err(match idempotent.beaten(&error, context) {
            Some(refused) => refused,
            None if error.is_refused_by(Guard::AppName) => Refused::NameTaken(app.content.profile.name),
            None => Refused::unexpected(error),
        }),
    }
}

/// The apps that `caller` sees, newest first.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list(store: &Store, caller: &Person) -> Result<Vec<Versioned<App>>, Refused> {
    let apps = store.apps_seen_by(caller).await?;
    Ok(apps.into_iter().filter(|app| app.is_visible_to(caller)).collect())
}

/// The app `id`, if `caller` sees it.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get(store: &Store, caller: &Person, id: AppId) -> Result<Versioned<App>, Refused> {
    let app = store.app(id).await?.filter(|app| app.is_visible_to(caller));
    app.ok_or(Refused::NotFound("app"))
}
