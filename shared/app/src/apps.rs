//! Create, list, read, edit and delete apps (R17, R19).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use gatepass_domain::app::{Contact, Profile, Visibility};
use gatepass_domain::conflict::Matter;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject, Reassigned};
use gatepass_domain::id::{AppId, CredentialId, RequestId};
use gatepass_domain::key::PlainKey;
use gatepass_domain::mail_address::is_mail_address;
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::visible::Lines;
use gatepass_domain::{Actor, ApiOwner, App, Context, Person, PersonId, Versioned};
use gatepass_store::{
    CommitError, EndingClaims, Guard, Heirs, Page, Position, Store, StoreError, Transaction, WhichApps,
};

use crate::caps;
use crate::deadline::Extent;
use crate::delete_offering::Progress;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;
use crate::replace_keys::replace_keys;
use crate::reviewers::require_no_conflict;
use crate::revoke_credential::{Revocation, close};
use crate::rotate::check_overlap;

/// An app of `owner` that does not exist yet.
pub(crate) fn draft(context: &mut Context, owner: &Person, profile: Profile) -> Versioned<App> {
    let app = App {
        id: context.id(),
        profile,
        owner: owner.id.clone(),
        contact: Some(Contact::from(owner)),
        organisation: owner.organisation.clone(),
        handovers: Vec::new(),
        handover_count: 0,
    };
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
    let detail = Detail::AppCreated(EntitySubject::created(app.id, app.version, &app.content));
    let event = chain.append(context, Aggregate::App(app.id), &Actor::from(owner), detail, None);
    transaction.new_app(app, &event, chain)
}

/// Creates an app.
///
/// # Errors
/// [`Refused::Invalid`], [`Refused::TooManyApps`], [`Refused::NameTaken`].
pub async fn create(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    profile: Profile,
    idempotent: &Idempotent<Versioned<App>>,
) -> Result<Versioned<App>, Refused> {
    profile.check(caller).map_err(Refused::Invalid)?;
    let read = || async {
        let settings = store.settings_in_force().await?;
        let holdings = store.with_apps_counted(&caller.id, store.holdings(&caller.id).await?).await?;
        Ok((settings, holdings))
    };
    commit_decision(store, context, idempotent, read, |context, (settings, holdings)| {
        caps::check_apps(&holdings, &settings)?;
        let app = draft(context, caller, profile.clone());
        let transaction = Transaction::new(context).holdings(&caller.id, holdings.with(None));
        let transaction = create_in(context, transaction, caller, &app).first_access(app.id, None);
        Ok(Step::commit_unless(transaction, app, name_taken))
    })
    .await
}

/// The refusal of an app under a name that its owner has given to another one.
fn name_taken(error: &CommitError, app: &Versioned<App>) -> Option<Refused> {
    error.is_refused_by(Guard::AppName).then(|| Refused::NameTaken(app.profile.name.clone()))
}

/// A page of the apps that `caller` sees, newest first.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list(
    store: &Store,
    caller: &Person,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Versioned<App>>, Refused> {
    Ok(store.apps_seen_by(caller, limit, after).await?)
}

/// The app `id`, if `caller` sees it.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get(store: &Store, caller: &Person, id: AppId) -> Result<Versioned<App>, Refused> {
    let app = store.app(id).await?.filter(|app| app.is_visible_to(caller));
    app.ok_or(Refused::NotFound("app"))
}

/// The changes of an app; `None` stays.
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
    /// Checks each part by itself; whether they fit the rest of the app is known when it is found.
    fn check(&self) -> Result<(), Refused> {
        let parts = Profile {
            name: self.name.clone().unwrap_or_else(|| "unchanged".into()),
            description: self.description.clone().unwrap_or_default(),
            visibility: Visibility::Personal,
            team: None,
            redirect_uris: self.redirect_uris.clone().unwrap_or_default(),
        };
        parts.check_content().map_err(Refused::Invalid)
    }

    /// Checks the app as it would be. With whom it is shared is checked only when that is edited: its owner may have left
    /// the team meanwhile.
    fn check_result(&self, profile: &Profile, caller: &Person) -> Result<(), Refused> {
        let checked = match (&self.visibility, &self.team) {
            (None, None) => profile.check_content(),
            _ => profile.check(caller),
        };
        checked.map_err(Refused::Invalid)
    }

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
/// In this order: [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::NotTheOwner`] for somebody who merely
/// sees it; [`Refused::VersionMismatch`]; [`Refused::Invalid`] for what does not fit the rest of the app;
/// [`Refused::NameTaken`].
pub async fn edit(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    id: AppId,
    precondition: Precondition,
    edit: &Edit,
) -> Result<Versioned<App>, Refused> {
    edit.check()?;
    let read = || async { store.app_and_chain(id).await?.ok_or(Refused::NotFound("app")) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (app, mut chain)| {
        owned(caller, &app)?;
        precondition.check(app.version)?;
        let profile = edit.apply(app.profile.clone());
        edit.check_result(&profile, caller)?;
        let edited = app.revised(App { profile, ..app.content.clone() }, context.now);
        let detail = Detail::AppUpdated(EntitySubject::changed(id, edited.version, &app.content, &edited.content));
        let event = chain.append(context, Aggregate::App(id), &Actor::from(caller), detail, None);
        let transaction = Transaction::new(context).edited_app(&edited, &app, &event, chain);
        // When somebody edited it in between, the precondition says in the next round what to make of that.
        Ok(Step::commit_unless(transaction, edited, name_taken))
    })
    .await
}

/// Requests that a deletion ends before it answers; background work ends the others.
const ENDED_AT_ONCE: usize = 50;

/// Deletes an app of `caller`: from here on it is gone for everybody. What it awaits is withdrawn and what it holds is
/// revoked, most of it at once; whatever is left, or a deletion that is broken off, is finished in the background.
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
    let read = || async { store.app_and_chain(id).await?.ok_or(Refused::NotFound("app")) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (app, mut chain)| {
        owned(caller, &app)?;
        precondition.check(app.version)?;
        let closing = app.revised(app.content.clone(), context.now);
        let detail = Detail::AppClosing(EntitySubject::changed(id, closing.version, &app.content, &closing.content));
        let event = chain.append(context, Aggregate::App(id), &by, detail, None);
        Ok(Step::commit(Transaction::new(context).closing_app(&closing, &event, chain), ()))
    })
    .await?;
    if let Err(refused) = finish_deletion(store, context, &by, id, Extent::Requests(ENDED_AT_ONCE)).await {
        tracing::warn!(%id, %refused, "the deletion of an app goes on in the background");
    }
    Ok(())
}

/// Goes on with the deletion of an app: closes its credentials, ends requests as far as `extent` allows, and deletes it when
/// nothing is left. What fails is logged and holds up nothing else; it is tried again in the background. A request that cannot be read
/// keeps nothing from being deleted: its claims end, and its item stays for people to look at.
///
/// # Errors
/// The last failure, when nothing else is left to do.
pub(crate) async fn finish_deletion(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: AppId,
    extent: Extent,
) -> Result<Progress, Refused> {
    // Ending a thousand requests takes minutes: no key opens anything meanwhile.
    let closed = close_credentials(store, context, by, id).await;
    let Some(ended) = end_requests(store, context, by, id, extent).await? else { return Ok(Progress::More) };
    closed.and(ended)?;
    let read = || async { Ok(store.closing_app(id).await?) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, closing| {
        let Some((app, mut chain)) = closing else { return Ok(Step::Done(())) };
        let detail = Detail::AppDeleted(EntitySubject::deleted(id, app.version, &app.content));
        let event = chain.append(context, Aggregate::App(id), by, detail, None);
        Ok(Step::commit(Transaction::new(context).without_app(&app, &event), ()))
    })
    .await?;
    Ok(Progress::Finished)
}

/// The reason on record for whatever ends with an app.
const APP_DELETED: &str = "The app was deleted.";
/// Credentials that are closed at the same time.
const CLOSED_AT_ONCE: usize = 10;

/// Closes every credential of the app that is not over. The error is that of the last one that could not be closed.
async fn close_credentials(store: &Store, context: &mut Context, by: &Actor, app_id: AppId) -> Result<(), Refused> {
    let mut result = Ok(());
    let mut open = Vec::new();
    for read in store.each_credential(app_id).await? {
        match read.map(|stored| stored.credential) {
            Ok(credential)
                if matches!(
                    credential.status_at(context.now),
                    CredentialStatus::Expired | CredentialStatus::Revoked
                ) => {}
            Ok(credential) => open.push(credential.id),
            Err(unreadable) => {
                tracing::error!(alarm = "unreadable", %app_id, %unreadable, "a credential of a deleted app cannot be read");
                result = Err(unreadable.into());
            }
        }
    }
    for ids in open.chunks(CLOSED_AT_ONCE) {
        let closing = ids.iter().map(|id| {
            let mut context = context.fork();
            async move {
                let reason = Some(APP_DELETED);
                let precondition = &Precondition::Any;
                let revocation = Revocation { by: by.clone(), reason, undecided: Loss::App, precondition };
                (id, close(store, &mut context, app_id, *id, &revocation).await)
            }
        });
        for (id, closed) in join_all(closing.collect::<Vec<_>>()).await {
            if let Err(refused) = closed {
                tracing::error!(%id, %refused, "a credential of a deleted app cannot be closed");
                result = Err(refused);
            }
        }
    }
    result
}

/// Ends requests of the app as far as `extent` allows. `None` when there are more; else the failure of the last one that could not be ended.
///
/// # Errors
/// [`Refused::Store`] when the store is in trouble, rather than one request.
async fn end_requests(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    app_id: AppId,
    extent: Extent,
) -> Result<Option<Result<(), Refused>>, Refused> {
    let mut result = Ok(());
    let (mut ended, mut failed) = (0, 0);
    for request_id in store.requests_behind(app_id).await? {
        if extent.is_reached(ended) || extent.is_reached(failed) {
            return Ok(None);
        }
        let done = match end(store, context, by, request_id, Loss::App, APP_DELETED).await {
            Err(Refused::Store(StoreError::Unreadable { cause, .. })) => {
                tracing::error!(alarm = "unreadable", %request_id, cause, "a request of a deleted app cannot be read");
                end_claims(store, context, app_id, &[request_id].into()).await
            }
            done => done,
        };
        match done {
            Ok(()) => ended += 1,
            Err(Refused::Store(error)) if error.is_transient() => return Err(error.into()),
            Err(refused) => {
                tracing::error!(%request_id, %refused, "a request of a deleted app cannot be ended");
                failed += 1;
                result = Err(refused);
            }
        }
    }
    Ok(Some(result))
}

/// Ends the claims of requests.
async fn end_claims(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    requests: &BTreeSet<RequestId>,
) -> Result<(), Refused> {
    let read = || async { Ok(store.ending_claims(app_id, requests, Heirs::Extensions).await?) };
    let end = |context: &mut Context, claims: EndingClaims| {
        let more = !claims.is_empty();
        let transaction = Transaction::new(context).end_claims(app_id, &claims);
        Ok(if more { Step::commit(transaction, more) } else { Step::Done(more) })
    };
    while commit_decision(store, context, &Idempotent::Unkeyed, read, end).await? {}
    Ok(())
}

/// Every app, or some of them, for an API Owner.
///
/// # Errors
/// [`Refused::Store`].
pub async fn list_any(
    store: &Store,
    _owner: &ApiOwner,
    which: &WhichApps,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Versioned<App>>, Refused> {
    Ok(store.apps(which, limit, after).await?)
}

/// The app `id`, for an API Owner.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn get_any(store: &Store, _owner: &ApiOwner, id: AppId) -> Result<Versioned<App>, Refused> {
    store.app(id).await?.ok_or(Refused::NotFound("app"))
}

/// The person to whom an app is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOwner {
    id: PersonId,
    /// Their name and mail address.
    contact: Contact,
    /// Their organisation; `None` leaves the app in the one that it has.
    organisation: Option<String>,
    /// Seconds for which the keys that the former owner knows still work.
    overlap_seconds: u32,
}

impl NewOwner {
    /// The person `id`, called `name` and written to at `email` if these are given, of `organisation` if that is to change. The
    /// keys of the app still work for `overlap_seconds`.
    ///
    /// # Errors
    /// [`Refused::Invalid`] for an id that cannot be one of the identity provider, a text that is not shown as it is, or an
    /// overlap of more than seven days.
    pub fn new(
        id: PersonId,
        (name, email): (Option<String>, Option<String>),
        organisation: Option<String>,
        overlap_seconds: u32,
    ) -> Result<Self, Refused> {
        let mut errors = ValidationErrors::default();
        let text = id.as_str();
        let fits = (1..=255).contains(&text.len()) && !text.chars().any(char::is_whitespace);
        errors.require(fits, "/owner", "must be the id of a person: 1 to 255 bytes without spaces");
        errors.visible(text, "/owner", Lines::One);
        if let Some(organisation) = &organisation {
            errors.name(organisation, "/organisation", 255);
        }
        if let Some(name) = &name {
            errors.name(name, "/name", 100);
        }
        let is_address = email.as_deref().is_none_or(is_mail_address);
        errors.require(is_address, "/email", "must be one mail address");
        check_overlap(&mut errors, overlap_seconds);
        errors.into_result().map_err(Refused::Invalid)?;
        let contact = Contact { name: name.unwrap_or_else(|| id.to_string()), email };
        Ok(Self { id, contact, organisation, overlap_seconds })
    }
}

/// Hands the app `id` to somebody else. What it holds and awaits goes with it; so does its team. The
/// organisation changes only when another is named: it belongs to the person, and is not known here.
///
/// Its keys are replaced, because its owner until then knows them; `seal` seals the new ones. What the call does not get done,
/// the event brings about.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::ConflictOfInterest`] for oneself; [`Refused::NameTaken`] when the person has an app of that name.
pub async fn reassign<Sealed>(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: AppId,
    to: &NewOwner,
    seal: impl Fn(CredentialId, PlainKey) -> Sealed,
    idempotent: &Idempotent<Versioned<App>>,
) -> Result<Versioned<App>, Refused>
where
    Sealed: Future<Output = Result<String, Refused>>,
{
    let read = || async { store.app_and_chain(id).await?.ok_or(Refused::NotFound("app")) };
    let reassigned = commit_decision(store, context, idempotent, read, |context, (app, mut chain)| {
        require_no_conflict(owner.person(), Matter::Reassignment { to: &to.id })?;
        let by = &owner.person().id;
        let mut content =
            app.content.clone().handed_to(to.id.clone(), to.contact.clone(), by, context.now, to.overlap_seconds);
        if let Some(organisation) = &to.organisation {
            content = content.in_organisation(organisation.clone(), by, context.now);
        }
        if content == app.content {
            return Ok(Step::Done(app));
        }
        let reassigned = app.revised(content, context.now);
        let subject = EntitySubject::changed(id, reassigned.version, &app.content, &reassigned.content);
        let (from, to) = (app.owner.clone(), reassigned.owner.clone());
        let detail = Detail::AppReassigned(Reassigned { subject, from, to });
        let event = chain.append(context, Aggregate::App(id), &Actor::from(owner.person()), detail, None);
        let transaction = Transaction::new(context).edited_app(&reassigned, &app, &event, chain);
        Ok(Step::commit_unless(transaction.reassigned_app(&reassigned), reassigned, name_taken))
    })
    .await?;
    if let Err(refused) = replace_keys(store, context, &Actor::from(owner.person()), &reassigned, seal).await {
        tracing::warn!(%id, %refused, "the keys of a reassigned app are replaced when its event is handled");
    }
    Ok(reassigned)
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
