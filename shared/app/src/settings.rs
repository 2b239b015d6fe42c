//! Read and change the settings.

use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::settings::AccessFlow;
use gatepass_domain::{Actor, ApiOwner, Context, Settings, Versioned};
use gatepass_store::{Store, Transaction};
use jiff::Timestamp;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;

/// The settings. As long as nobody changed them, version 0 of the built-in ones.
///
/// # Errors
/// [`Refused::Store`].
pub async fn get(store: &Store, _owner: &ApiOwner) -> Result<Versioned<Settings>, Refused> {
    Ok(read(store).await?.0)
}

/// How access is asked for here: everybody may know, because everybody's pages depend on it.
///
/// # Errors
/// [`Refused::Store`].
pub async fn access_flow(store: &Store) -> Result<AccessFlow, Refused> {
    Ok(read(store).await?.0.access_flow)
}

async fn read(store: &Store) -> Result<(Versioned<Settings>, Chain), Refused> {
    let built_in = || {
        let never = Timestamp::UNIX_EPOCH;
        let settings = Versioned { content: Settings::default(), version: 0, created_at: never, updated_at: never };
        (settings, Chain::default())
    };
    Ok(store.settings().await?.unwrap_or_else(built_in))
}

/// Changes the settings.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::VersionMismatch`].
pub async fn put(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    precondition: Precondition,
    settings: &Settings,
) -> Result<Versioned<Settings>, Refused> {
    settings.check().map_err(Refused::Invalid)?;
    commit_decision(
        store,
        context,
        &Idempotent::Unkeyed,
        || read(store),
        |context, (standing, mut chain)| {
            precondition.check(standing.version)?;
            let next = match standing.version {
                0 => Versioned::first(settings.clone(), context.now),
                _ => standing.revised(settings.clone(), context.now),
            };
            let detail = EntitySubject::changed("settings", next.version, &standing.content, &next.content);
            let detail = Detail::SettingsUpdated(detail);
            let event = chain.append(context, Aggregate::Settings, &Actor::from(owner.person()), detail, None);
            Ok(Step::commit(Transaction::new(context).settings(&next, &event, chain), next))
        },
    )
    .await
}
