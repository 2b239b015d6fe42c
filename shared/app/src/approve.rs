//! Approve a request: by an API Owner, or by the policy (R26, R33).

use gatepass_domain::access_request::{AccessRequestView, MAX_TEXT, Pending, Status};
use gatepass_domain::id::RequestId;
use gatepass_domain::text::Findings;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Plan, Product};
use gatepass_store::{Guard, Store, Transaction};

use crate::ROUNDS;
use crate::error::Refused;
use crate::idempotent::Idempotent;

/// Approves the request `id` as `owner`.
///
/// # Errors
/// In this order: [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::OwnRequest`], [`Refused::AlreadyDecided`], and
/// `no-longer-available` or [`Refused::NoLongerPossible`] when there is nothing left to grant.
pub async fn approve(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: RequestId,
    note: Option<String>,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    check_note(note.as_deref())?;
    let by = Actor::from(owner.person());
    for _ in 0..ROUNDS {
        let request = store.request(id).await?;
        idempotent.check(store, context).await?;
        let request = request.ok_or(Refused::NotFound("access request"))?;
        let pending = decidable(request, owner)?;
        if pending.is_approved_by(&owner.person().id) {
            return Err(Refused::AlreadyDecided { status: Status::Pending, by: None, at: None });
        }
        let required = approvals_required(store, &pending).await?;
        if let Some(view) = decide(store, context, pending, &by, note.clone(), required, idempotent).await? {
            return Ok(view);
        }
    }
    Err(Refused::Busy)
}

/// Requires a note, if there is one, that is not too long.
///
/// # Errors
/// [`Refused::Invalid`].
pub fn check_note(note: Option<&str>) -> Result<(), Refused> {
    let mut findings = Findings::default();
    findings.text(note.unwrap_or_default(), "/note", MAX_TEXT);
    findings.into_result().map_err(Refused::Invalid)
}

/// The request as one that `owner` may decide on.
pub(crate) fn decidable(request: AccessRequest, owner: &ApiOwner) -> Result<Pending, Refused> {
    if request.facts().submission.requester.id == owner.person().id {
        return Err(Refused::OwnRequest);
    }
    undecided(request)
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

/// How many must approve; at the same time, that what was asked for can still be granted.
async fn approvals_required(store: &Store, pending: &Pending) -> Result<u8, Refused> {
    let facts = pending.facts();
    let wanted = facts.product_ids();
    let products = store.offerings::<Product>(&wanted).await?;
    if let Some(gone) = wanted.iter().find(|id| !products.iter().any(|product| &product.id == *id)) {
        return Err(Refused::product_gone(gone));
    }
    let plan = store.offering::<Plan>(&facts.submission.plan_id).await?;
    let gone = || Refused::NoLongerPossible(format!("the plan `{}` no longer exists", facts.submission.plan_id));
    plan.map(|(plan, _)| plan.approvals_required).ok_or_else(gone)
}

/// Commits an approval; `None` when somebody got in between.
pub(crate) async fn decide(
    store: &Store,
    context: &mut Context,
    pending: Pending,
    by: &Actor,
    note: Option<String>,
    required: u8,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<Option<AccessRequestView>, Refused> {
    let app_id = pending.facts().submission.app.id;
    let (after, event) = pending.approve(context, by, note, required);
    let request = AccessRequest::from(after);
    let view = request.view();
    let transaction = Transaction::new(context).request(&request, &event).require_app(app_id);
    let transaction = idempotent.record(transaction, &view, context);
    match store.commit(transaction).await {
        Ok(()) => Ok(Some(view)),
        Err(error) => match idempotent.beaten(&error, context) {
            Some(refused) => Err(refused),
            None if error.is_refused_by(Guard::Request) => Ok(None),
            None if error.is_refused_by(Guard::Access) => {
                Err(Refused::NoLongerPossible("the app has been deleted".into()))
            }
            None => Err(Refused::unexpected(error)),
        },
    }
}
