//! Delete catalogues, products and plans.

use futures_util::future::join_all;
use gatepass_domain::event::EntitySubject;
use gatepass_domain::{Actor, ApiOwner, Catalogue, Context};
use gatepass_store::{CommitError, Deletion, DeletionStage, Guard, Named, Store, Transaction, Withdrawn};
use jiff::{SignedDuration, Timestamp};

use crate::deadline::Extent;
use crate::ending::{Loss, end};
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::offerings::{Checked, being_deleted, require_unused, revise};
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The most requests that the call which deletes an offering ends by itself; the others are ended in the background.
const ENDED_AT_ONCE: usize = 50;
/// The pause after which the background work takes over a deletion from the call that began it, and looks again for requests
/// that the index did not show yet.
const TAKEN_OVER_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Requests that are read, and ended, at the same time.
const AT_ONCE: usize = 10;

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
    /// There is nothing left to do.
    Finished,
    /// Requests remain to be ended; the background work goes on.
    More,
}

/// Deletes the catalogue, product or plan `id`. It is withdrawn from the catalogues first, so that nobody can ask for it
/// any more. With [`InUse::Force`] the requests that need it are ended next: some by this call, the others in the
/// background. Then it is deleted. With [`InUse::Keep`] it is put back when requests turn out to need it. A mark says how far
/// this got: when the process dies, background work goes on from there.
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
    let deletion =
        |context: &Context, stage| Deletion { by: Actor::from(owner.person()), began_at: context.now, stage };
    let begun = unfinished::<T>(store, id).await?;
    if let Some(Deletion { stage: DeletionStage::Forced, .. }) = begun {
        return force::<T>(store, context, id, Extent::Requests(ENDED_AT_ONCE)).await;
    }
    if begun.is_none() {
        let (standing, _) = store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND))?;
        precondition.check(standing.version)?;
    }
    match in_use {
        InUse::Force => {
            let forced = deletion(context, DeletionStage::Forced);
            let from = begun.map(|begun| begun.stage);
            let precondition = if from.is_some() { Precondition::Any } else { precondition };
            begin_by_force::<T>(store, context, id, precondition, from.as_ref(), &forced).await?;
            force::<T>(store, context, id, Extent::Requests(ENDED_AT_ONCE)).await
        }
        InUse::Keep => {
            if let Some(Deletion { stage: DeletionStage::PuttingBack(withdrawn), by, .. }) = &begun {
                put_back::<T>(store, context, by, id, withdrawn).await?;
            }
            require_unused::<T>(store, context.now, id).await?;
            let withdrawn = match begun {
                Some(Deletion { stage: DeletionStage::IfUnused(withdrawn), .. }) => withdrawn,
                _ => {
                    let begun = deletion(context, DeletionStage::IfUnused(Withdrawn::default()));
                    match (mark::<T>(store, context, id, None, &begun).await, unfinished::<T>(store, id).await?) {
                        (Ok(()), _) => Withdrawn::default(),
                        // Another call was faster: both do the same.
                        (Err(_), Some(Deletion { stage: DeletionStage::IfUnused(withdrawn), .. })) => withdrawn,
                        (Err(refused), _) => return Err(refused),
                    }
                }
            };
            let begun = deletion(context, DeletionStage::IfUnused(withdrawn));
            match delete_if_unused::<T>(store, context, id, begun, precondition).await {
                Ok(()) => Ok(Progress::Finished),
                Err(refused) => match unfinished::<T>(store, id).await? {
                    // A deletion by force has begun meanwhile.
                    Some(Deletion { stage: DeletionStage::Forced, .. }) => {
                        force::<T>(store, context, id, Extent::Requests(ENDED_AT_ONCE)).await
                    }
                    _ => Err(refused),
                },
            }
        }
    }
}

/// Goes on with the deletion of `id` that was broken off, or has more to do. Can be repeated at any time.
///
/// # Errors
/// [`Refused::Store`], [`Refused::Busy`]: the rest remains to be done. A request that cannot be ended for a reason of its
/// own is logged, and the others are ended all the same.
pub(crate) async fn go_on<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    extent: Extent,
) -> Result<Progress, Refused> {
    let Some(deletion) = store.deletion::<T>(id).await? else { return Ok(Progress::Finished) };
    match &deletion.stage {
        DeletionStage::Forced => force::<T>(store, context, id, extent).await,
        DeletionStage::Finished => look_again::<T>(store, context, id, &deletion.by, extent).await,
        DeletionStage::PuttingBack(withdrawn) => {
            put_back::<T>(store, context, &deletion.by, id, withdrawn).await?;
            Ok(Progress::Finished)
        }
        DeletionStage::IfUnused(_) => {
            match delete_if_unused::<T>(store, context, id, deletion, Precondition::Any).await {
                Err(Refused::InUse { .. } | Refused::NotFound(_)) | Ok(()) => Ok(Progress::Finished),
                Err(refused) => Err(refused),
            }
        }
    }
}

/// The mark of a deletion that is not finished.
async fn unfinished<T: Checked>(store: &Store, id: &T::Id) -> Result<Option<Deletion>, Refused> {
    Ok(store.deletion::<T>(id).await?.filter(|deletion| deletion.stage != DeletionStage::Finished))
}

fn taken_over_at(context: &Context) -> Timestamp {
    context.now.checked_add(TAKEN_OVER_AFTER).unwrap_or(context.now)
}

/// Moves the mark of a deletion from one stage to the next.
async fn mark<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    from: Option<&DeletionStage>,
    to: &Deletion,
) -> Result<(), Refused> {
    let due_at = taken_over_at(context);
    settled::<T>(store, Transaction::new(context).mark_deletion::<T>(id, from, to, due_at)).await
}

/// Commits a transaction that depends on the mark alone.
async fn settled<T: Checked>(store: &Store, transaction: Transaction) -> Result<(), Refused> {
    store.commit(transaction).await.map_err(|error| match error {
        CommitError::Refused(_) => being_deleted::<T>(),
        CommitError::Store(error) => error.into(),
    })
}

/// Marks the offering as being deleted by force; `from` is the stage of a deletion that this one takes over.
async fn begin_by_force<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    precondition: Precondition,
    from: Option<&DeletionStage>,
    deletion: &Deletion,
) -> Result<(), Refused> {
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    let begun = commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let marked = standing.revised(standing.content.clone(), context.now);
        let detail = T::closing(EntitySubject::changed(id, marked.version, &standing.content, &marked.content));
        let event = chain.append(context, marked.aggregate(), &deletion.by, detail, None);
        let due_at = taken_over_at(context);
        let transaction = Transaction::new(context).offering(&marked, Some(&standing), &event, chain);
        Ok(Step::commit_unless(transaction.mark_deletion::<T>(id, from, deletion, due_at), (), |error, ()| {
            error.is_refused_by(Guard::Deletion).then(being_deleted::<T>)
        }))
    })
    .await;
    match begun {
        Ok(()) => Ok(()),
        // Another call may have begun it.
        Err(refused) => match unfinished::<T>(store, id).await? {
            Some(Deletion { stage: DeletionStage::Forced, .. }) => Ok(()),
            _ => Err(refused),
        },
    }
}

/// Ends requests that need the offering, as far as `extent` allows, and deletes the offering when none is left.
async fn force<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    extent: Extent,
) -> Result<Progress, Refused> {
    let Some(deletion) = unfinished::<T>(store, id).await? else { return Ok(Progress::Finished) };
    for catalogue in offered_by::<T>(store, id).await? {
        withdraw_from::<T>(store, context, &deletion.by, id, &catalogue).await?;
    }
    if end_some::<T>(store, context, id, &deletion.by, extent).await? == Progress::More {
        return Ok(Progress::More);
    }
    match finish::<T>(store, context, id, &deletion, Precondition::Any).await {
        Ok(()) => Ok(Progress::Finished),
        // It is gone in another way: no mark may await the next of that slug.
        Err(Refused::NotFound(_)) => {
            let transaction = Transaction::new(context).drop_deletion::<T>(id, &deletion.stage);
            match settled::<T>(store, transaction).await {
                Ok(()) | Err(Refused::NoLongerPossible(_)) => Ok(Progress::Finished),
                Err(refused) => Err(refused),
            }
        }
        Err(refused) => Err(refused),
    }
}

/// Ends the requests that the index did not show when the offering was deleted, and forgets the deletion.
async fn look_again<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    by: &Actor,
    extent: Extent,
) -> Result<Progress, Refused> {
    // What has this slug now may be needed.
    let is_created_anew = store.offering::<T>(id).await?.is_some();
    if !is_created_anew && end_some::<T>(store, context, id, by, extent).await? == Progress::More {
        return Ok(Progress::More);
    }
    let transaction = Transaction::new(context).drop_deletion::<T>(id, &DeletionStage::Finished);
    match settled::<T>(store, transaction).await {
        // It is being deleted anew.
        Ok(()) | Err(Refused::NoLongerPossible(_)) => Ok(Progress::Finished),
        Err(refused) => Err(refused),
    }
}

/// Withdraws the offering and deletes it, unless somebody has asked for it before it was withdrawn: then it is put back.
async fn delete_if_unused<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    mut deletion: Deletion,
    precondition: Precondition,
) -> Result<(), Refused> {
    let Err(refused) = withdraw_and_delete::<T>(store, context, id, &mut deletion, precondition).await else {
        return Ok(());
    };
    // Another call may have finished it, or begun to put it back, or have begun a deletion by force.
    let begun = store.deletion::<T>(id).await?;
    let (stage, withdrawn) = match begun.as_ref().map(|begun| &begun.stage) {
        Some(stage @ DeletionStage::IfUnused(withdrawn)) => (stage, withdrawn),
        _ => return Err(refused),
    };
    // From here on nobody deletes it who finds the mark.
    let putting_back = Deletion { stage: DeletionStage::PuttingBack(withdrawn.clone()), ..deletion };
    mark::<T>(store, context, id, Some(stage), &putting_back).await?;
    put_back::<T>(store, context, &putting_back.by, id, withdrawn).await?;
    Err(refused)
}

async fn withdraw_and_delete<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    deletion: &mut Deletion,
    precondition: Precondition,
) -> Result<(), Refused> {
    let offered_by = offered_by::<T>(store, id).await?;
    if let DeletionStage::IfUnused(withdrawn) = &deletion.stage {
        let mut known = withdrawn.clone();
        for catalogue in &offered_by {
            if !known.catalogue_ids.contains(&catalogue.id) {
                known.catalogue_ids.push(catalogue.id.clone());
            }
            if T::key(id) == <Catalogue as gatepass_store::Offering>::key(&catalogue.id) {
                known.audience = Some(catalogue.audience.clone());
            }
        }
        if known != *withdrawn {
            let recorded = Deletion { stage: DeletionStage::IfUnused(known), ..deletion.clone() };
            mark::<T>(store, context, id, Some(&deletion.stage), &recorded).await?;
            *deletion = recorded;
        }
    }
    for catalogue in &offered_by {
        withdraw_from::<T>(store, context, &deletion.by, id, catalogue).await?;
    }
    require_unused::<T>(store, context.now, id).await?;
    // Withdrawing a catalogue changes the catalogue itself.
    let is_changed = matches!(&deletion.stage, DeletionStage::IfUnused(Withdrawn { audience: Some(_), .. }));
    let expected = if is_changed { Precondition::Any } else { precondition };
    finish::<T>(store, context, id, deletion, expected).await
}

/// Ends requests that need the offering, newest first, as far as `extent` allows.
async fn end_some<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    by: &Actor,
    extent: Extent,
) -> Result<Progress, Refused> {
    let reason = format!("The {} `{id}` was deleted.", T::KIND);
    let loss = match T::named(id) {
        Named::Catalogue(_) => Loss::Offer,
        Named::Product(_) | Named::Plan(_) => Loss::Subject,
    };
    let (mut after, mut ended, mut remaining) = (None, 0, 0);
    loop {
        let page = store.standing_requests(&T::named(id), extent.at_most(AT_ONCE, ended), after).await?;
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
            Some(_) if extent.is_reached(ended) => return Ok(Progress::More),
            Some(next) => after = Some(next),
        }
    }
}

/// Deletes the offering, which nothing needs any more.
async fn finish<T: Checked>(
    store: &Store,
    context: &mut Context,
    id: &T::Id,
    deletion: &Deletion,
    precondition: Precondition,
) -> Result<(), Refused> {
    let finished = Deletion { stage: DeletionStage::Finished, ..deletion.clone() };
    let read = || async { store.offering::<T>(id).await?.ok_or(Refused::NotFound(T::KIND)) };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, (standing, mut chain)| {
        precondition.check(standing.version)?;
        let detail = T::deleted(EntitySubject::deleted(id, standing.version, &standing.content));
        let event = chain.append(context, standing.aggregate(), &deletion.by, detail, None);
        let due_at = taken_over_at(context);
        let transaction = Transaction::new(context).without_offering(&standing, &event);
        let transaction = transaction.mark_deletion::<T>(id, Some(&deletion.stage), &finished, due_at);
        Ok(Step::commit_unless(transaction, (), |error, ()| {
            error.is_refused_by(Guard::Deletion).then(being_deleted::<T>)
        }))
    })
    .await
}

/// The catalogues that offer `id`.
async fn offered_by<T: Checked>(store: &Store, id: &T::Id) -> Result<Vec<Catalogue>, Refused> {
    let catalogues = store.all_offerings::<Catalogue>().await?.into_iter().map(|catalogue| catalogue.content);
    Ok(catalogues.filter(|catalogue| T::withdrawn(id, catalogue).is_some()).collect())
}

/// Takes `id` out of a catalogue.
async fn withdraw_from<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    catalogue: &Catalogue,
) -> Result<(), Refused> {
    let without = |catalogue: Catalogue| T::withdrawn(id, &catalogue).unwrap_or(catalogue);
    match revise(store, context, by, &catalogue.id, Precondition::Any, |transaction| transaction, without).await {
        Ok(_) | Err(Refused::NotFound(_)) => Ok(()),
        Err(refused) => Err(refused),
    }
}

/// Puts `id` back into the catalogues that it was withdrawn from, and removes the mark of its deletion. Each step requires
/// that nobody deletes it by force meanwhile.
async fn put_back<T: Checked>(
    store: &Store,
    context: &mut Context,
    by: &Actor,
    id: &T::Id,
    withdrawn: &Withdrawn,
) -> Result<(), Refused> {
    let stage = DeletionStage::PuttingBack(withdrawn.clone());
    // What is gone after all, in another way, stays out of the catalogues.
    let exists = store.offering::<T>(id).await?.is_some();
    for catalogue_id in withdrawn.catalogue_ids.iter().filter(|_| exists) {
        let guarded = |transaction: Transaction| transaction.require_deletion::<T>(id, &stage);
        let with = |catalogue: Catalogue| T::put_back(id, withdrawn, catalogue);
        match revise(store, context, by, catalogue_id, Precondition::Any, guarded, with).await {
            Ok(_) | Err(Refused::NotFound(_)) => {}
            Err(refused) => return Err(refused),
        }
    }
    settled::<T>(store, Transaction::new(context).drop_deletion::<T>(id, &stage)).await
}
