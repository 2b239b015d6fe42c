//! Read and change the settings.

use gatepass_domain::event::{Aggregate, Chain, Detail, EntitySubject};
use gatepass_domain::id::ProductId;
use gatepass_domain::settings::AccessFlow;
use gatepass_domain::text::FieldError;
use gatepass_domain::{Actor, ApiOwner, Context, Product, Settings, Versioned};
use gatepass_store::{Store, Transaction};
use jiff::Timestamp;

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::offerings::Checked;
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
/// [`Refused::Invalid`], also when published products rely on `fallback_owners` that would be none; [`Refused::VersionMismatch`].
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
        || async {
            let (standing, chain) = read(store).await?;
            let relies_on_them = settings.fallback_owners.is_empty() && !standing.fallback_owners.is_empty();
            let relying = if relies_on_them { published_without_owners(store).await? } else { Vec::new() };
            Ok((standing, chain, relying))
        },
        |context, (standing, mut chain, relying)| {
            precondition.check(standing.version)?;
            require_none(&relying)?;
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

/// The published products of which nobody but the fallback owners is told.
async fn published_without_owners(store: &Store) -> Result<Vec<ProductId>, Refused> {
    let products = store.all_offerings::<Product>().await?.into_iter();
    Ok(products.filter(|product| product.is_orphaned()).map(|product| product.id.clone()).collect())
}

/// The most products that an error names.
const NAMED: usize = 5;

fn require_none(relying: &[ProductId]) -> Result<(), Refused> {
    if relying.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = relying.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
    let others = relying.len().saturating_sub(NAMED);
    let others = if others == 0 { String::new() } else { format!(" and {others} more") };
    let fault = format!(
        "must name somebody, or nobody is told of requests for {}{others}: give these products `owners` or `approver_groups` first",
        named.join(", ")
    );
    Err(Refused::Invalid(vec![FieldError::new("/fallback_owners", fault)]))
}
