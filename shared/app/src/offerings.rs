//! Put catalogues, products and plans on offer, and take them off again.

use futures_util::future::join_all;
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::event::EntitySubject;
use gatepass_domain::id::{PlanId, ProductId};
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{CommitError, Deletion, Guard, Named, Offering, Page, Position, Store, Transaction};
use jiff::{SignedDuration, Timestamp};

use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The most requests that are named as users of an offering.
const MOST_NAMED: usize = 100;
/// Pages of expired access that are looked through for requests that need an offering.
const MOST_PAGES: usize = 10;
/// The most requests that the call which deletes an offering ends by itself; the others are ended in the background.
const ENDED_AT_ONCE: usize = 50;
/// The pause after which the background work takes over a deletion from the call that began it.
const TAKEN_OVER_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Requests that are read, and ended, at the same time.
const AT_ONCE: usize = 10;

/// The audience of a catalogue that is being deleted. Owners cannot choose it.
const NOBODY: Audience = Audience { kind: AudienceKind::Groups, groups: Vec::new() };

/// A kind of offering that can check itself, and is found again where it is used.
pub trait Checked: Offering {
    /// Checks the rules that the types do not express.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    fn check(&self) -> Result<(), Vec<FieldError>>;
    /// The name by which requests refer to it.
    fn named(id: &Self::Id) -> Named;
    /// The products and plans that it names, as a catalogue does.
    fn names(&self) -> (&[ProductId], &[PlanId]);
    /// A catalogue as it is when it no longer offers `id`; `None` when it does not offer it now.
    fn withdrawn(id: &Self::Id, from: &Catalogue) -> Option<Catalogue>;
}

macro_rules! checked {
    ($entity:ident, $this:ident => $names:expr, $withdrawn:expr) => {
        impl Checked for $entity {
            fn check(&self) -> Result<(), Vec<FieldError>> {
                self.check()
            }
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
        }
    };
}
checked!(Product, _product => (&[], &[]), |id, catalogue| catalogue.product_ids.retain(|listed| listed != id));
checked!(Plan, _plan => (&[], &[]), |id, catalogue| catalogue.plan_ids.retain(|listed| listed != id));
checked!(Catalogue, catalogue => (&catalogue.product_ids, &catalogue.plan_ids), |id, catalogue| if &catalogue.id == id {
    // Presented to nobody. Its products remain: by them the requests are found that wait for it.
    catalogue.audience = NOBODY;
});

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

/// Creates a catalogue, product or plan.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NameTaken`] when the slug is in use; [`Refused::NoLongerPossible`] while what had the slug
/// before is being deleted.
pub async fn create<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    content: T,
    idempotent: &Idempotent<Versioned<T>>,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    check_names(store, &content).await?;
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
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::VersionMismatch`]; [`Refused::NoLongerPossible`] while it is
/// being deleted.
pub async fn replace<T: Checked>(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    precondition: Precondition,
    content: T,
) -> Result<Versioned<T>, Refused> {
    Checked::check(&content).map_err(Refused::Invalid)?;
    check_names(store, &content).await?;
    if store.deletion::<T>(content.id()).await?.is_some() {
        return Err(being_deleted::<T>());
    }
    revise(store, context, &Actor::from(owner.person()), content.id(), precondition, |_| content.clone()).await
}

fn being_deleted<T: Checked>() -> Refused {
    Refused::NoLongerPossible(format!("the {} is being deleted", T::KIND))
}

/// Changes the catalogue, product or plan `id` into what `next` makes of it.
async fn revise<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    precondition: Precondition,
    next: impl Fn(T) -> T + Sync,
) -> Result<Versioned<T>, Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let next = standing.revised(next(standing.content.clone()), context.now);
        let detail = T::updated(EntitySubject::changed(id, next.version, &standing.content, &next.content));
        let event = chain.append(context, next.aggregate(), by, detail, None);
        Ok(Step::commit(Transaction::new(context).offering(&next, Some(&standing), &event, chain), next))
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
async fn require_unused<T: Checked>(store: &Store, now: Timestamp, id: &T::Id) -> Result<(), Refused> {
    match users::<T>(store, now, id).await? {
        Usage { items, more: false } if items.is_empty() => Ok(()),
        // So much access has expired since `expire` ran that this call cannot look through it.
        Usage { items, more: true } if items.is_empty() => Err(Refused::Busy),
        Usage { items, .. } => Err(Refused::InUse { what: T::KIND, by: items }),
    }
}

/// The treatment of requests that need an offering which is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUse {
    /// Refuse the deletion.
    Keep,
    /// Reject the requests that wait, and revoke access that stands.
    Force,
}

/// How far a deletion got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The offering is deleted.
    Finished,
    /// Requests remain to be ended; the background work goes on.
    More,
}

/// Deletes the catalogue, product or plan `id`. It is withdrawn from the catalogues first, so that nobody can ask for it
/// any more. With [`InUse::Force`] the requests that need it are ended next: some by this call, the others in the
/// background. Then it is deleted.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::VersionMismatch`], except for a deletion that has begun already;
/// [`Refused::InUse`] with the requests that need it.
pub async fn delete<T: Checked>(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: &T::Id,
    precondition: Precondition,
    in_use: InUse,
) -> Result<Progress, Refused> {
    let by = Actor::from(owner.person());
    if let Some(deletion) = store.deletion::<T>(id).await? {
        return go_on::<T>(store, context, id, &deletion, ENDED_AT_ONCE).await;
    }
    let (standing, _) = store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND))?;
    precondition.check(standing.version)?;
    match in_use {
        InUse::Keep => {
            require_unused::<T>(store, context.now, id).await?;
            let mut withdrawn = Vec::new();
            let deleted = delete_unused::<T>(store, context, &by, id, precondition, &mut withdrawn).await;
            let Err(refused) = deleted else { return Ok(Progress::Finished) };
            // A deletion by force has begun meanwhile: it stays withdrawn.
            if let Some(begun) = store.deletion::<T>(id).await? {
                return go_on::<T>(store, context, id, &begun, ENDED_AT_ONCE).await;
            }
            // What is gone after all, by another call or because the reply was lost, stays out of the catalogues.
            if store.offering::<T>(id).await?.is_some() {
                put_back(store, context, &by, withdrawn).await?;
            }
            Err(refused)
        }
        InUse::Force => {
            let deletion = Deletion { by, began_at: context.now };
            if let Err(refused) = begin::<T>(store, context, id, precondition, &deletion).await {
                // Another call may have begun it.
                let begun = store.deletion::<T>(id).await?.ok_or(refused)?;
                return go_on::<T>(store, context, id, &begun, ENDED_AT_ONCE).await;
            }
            go_on::<T>(store, context, id, &deletion, ENDED_AT_ONCE).await
        }
    }
}

/// Withdraws the offering and deletes it, unless somebody has asked for it before it was withdrawn. `withdrawn` are the
/// catalogues that it was withdrawn from, as they were before, also when this fails.
async fn delete_unused<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    precondition: Precondition,
    withdrawn: &mut Vec<Catalogue>,
) -> Result<(), Refused> {
    withdraw::<T>(store, context, by, id, withdrawn).await?;
    require_unused::<T>(store, context.now, id).await?;
    // Withdrawing a catalogue changes the catalogue itself.
    let is_changed = withdrawn.iter().any(|one| T::key(id) == Catalogue::key(&one.id));
    let expected = if is_changed { Precondition::Any } else { precondition };
    finish::<T>(store, context, by, id, expected, Marked::No).await
}

/// Marks the offering as being deleted.
async fn begin<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    precondition: Precondition,
    deletion: &Deletion,
) -> Result<(), Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let marked = standing.revised(standing.content.clone(), context.now);
        let detail = T::closing(EntitySubject::changed(id, marked.version, &standing.content, &marked.content));
        let event = chain.append(context, marked.aggregate(), &deletion.by, detail, None);
        let due_at = context.now.checked_add(TAKEN_OVER_AFTER).unwrap_or(context.now);
        let transaction = Transaction::new(context).offering(&marked, Some(&standing), &event, chain);
        Ok(Step::commit_unless(transaction.begin_deletion::<T>(id, deletion, due_at), (), |error, ()| {
            error.is_refused_by(Guard::Deletion).then_some(Refused::Busy)
        }))
    })
    .await
}

/// Goes on with a deletion: ends at most `most` requests, and deletes the offering when none is left. Can be repeated at
/// any time.
///
/// # Errors
/// [`Refused::Store`], [`Refused::Busy`]: the rest remains to be done. A request that cannot be ended for a reason of its
/// own is logged, and the others are ended all the same.
pub(crate) async fn go_on<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    deletion: &Deletion,
    most: usize,
) -> Result<Progress, Refused> {
    withdraw::<T>(store, context, &deletion.by, id, &mut Vec::new()).await?;
    match end_some::<T>(store, context, id, &deletion.by, most).await? {
        Progress::More => Ok(Progress::More),
        Progress::Finished => {
            match finish::<T>(store, context, &deletion.by, id, Precondition::Any, Marked::Yes).await {
                Ok(()) => Ok(Progress::Finished),
                // Another call was faster, or it was deleted beside this deletion: no mark may await the next of that slug.
                Err(Refused::NotFound(_)) => {
                    let transaction = Transaction::new(context).drop_deletion::<T>(id, deletion);
                    match store.commit(transaction).await {
                        Err(CommitError::Store(error)) => Err(error.into()),
                        Ok(()) | Err(_) => Ok(Progress::Finished),
                    }
                }
                Err(refused) => Err(refused),
            }
        }
    }
}

/// Ends at most `most` of the requests that need the offering, newest first.
async fn end_some<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    by: &Actor,
    most: usize,
) -> Result<Progress, Refused> {
    let reason = format!("The {} `{id}` was deleted.", T::KIND);
    let loss = match T::named(id) {
        Named::Catalogue(_) => Loss::Offer,
        Named::Product(_) | Named::Plan(_) => Loss::Subject,
    };
    let (mut after, mut ended, mut remaining) = (None, 0, 0);
    loop {
        let page = store.standing_requests(&T::named(id), AT_ONCE.min(most - ended), after).await?;
        let work = page.items.iter().map(|request| {
            let (mut context, reason) = (context.fork(), &reason);
            let id = request.facts().id;
            async move { (id, end(store, &mut context, by, id, loss, reason).await) }
        });
        let work: Vec<_> = work.collect();
        ended += work.len();
        for (request_id, result) in join_all(work).await {
            match result {
                Ok(()) => {}
                Err(refused) if refused.is_transient() => return Err(refused),
                Err(refused) => {
                    remaining += 1;
                    tracing::error!(%request_id, %refused, "a request cannot be ended, and holds up a deletion");
                }
            }
        }
        match page.next {
            None if remaining == 0 => return Ok(Progress::Finished),
            None => return Ok(Progress::More),
            Some(_) if ended >= most => return Ok(Progress::More),
            Some(next) => after = Some(next),
        }
    }
}

/// Tells a deletion that was marked as begun from one that takes a single call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marked {
    Yes,
    No,
}

/// Deletes the offering, which nothing needs any more.
async fn finish<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    precondition: Precondition,
    marked: Marked,
) -> Result<(), Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let detail = T::deleted(EntitySubject::deleted(id, standing.version, &standing.content));
        let event = chain.append(context, standing.aggregate(), by, detail, None);
        let transaction = Transaction::new(context).without_offering(&standing, &event);
        Ok(match marked {
            Marked::Yes => Step::commit(transaction.end_deletion::<T>(id), ()),
            Marked::No => Step::commit_unless(transaction.require_no_deletion::<T>(id), (), |error, ()| {
                error.is_refused_by(Guard::Deletion).then(being_deleted::<T>)
            }),
        })
    })
    .await
}

/// Takes `id` out of every catalogue that offers it, and adds those catalogues, as they were before, to `withdrawn`.
async fn withdraw<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    withdrawn: &mut Vec<Catalogue>,
) -> Result<(), Refused> {
    for catalogue in store.all_offerings::<Catalogue>().await? {
        if T::withdrawn(id, &catalogue).is_none() {
            continue;
        }
        let without = |catalogue: Catalogue| T::withdrawn(id, &catalogue).unwrap_or(catalogue);
        match revise(store, context, by, &catalogue.id, Precondition::Any, without).await {
            Ok(_) => withdrawn.push(catalogue.content),
            Err(Refused::NotFound(_)) => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(())
}

/// Undoes [`withdraw`].
async fn put_back(store: &Store, context: &mut Context, by: &Actor, withdrawn: Vec<Catalogue>) -> Result<(), Refused> {
    for before in withdrawn {
        let with = |mut catalogue: Catalogue| {
            let missing = |id: &&ProductId| !catalogue.product_ids.contains(id);
            let products: Vec<_> = before.product_ids.iter().filter(missing).cloned().collect();
            let missing = |id: &&PlanId| !catalogue.plan_ids.contains(id);
            let plans: Vec<_> = before.plan_ids.iter().filter(missing).cloned().collect();
            catalogue.product_ids.extend(products);
            catalogue.plan_ids.extend(plans);
            // An owner's catalogue is presented to somebody.
            if catalogue.audience == NOBODY {
                catalogue.audience = before.audience.clone();
            }
            catalogue
        };
        match revise(store, context, by, &before.id, Precondition::Any, with).await {
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
pub async fn list<T: Checked>(
    store: &Store,
    _owner: &ApiOwner,
    limit: usize,
    after: Option<&Position>,
) -> Result<Page<Versioned<T>>, Refused> {
    Ok(store.offerings_page::<T>(limit, after).await?)
}
