//! The people who decide on access requests: administrators, and approvers of some products (P13).

use std::collections::BTreeSet;

use gatepass_domain::access_request::{AwaitedGroup, RequestKind};
use gatepass_domain::conflict::{Involvement, Matter, a_year_before, conflict_of_interest};
use gatepass_domain::id::{CredentialId, ProductId};
use gatepass_domain::{AccessRequest, App, Person, Plan, Product, Reviewer, Versioned};
use gatepass_store::{Store, Transaction};

use crate::error::Refused;

/// The most products of an approver that are named.
pub const MOST_NAMED: usize = 100;

/// The products whose requests a person decides on, because they are in one of the approver groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApproverOf {
    /// The first of them, by slug: at most [`MOST_NAMED`].
    pub product_ids: Vec<ProductId>,
    /// True when there are others.
    pub more: bool,
}

/// The products that `person` is an approver of.
///
/// # Errors
/// [`Refused::Store`].
pub async fn approver_of(store: &Store, person: &Person) -> Result<ApproverOf, Refused> {
    let mut product_ids = store.products_approved_by(&person.groups, MOST_NAMED + 1).await?;
    let more = product_ids.len() > MOST_NAMED;
    product_ids.truncate(MOST_NAMED);
    Ok(ApproverOf { product_ids, more })
}

/// `person` as one who decides on requests; `None` for somebody who decides on nothing.
///
/// # Errors
/// [`Refused::Store`].
pub async fn reviewer(store: &Store, person: Person) -> Result<Option<Reviewer>, Refused> {
    match person.into_api_owner() {
        Ok(administrator) => Ok(Some(Reviewer::Administrator(administrator))),
        Err(person) => {
            let decides = !store.products_approved_by(&person.groups, 1).await?.is_empty();
            Ok(decides.then_some(Reviewer::Approver(person)))
        }
    }
}

/// The products of a request that a reviewer decides on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entitlement {
    /// Those.
    pub(crate) own: Vec<ProductId>,
    /// The others.
    pub(crate) others: Vec<ProductId>,
}

impl Entitlement {
    /// The entitlement of `reviewer` to `request`, whose products are these now.
    ///
    /// # Errors
    /// [`Refused::NotFound`] when it names no product of theirs.
    pub(crate) fn of(
        reviewer: &Reviewer,
        request: &AccessRequest,
        products: &[Versioned<Product>],
    ) -> Result<Self, Refused> {
        let decides_on = |id: &ProductId| match reviewer {
            // Also on a product that has been deleted.
            Reviewer::Administrator(_) => true,
            Reviewer::Approver(_) => products.iter().any(|one| one.id == *id && reviewer.decides_on(one)),
        };
        let (own, others): (Vec<_>, Vec<_>) = request.facts().product_ids().into_iter().partition(decides_on);
        if own.is_empty() { Err(Refused::NotFound("access request")) } else { Ok(Self { own, others }) }
    }

    /// The reviewer's products beside those that they keep.
    ///
    /// # Errors
    /// [`Refused::NotEntitled`] for a product that somebody else decides on; [`Refused::MoreThanAsked`] for one that the request
    /// is not for.
    pub(crate) fn dropped_but(&self, kept: &[ProductId]) -> Result<Vec<ProductId>, Refused> {
        let foreign: Vec<_> = kept.iter().filter(|id| self.others.contains(id)).cloned().collect();
        if !foreign.is_empty() {
            return Err(Refused::NotEntitled(foreign));
        }
        if let Some(unknown) = kept.iter().find(|id| !self.own.contains(id)) {
            return Err(Refused::MoreThanAsked(format!("the request is not for `{unknown}`")));
        }
        Ok(self.own.iter().filter(|id| !kept.contains(id)).cloned().collect())
    }

    /// Requires that the reviewer decides on every product.
    ///
    /// # Errors
    /// [`Refused::NotEntitled`] with the products that somebody else decides on.
    pub(crate) fn require_all(&self) -> Result<(), Refused> {
        if self.others.is_empty() { Ok(()) } else { Err(Refused::NotEntitled(self.others.clone())) }
    }
}

/// Refuses a decision on `request` in which the person has an interest of their own. `app` is its app as it is now, `involvement`
/// the person's part so far in the credential that it is about.
///
/// # Errors
/// [`Refused::ConflictOfInterest`].
pub(crate) fn check_interest(
    person: &Person,
    request: &AccessRequest,
    app: Option<&App>,
    involvement: Option<Involvement>,
) -> Result<(), Refused> {
    let facts = request.facts();
    let since = match facts.submission.kind {
        RequestKind::Grant => a_year_before(facts.created_at),
        _ => facts.created_at,
    };
    let matter = Matter::Request { requester: &facts.submission.requester.id, app, since, involvement };
    require_no_conflict(person, matter)
}

/// Refuses a matter in which the person has an interest of their own.
///
/// # Errors
/// [`Refused::ConflictOfInterest`].
pub(crate) fn require_no_conflict(person: &Person, matter: Matter<'_>) -> Result<(), Refused> {
    conflict_of_interest(person, matter).map_or(Ok(()), |conflict| Err(Refused::ConflictOfInterest(conflict)))
}

/// Adds to a decision that the person is never shown a key of the credential that it is about. Decisions on a request that is to
/// bring about a credential of its own stand on the request.
pub(crate) fn decided(transaction: Transaction, credential_id: Option<CredentialId>, person: &Person) -> Transaction {
    match credential_id {
        Some(id) => transaction.involve(id, &person.id, Involvement::Decided),
        None => transaction,
    }
}

/// Requests, each with the groups that it waits for.
///
/// # Errors
/// [`Refused::Store`].
pub async fn with_awaiting(
    store: &Store,
    requests: Vec<AccessRequest>,
) -> Result<Vec<(AccessRequest, Vec<AwaitedGroup>)>, Refused> {
    let (products, plans) = offerings_of(store, requests.iter().filter(|request| is_pending(request))).await?;
    Ok(requests
        .into_iter()
        .map(|request| {
            let awaiting = awaiting_by(&request, &products, &plans);
            (request, awaiting)
        })
        .collect())
}

/// The groups that `request` waits for.
///
/// # Errors
/// [`Refused::Store`].
pub async fn awaiting(store: &Store, request: &AccessRequest) -> Result<Vec<AwaitedGroup>, Refused> {
    let (products, plans) = offerings_of(store, [request].into_iter().filter(|request| is_pending(request))).await?;
    Ok(awaiting_by(request, &products, &plans))
}

fn is_pending(request: &AccessRequest) -> bool {
    matches!(request, AccessRequest::Pending(_))
}

pub(crate) fn awaiting_by(
    request: &AccessRequest,
    products: &[Versioned<Product>],
    plans: &[Versioned<Plan>],
) -> Vec<AwaitedGroup> {
    request.awaiting(products.iter().map(|product| &product.content), plan_of(request, plans))
}

/// The plan of `request` as it is now, among `plans`.
pub(crate) fn plan_of<'a>(request: &AccessRequest, plans: &'a [Versioned<Plan>]) -> Option<&'a Plan> {
    let plan = plans.iter().find(|plan| plan.id == request.facts().submission.plan_id);
    plan.map(|plan| &plan.content)
}

/// The products and plans that `requests` name, as they are now, in as few reads as can be.
pub(crate) async fn offerings_of(
    store: &Store,
    requests: impl Iterator<Item = &AccessRequest>,
) -> Result<(Vec<Versioned<Product>>, Vec<Versioned<Plan>>), Refused> {
    let (mut product_ids, mut plan_ids) = (BTreeSet::new(), BTreeSet::new());
    for request in requests {
        product_ids.extend(request.facts().product_ids());
        plan_ids.insert(request.facts().submission.plan_id.clone());
    }
    Ok(store.products_and_plans(product_ids, plan_ids).await?)
}
