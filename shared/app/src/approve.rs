//! Approve a request: by those who decide on its products, or by the policy (R26, R33).

use gatepass_domain::access_request::{Item, MAX_TEXT, Pending, Status};
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{AccessRequest, Actor, Context, Plan, Reviewer, Versioned, Violation, rule};
use gatepass_store::{ReferencedEntities, Store, Transaction};
use jiff::Timestamp;

use crate::entities::entities_now;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, check_interest};

/// Approves the products of the request `id` that `reviewer` decides on. When every product has as many approvals as it
/// needs, access is approved.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::ConflictOfInterest`],
/// [`Refused::AlreadyDecided`], and `no-longer-available` or [`Refused::NoLongerPossible`] when there is nothing left to
/// grant.
pub async fn approve(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    note: Option<String>,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    check_note(note.as_deref())?;
    let by = Actor::from(reviewer.person());
    let read = || async {
        let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
        let entities = entities_now(store, &request.facts().submission).await?;
        Ok((request, entities))
    };
    commit_decision(store, context, idempotent, read, |context, (request, entities)| {
        let entitlement = Entitlement::of(reviewer, &request, &entities.products)?;
        check_interest(reviewer.person(), &request, entities.app.as_ref().map(|app| &app.content))?;
        let pending = undecided(request)?;
        let required = pending.approvals_required(entities.plan.as_ref().map(|plan| &plan.content));
        let mut products = entitlement.own;
        // Somebody who has approved before decides when the plan has come to need no more approvals than there are.
        if !pending.unapproved(required).is_empty() {
            products.retain(|product| !pending.is_approved_by(&reviewer.person().id, product));
        }
        if products.is_empty() {
            return Err(Refused::AlreadyDecided { status: Status::Pending, by: None, at: None });
        }
        grantable(&pending, &entities, context.now)?;
        let (transaction, request) = approval(context, pending, &by, note.clone(), products, required);
        Ok(Step::commit(transaction, request))
    })
    .await
}

/// Requires a note, if there is one, that is not too long.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check_note(note: Option<&str>) -> Result<(), Refused> {
    let mut errors = ValidationErrors::default();
    errors.text(note.unwrap_or_default(), "/note", MAX_TEXT);
    errors.into_result().map_err(Refused::Invalid)
}

/// The request as one that is still undecided.
pub(crate) fn undecided(request: AccessRequest) -> Result<Pending, Refused> {
    match request {
        AccessRequest::Pending(pending) => Ok(pending),
        settled => {
            let view = settled.view();
            Err(Refused::AlreadyDecided { status: view.status, by: view.decided_by, at: view.decided_at })
        }
    }
}

/// Requires that what was asked for can still be granted, as far as is known: of the requester's groups
/// those that they had at submit. Gives the plan.
///
/// # Errors
/// `no-longer-available`, `credential-not-compatible` or [`Refused::NoLongerPossible`], with the reason.
pub(crate) fn grantable<'a>(
    pending: &Pending,
    entities: &'a ReferencedEntities,
    now: Timestamp,
) -> Result<&'a Versioned<Plan>, Refused> {
    let submission = &pending.facts().submission;
    let gone = |what: String| Refused::NoLongerPossible(what);
    let on_offer = |id: &ProductId| entities.products.iter().any(|product| &product.id == id && product.published);
    let missing: Vec<_> = pending.facts().product_ids().into_iter().filter(|id| !on_offer(id)).collect();
    if !missing.is_empty() {
        return Err(Violation::NoLongerAvailable { products: missing, plan: None }.into());
    }
    let asked = submission.auth_method;
    if let Some(product) = entities.products.iter().find(|product| product.auth_method != asked) {
        let (id, method) = (&product.id, product.auth_method.as_str());
        return Err(gone(format!(
            "the product `{id}` uses {method} by now, and was asked for with {}",
            asked.as_str()
        )));
    }
    let plan = entities.plan.as_ref();
    let plan = plan.ok_or_else(|| gone(format!("the plan `{}` no longer exists", submission.plan_id)))?;
    if entities.app.is_none() {
        return Err(gone(format!("the app \"{}\" has been deleted", submission.app.name)));
    }
    for Item { product_id, catalogue_id, .. } in &submission.items {
        let catalogue = entities.catalogues.iter().find(|one| &one.id == catalogue_id).map(|one| &one.content);
        let product = entities.products.iter().find(|one| &one.id == product_id).map(|one| &one.content);
        let (catalogue, product) = ((catalogue_id, catalogue), (product_id, product));
        let offer = rule::check_offer(&submission.requester, catalogue, product, (&plan.id, true));
        offer.map_err(|violation| {
            gone(match violation {
                Violation::PlanNotOffered { .. } => {
                    format!("the catalogue `{catalogue_id}` no longer offers the plan `{}`", plan.id)
                }
                _ => {
                    let who = &submission.requester.name;
                    format!("the catalogue `{catalogue_id}` no longer presents the product `{product_id}` to {who}")
                }
            })
        })?;
    }
    if submission.extends_credential_id.is_some() {
        let wanted = pending.facts().product_ids();
        rule::check_extension(entities.credential.as_ref(), &plan.id, submission.auth_method, &wanted, now)?;
    }
    Ok(plan)
}

/// The transaction that approves, and the request as it stands then. It does not look at the app: deleting an app ends
/// every request that has claims on its behalf, an approved one too.
pub(crate) fn approval(
    context: &mut Context,
    pending: Pending,
    by: &Actor,
    note: Option<String>,
    products: Vec<ProductId>,
    required: u8,
) -> (Transaction, AccessRequest) {
    let submission = &pending.facts().submission;
    let (app_id, extended) = (submission.app.id, submission.extends_credential_id);
    let (after, event) = pending.approve_products(context, by, note, products, required);
    let request = AccessRequest::from(after);
    let transaction = Transaction::new(context).request(&request, &event);
    let transaction = match extended {
        Some(credential_id) => transaction.require_active_credential(app_id, credential_id),
        None => transaction,
    };
    (transaction, request)
}
