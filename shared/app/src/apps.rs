//! Create, list, read, edit and delete apps (R17, R19).

use gatepass_domain::app::Profile;
use gatepass_domain::app::Visibility;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::AppId;
use gatepass_domain::{AccessRequest, Actor, App, Context, Person, Versioned};
use gatepass_store::{Guard, Store, Transaction};

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::precondition::Precondition;
use crate::reject::close;
use crate::revoke::revoke;
use crate::{ROUNDS, approve};

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

/// What is to change of an app; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Another visibility.
    pub visibility: Option<Visibility>,
    /// Another team; `Some(None)` is none.
    pub team: Option<Option<String>>,
    /// Other redirect URIs.
    pub redirect_uris: Option<Vec<String>>,
}

impl Edit {
    fn apply(&self, profile: Profile) -> Profile {
        Profile {
            name: self.name.clone().unwrap_or(profile.name),
            description: self.description.clone().unwrap_or(profile.description),
            visibility: self.visibility.unwrap_or(profile.visibility),
            team: self.team.clone().unwrap_or(profile.team),
            redirect_uris: self.redirect_uris.clone().unwrap_or(profile.redirect_uris),
        }
    }
}

/// Edits an app of `caller`.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotTheOwner`] for somebody who merely sees it;
/// [`Refused::VersionMismatch`]; [`Refused::Invalid`]; [`Refused::NameTaken`].
pub async fn edit(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: AppId,
    precondition: Precondition,
    edit: &Edit,
) -> Result<Versioned<App>, Refused> {
    for _ in 0..ROUNDS {
        let (app, mut chain) = store.app_and_chain(id).await?.ok_or(Refused::NotFound("app"))?;
        owned(caller, &app)?;
        precondition.check(app.version)?;
        let profile = edit.apply(app.profile.clone());
        profile.check(caller).map_err(Refused::Invalid)?;
        let old_name = app.profile.comparable_name();
        let renamed_from = (profile.comparable_name() != old_name).then_some(old_name.as_str());
        let edited = app.revised(App { profile, ..app.content.clone() }, context.now);
        let detail = Detail::AppUpdated(EntitySubject { id: id.to_string(), version: edited.version });
        let event = chain.append(context, Aggregate::App(id), &Actor::from(caller), detail, None);
        let transaction = Transaction::new(context).edited_app(&edited, renamed_from, &event, chain);
        match store.commit(transaction).await {
            Ok(()) => return Ok(edited),
            Err(error) if error.is_refused_by(Guard::AppName) => {
                return Err(Refused::NameTaken(edited.content.profile.name));
            }
            // Somebody edited it in between: the precondition says what to make of that.
            Err(error) if error.is_refused_by(Guard::App) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Err(Refused::Busy)
}

/// Deletes an app of `caller`: it is closed first, then what it awaits is withdrawn and what it holds
/// is revoked, and only then is it gone. Broken off half-way, it is finished by deleting again.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotTheOwner`]; [`Refused::VersionMismatch`].
pub async fn delete(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: AppId,
    precondition: Precondition,
) -> Result<(), Refused> {
    let by = Actor::from(caller);
    for _ in 0..ROUNDS {
        let (app, mut chain) = store.app_and_chain(id).await?.ok_or(Refused::NotFound("app"))?;
        owned(caller, &app)?;
        precondition.check(app.version)?;
        let closed = Transaction::new(context).close_app(id);
        store.commit(closed).await.map_err(Refused::unexpected)?;
        empty(store, context, &by, id).await?;
        let detail = Detail::AppDeleted(EntitySubject { id: id.to_string(), version: app.version });
        let event = chain.append(context, Aggregate::App(id), &by, detail, None);
        match store.commit(Transaction::new(context).without_app(&app, &event)).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_refused_by(Guard::App) || error.is_refused_by(Guard::Access) => {}
            Err(error) => return Err(Refused::unexpected(error)),
        }
    }
    Err(Refused::Busy)
}

/// Withdraws what the app awaits and revokes what it holds.
async fn empty(store: &Store, context: &mut Context, by: &Actor, id: AppId) -> Result<(), Refused> {
    for request_id in store.requests_behind(id).await? {
        for _ in 0..ROUNDS {
            let Some(request) = store.request(request_id).await? else { break };
            let done = match request {
                AccessRequest::Closed(_) | AccessRequest::Revoked(_) => true,
                AccessRequest::Pending(_) => {
                    let (closed, event) = approve::undecided(request)?.withdraw(context, by);
                    close(store, context, closed, &event, &Idempotent::unkeyed()).await?.is_some()
                }
                _ => {
                    let reason = Some("The app was deleted.");
                    match revoke(store, context, by, request_id, reason, &Idempotent::unkeyed()).await {
                        Ok(_) | Err(Refused::AlreadyRevoked) => true,
                        Err(Refused::NotApproved) => false,
                        Err(refused) => return Err(refused),
                    }
                }
            };
            if done {
                break;
            }
        }
    }
    Ok(())
}

/// That `caller` owns the app; somebody who merely sees it is told so, to anybody else it does not exist.
fn owned(caller: &Person, app: &App) -> Result<(), Refused> {
    if app.owner == caller.id {
        Ok(())
    } else if app.is_visible_to(caller) {
        Err(Refused::NotTheOwner)
    } else {
        Err(Refused::NotFound("app"))
    }
}
