//! Approve a request: by those who decide on its products, or by the policy (R26, R33).

use std::collections::BTreeSet;

use gatepass_domain::access_request::{Item, MAX_TEXT, Pending, Reduction, RequestKind, Status};
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::{PlanId, ProductId, RequestId};
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{AccessRequest, Actor, Context, Event, PersonId, Plan, Reviewer, Versioned, Violation, rule};
use gatepass_store::{EndingClaims, Heirs, ReferencedEntities, Store, Transaction};
use jiff::{SignedDuration, Timestamp};

use crate::entities::entities_now;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{Entitlement, check_interest, decided};
use crate::submit::MAX_PRODUCTS;

/// An approval: of everything that the reviewer decides on, or of less than was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApproveRequest {
    /// A note, which the requester reads. It is the reason for what is dropped.
    pub note: Option<String>,
    /// The products that are approved; the reviewer's others are dropped. All of them, unless they are named.
    pub product_ids: Option<Vec<ProductId>>,
    /// Another plan, within the one that was asked for.
    pub plan_id: Option<PlanId>,
    /// The end of the access.
    pub access_expires_at: Option<Timestamp>,
}

impl ApproveRequest {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// [`Refused::Invalid`].
    pub fn check(&self, now: Timestamp) -> Result<(), Refused> {
        let mut errors = ValidationErrors::default();
        errors.text(self.note.as_deref().unwrap_or_default(), "/note", MAX_TEXT);
        errors.extend(product_faults(self.product_ids.as_deref()));
        let ends_later = self.access_expires_at.is_none_or(|end| end > now);
        errors.require(ends_later, "/access_expires_at", "must be in the future");
        errors.into_result().map_err(Refused::Invalid)
    }
}

/// The faults of the products that a decision names.
pub(crate) fn product_faults(product_ids: Option<&[ProductId]>) -> Vec<FieldError> {
    let Some(product_ids) = product_ids else { return Vec::new() };
    let mut errors = ValidationErrors::default();
    errors.require((1..=MAX_PRODUCTS).contains(&product_ids.len()), "/product_ids", "must name 1 to 20 products");
    errors.distinct(product_ids, "/product_ids", "must not repeat a product");
    errors.into_result().err().unwrap_or_default()
}

/// Approves the products of the request `id` that `reviewer` decides on, or less than that. When every product that remains
/// has as many approvals as it needs, access is approved.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::ConflictOfInterest`], [`Refused::NotEntitled`],
/// [`Refused::MoreThanAsked`], [`Refused::AlreadyDecided`], `plan-not-offered` for another plan, and `no-longer-available` or
/// [`Refused::NoLongerPossible`] when there is nothing left to grant.
pub async fn approve(
    store: &Store,
    context: &mut Context,
    reviewer: &Reviewer,
    id: RequestId,
    approval: &ApproveRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    approval.check(context.now)?;
    let by = Actor::from(reviewer.person());
    let read = || read(store, id, &reviewer.person().id, approval);
    commit_decision(store, context, idempotent, read, |context, state| {
        let State { request, mut entities, asked_plan, claims } = state;
        let entitlement = Entitlement::of(reviewer, &request, &entities.products)?;
        let app = entities.app.as_ref().map(|app| &app.content);
        check_interest(reviewer.person(), &request, app, entities.involvement)?;
        let dropped = match &approval.product_ids {
            Some(kept) => entitlement.dropped_but(kept)?,
            None => Vec::new(),
        };
        if approval.plan_id.is_some() || approval.access_expires_at.is_some() {
            entitlement.require_all()?;
        }
        let mut pending = undecided(request)?;
        if !dropped.is_empty() || approval.plan_id.is_some() || approval.access_expires_at.is_some() {
            require_divisible(&pending)?;
        }
        entities.products.retain(|product| !dropped.contains(&product.id));
        let plan = match &approval.plan_id {
            Some(plan_id) => Some(chosen_plan(&pending, plan_id, &dropped, &entities, asked_plan.as_ref())?),
            None => None,
        };
        let plan_now = entities.plan.as_ref().map(|plan| &plan.content);
        check_end(approval.access_expires_at, plan_now, context.now)?;

        let reduction = Reduction { dropped: dropped.clone(), plan, access_expires_at: approval.access_expires_at };
        let mut earlier = Vec::new();
        if let Some(reduction) = pending.effective(reduction) {
            let (narrowed, event) = pending.narrow(context, &by, reduction, approval.note.clone());
            pending = narrowed;
            earlier.push(event);
        }
        let required = pending.approvals_required(plan_now);
        let mut products = entitlement.own;
        products.retain(|product| !dropped.contains(product));
        let products = pending.approvable_by(&reviewer.person().id, products, required);
        if products.is_empty() {
            return Err(Refused::AlreadyDecided { status: Status::Pending, by: None, at: None });
        }
        grantable(&pending, &entities, context.now)?;
        let note = approval.note.clone();
        let (transaction, request) = approval_after(context, earlier, pending, &by, note, products, required);
        let (app_id, credential_id) =
            (request.facts().submission.app.id, request.facts().submission.extends_credential_id);
        let transaction = transaction.end_claims(app_id, &claims.on(&dropped));
        Ok(Step::commit(decided(transaction, credential_id, reviewer.person()), request))
    })
    .await
}

/// The state that an approval depends on.
struct State {
    request: AccessRequest,
    /// Everything that the request names, with the plan that is chosen instead of its own.
    entities: ReferencedEntities,
    /// The plan that was asked for, when another one is chosen.
    asked_plan: Option<Versioned<Plan>>,
    /// The claims that products give up when they are dropped.
    claims: EndingClaims,
}

async fn read(store: &Store, id: RequestId, reviewer: &PersonId, approval: &ApproveRequest) -> Result<State, Refused> {
    let request = store.request(id).await?.ok_or(Refused::NotFound("access request"))?;
    let mut submission = request.facts().submission.clone();
    let mut asked_plan = None;
    if let (AccessRequest::Pending(pending), Some(plan_id)) = (&request, &approval.plan_id) {
        asked_plan = store.offering::<Plan>(pending.asked_plan()).await?.map(|(plan, _)| plan);
        submission.plan_id = plan_id.clone();
    }
    let entities = entities_now(store, &submission, Some(reviewer)).await?;
    let claims = match &approval.product_ids {
        Some(_) => store.ending_claims(submission.app.id, &BTreeSet::from([id]), Heirs::Extensions).await?,
        None => EndingClaims::default(),
    };
    Ok(State { request, entities, asked_plan, claims })
}

/// Requires that the plan is offered with each product that remains, and is within the one that was asked for; gives it with
/// its name.
fn chosen_plan(
    pending: &Pending,
    plan_id: &PlanId,
    dropped: &[ProductId],
    entities: &ReferencedEntities,
    asked_plan: Option<&Versioned<Plan>>,
) -> Result<(PlanId, String), Refused> {
    let remaining = pending.facts().submission.items.iter().filter(|item| !dropped.contains(&item.product_id));
    for Item { catalogue_id, .. } in remaining {
        let catalogue = entities.catalogues.iter().find(|one| &one.id == catalogue_id);
        if entities.plan.is_none() || catalogue.is_some_and(|one| !one.plan_ids.contains(plan_id)) {
            let (plan, catalogue) = (plan_id.clone(), catalogue_id.clone());
            return Err(Violation::PlanNotOffered { plan, catalogue }.into());
        }
    }
    let asked = pending.asked_plan();
    match (&entities.plan, asked_plan) {
        (Some(plan), _) if plan_id == asked => Ok((plan_id.clone(), plan.name.clone())),
        (Some(plan), Some(asked_plan)) if plan.is_within(asked_plan) => Ok((plan_id.clone(), plan.name.clone())),
        _ => Err(Refused::MoreThanAsked(format!("the plan `{plan_id}` is not within the plan `{asked}`"))),
    }
}

/// Requires that the request can be approved or rejected in part: a renewal or a change of plan is for the credential as a whole.
pub(crate) fn require_divisible(pending: &Pending) -> Result<(), Refused> {
    if pending.facts().submission.kind.changes_credential() {
        let why = "the request is for the credential as a whole: approve or reject all of it";
        return Err(Violation::CredentialNotCompatible { why: why.into() }.into());
    }
    Ok(())
}

/// Requires that the access ends no later than by the plan.
fn check_end(end: Option<Timestamp>, plan: Option<&Plan>, now: Timestamp) -> Result<(), Refused> {
    let seconds = plan.and_then(|plan| plan.access_expires_in_seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let latest = seconds.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    match (end, latest) {
        (Some(end), Some(latest)) if end > latest => {
            Err(Refused::MoreThanAsked(format!("access under this plan would end on {latest}")))
        }
        _ => Ok(()),
    }
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
/// those that they had at submit. A grant needs no catalogue that is presented to them. Gives the plan.
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
        let offer = match submission.kind {
            RequestKind::Grant => rule::check_shown(catalogue, product, (&plan.id, true)),
            _ => rule::check_offer(&submission.requester, catalogue, product, (&plan.id, true)),
        };
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
    let credential = entities.credential.as_ref();
    match submission.kind {
        RequestKind::ChangePlan => rule::check_plan_change(credential, &plan.id, now)?,
        RequestKind::Renewal if credential.is_none_or(|one| one.status == CredentialStatus::Revoked) => {
            return Err(gone("the credential has been revoked".to_owned()));
        }
        RequestKind::Renewal => {}
        RequestKind::New | RequestKind::Extend | RequestKind::Grant => {
            if submission.extends_credential_id.is_some() {
                let wanted = pending.facts().product_ids();
                rule::check_extension(credential, &plan.id, submission.auth_method, &wanted, now)?;
            }
        }
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
    approval_after(context, Vec::new(), pending, by, note, products, required)
}

/// As [`approval`], after the events `earlier`, which led to the request as it is.
fn approval_after(
    context: &mut Context,
    earlier: Vec<Event>,
    pending: Pending,
    by: &Actor,
    note: Option<String>,
    products: Vec<ProductId>,
    required: u8,
) -> (Transaction, AccessRequest) {
    let submission = &pending.facts().submission;
    let (app_id, extended) = (submission.app.id, submission.extends_credential_id);
    let kind = submission.kind;
    let (after, event) = pending.approve_products(context, by, note, products, required);
    let request = AccessRequest::from(after);
    let transaction = Transaction::new(context).request_after(&request, &earlier, &event);
    let transaction = match extended {
        // It may have expired, and a suspension does not keep time from being added.
        Some(credential_id) if kind == RequestKind::Renewal => {
            transaction.require_standing_credential(app_id, credential_id)
        }
        Some(credential_id) => transaction.require_credential_status(app_id, credential_id, CredentialStatus::Active),
        None => transaction,
    };
    (transaction, request)
}
