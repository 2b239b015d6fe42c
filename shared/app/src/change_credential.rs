//! Ask for a change of a credential: more time (a renewal), or another plan.
//!
//! A change is an access request like any other: the policy is evaluated on the products that the credential opens, and
//! nothing changes until the request is approved. While one waits, the credential is neither changed nor extended by
//! another request; extensions may wait side by side, because each adds products of its own.

use gatepass_domain::access_request::{self, AppRef, Item, MAX_TEXT, RequestKind, Submission, Waiting};
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::policy::{self, Inputs, Subject};
use gatepass_domain::text::ValidationErrors;
use gatepass_domain::{
    AccessRequest, App, Catalogue, Context, Credential, Person, Plan, Product, Versioned, Violation, rule,
};
use gatepass_store::{CommitError, Guard, ReferencedEntities, References, Store, Transaction};
use jiff::Timestamp;

use crate::caps;
use crate::credentials::holder;
use crate::error::Refused;
use crate::expire_credential::settle;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::submit::{change_pending, use_allowance};

/// The most products of a credential that can be changed: a request for all of them is one transaction.
const MAX_PRODUCTS: usize = 40;

/// The change to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// More time under the plan that the credential has.
    Renewal,
    /// This plan.
    Plan(PlanId),
}

impl Change {
    fn kind(&self) -> RequestKind {
        match self {
            Self::Renewal => RequestKind::Renewal,
            Self::Plan(_) => RequestKind::ChangePlan,
        }
    }

    fn plan_id<'a>(&'a self, credential: &'a Credential) -> &'a PlanId {
        match self {
            Self::Renewal => &credential.plan_id,
            Self::Plan(id) => id,
        }
    }
}

/// Files a request to change the credential `id`, as someone who may use its keys.
///
/// # Errors
/// [`Refused::Invalid`], [`Refused::NotFound`], [`Refused::FormerOwner`]; `credential-not-compatible` or, for a renewal,
/// `no-longer-available`; [`Refused::CredentialNotActive`], [`Refused::RenewalNotDue`], [`Refused::ChangePending`];
/// `QuotaExceeded` and `TooManyPending`; [`Refused::DuplicateAccess`] when the app has got a product of an expired
/// credential otherwise.
pub async fn change_credential(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    (app_id, id): (AppId, CredentialId),
    change: &Change,
    justification: Option<&str>,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let mut errors = ValidationErrors::default();
    errors.text(justification.unwrap_or_default(), "/justification", MAX_TEXT);
    errors.into_result().map_err(Refused::Invalid)?;
    write_down_the_end(store, context, caller, app_id, id).await?;
    let read = || State::read(store, caller, app_id, id, change);
    commit_decision(store, context, idempotent, read, |context, state| {
        let plan = state.check(caller, change, context.now)?;
        state.file(context, caller, change, justification, &plan)
    })
    .await
}

/// Between the end of a credential and the next run of `expire`, its products still count as held by the app: a renewal
/// could not claim them. A product to which access has ended is nothing to be changed.
async fn write_down_the_end(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    app_id: AppId,
    id: CredentialId,
) -> Result<(), Refused> {
    holder(store, caller, app_id).await?;
    let stored = store.credential(app_id, id).await?;
    let unnoticed = stored.is_some_and(|stored| {
        stored.credential.status != stored.credential.status_at(context.now)
            || !stored.credential.ended_products(context.now).is_empty()
    });
    if unnoticed {
        settle(store, context, app_id, id).await?;
    }
    Ok(())
}

/// Everything that a change depends on.
struct State {
    app: Versioned<App>,
    credential: Versioned<Credential>,
    /// The products that the credential opens, each with a catalogue that offers it to the caller with the plan.
    offers: Vec<(ProductId, CatalogueId)>,
    entities: ReferencedEntities,
    /// The app's extensions, and the changes of its credentials that wait.
    others: Vec<RequestId>,
    /// One of them that concerns this credential and has not been carried out.
    under_way: Option<RequestId>,
}

impl State {
    async fn read(
        store: &Store,
        caller: &Person,
        app_id: AppId,
        id: CredentialId,
        change: &Change,
    ) -> Result<Self, Refused> {
        let app = holder(store, caller, app_id).await?;
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        let credential = stored.credential;
        let plan_id = change.plan_id(&credential);
        let open = credential.open_products();
        let catalogues = store.all_offerings::<Catalogue>().await?;
        let offering = |product: &ProductId| {
            catalogues.iter().find(|one| {
                one.audience.includes(Some(caller))
                    && one.product_ids.contains(product)
                    && one.plan_ids.contains(plan_id)
            })
        };
        let offers: Vec<_> = open.into_iter().filter_map(|id| offering(&id).map(|one| (id, one.id.clone()))).collect();
        let wanted: Vec<_> = offers.iter().map(|(product, catalogue)| (catalogue.clone(), product.clone())).collect();
        let names = References {
            wanted: wanted.get(..MAX_PRODUCTS).unwrap_or(&wanted),
            plan_id,
            app_id: Some(app_id),
            credential_id: Some(id),
            requester: &caller.id,
            reviewer: None,
        };
        let mut entities = store.referenced_entities(&names).await?;
        let cap = caps::max_pending(&entities.settings);
        entities.holdings = store.holdings_against(entities.holdings, cap).await?;
        let others = store.extensions_of(app_id).await?;
        let mut under_way = None;
        for other in &others {
            let request = store.request(*other).await?;
            let concerns = |request: &AccessRequest| {
                request.facts().submission.extends_credential_id == Some(id)
                    && request.is_standing()
                    && !matches!(request, AccessRequest::Provisioned(_))
            };
            if request.is_some_and(|request| concerns(&request)) {
                under_way = Some(*other);
                break;
            }
        }
        Ok(Self { app, credential, offers, entities, others, under_way })
    }

    /// Checks that the credential can be changed in this way now; gives the plan.
    fn check(&self, caller: &Person, change: &Change, now: Timestamp) -> Result<Versioned<Plan>, Refused> {
        let plan_id = change.plan_id(&self.credential);
        let open = self.credential.open_products();
        let missing: Vec<_> = open.iter().filter(|id| !self.is_offered(caller, id, plan_id)).cloned().collect();
        let plan = self.entities.plan.clone().filter(|_| missing.is_empty());
        let status = self.credential.status_at(now);
        let plan = match change {
            Change::Plan(_) => {
                rule::check_plan_change(Some(&self.credential), plan_id, now)?;
                let not_offered = || match missing.first() {
                    Some(id) => format!("the product `{id}` is not offered to you with the plan `{plan_id}`"),
                    None => format!("there is no plan `{plan_id}`"),
                };
                plan.ok_or_else(|| Violation::CredentialNotCompatible { why: not_offered().into() })?
            }
            Change::Renewal => {
                let plan_gone = self.entities.plan.is_none().then(|| plan_id.clone());
                plan.ok_or(Violation::NoLongerAvailable { products: missing, plan: plan_gone })?
            }
        };
        if open.len() > MAX_PRODUCTS {
            let why = format!("it opens more than {MAX_PRODUCTS} products: remove some of them first");
            return Err(Violation::CredentialNotCompatible { why: why.into() }.into());
        }
        if let Change::Renewal = change {
            // A suspension outlives the end of the credential.
            if matches!(status, CredentialStatus::Suspended | CredentialStatus::Revoked)
                || self.credential.suspension.is_some()
            {
                return Err(Refused::CredentialNotActive);
            }
            let window = self.credential.next_end().map(rule::renewal_window);
            if !window.is_some_and(|(from, until)| (from..=until).contains(&now)) {
                return Err(Refused::RenewalNotDue { window });
            }
        }
        match self.under_way {
            Some(conflicting) => Err(Refused::ChangePending { conflicting }),
            None => Ok(plan),
        }
    }

    fn catalogue_of(&self, id: &ProductId) -> Option<&CatalogueId> {
        self.offers.iter().find(|(product, _)| product == id).map(|(_, catalogue)| catalogue)
    }

    fn is_offered(&self, caller: &Person, id: &ProductId, plan_id: &PlanId) -> bool {
        let Some(catalogue_id) = self.catalogue_of(id) else { return false };
        let catalogue = self.entities.catalogues.iter().find(|one| &one.id == catalogue_id).map(|one| &one.content);
        let product = self.entities.products.iter().find(|one| &one.id == id).map(|one| &one.content);
        let plan = (plan_id, self.entities.plan.is_some());
        rule::check_offer(caller, (catalogue_id, catalogue), (id, product), plan).is_ok()
    }

    /// The transaction that files the request.
    fn file(
        &self,
        context: &mut Context,
        caller: &Person,
        change: &Change,
        justification: Option<&str>,
        plan: &Versioned<Plan>,
    ) -> Result<Step<AccessRequest>, Refused> {
        let (app_id, credential) = (self.app.id, &self.credential);
        let submission = self.submission(caller, change, justification, plan);
        let (pending, event) = access_request::submit(context, submission);
        let waiting = Waiting::begin(plan, &self.entities.settings, context.now);
        let request = AccessRequest::from(pending).waiting(waiting);
        let id = request.facts().id;
        // What an expired credential opened is free, and the app may have asked for it otherwise.
        let products = match credential.status_at(context.now) {
            CredentialStatus::Expired => request.facts().product_ids(),
            _ => Vec::new(),
        };
        let mut transaction = Transaction::new(context)
            .request(&request, &event)
            .claim_change(app_id, credential.id, id, &self.others, &products)
            .require_unchanged_credential(credential);
        // Deleting a product, a plan or a catalogue changes the catalogues first: what was on offer still is.
        for catalogue in &self.entities.catalogues {
            transaction = transaction.require_unchanged(catalogue);
        }
        if let Some(limit) = plan.request_allowance {
            let used = use_allowance(&self.entities.allowance, limit, context.now)?;
            transaction = transaction.use_allowance(&caller.id, &plan.id, used, limit, context.now);
        }
        caps::check_pending(&self.entities.holdings, &self.entities.settings)?;
        transaction = transaction.holdings(&caller.id, self.entities.holdings.with(Some(id)));
        Ok(Step::commit_unless(transaction, request, refusal))
    }

    fn submission(
        &self,
        caller: &Person,
        change: &Change,
        justification: Option<&str>,
        plan: &Versioned<Plan>,
    ) -> Submission {
        let item = |product: &Versioned<Product>| {
            let catalogue_id = self.catalogue_of(&product.id)?.clone();
            Some(Item { product_id: product.id.clone(), catalogue_id, name: product.name.clone() })
        };
        let items: Vec<_> = self.entities.products.iter().filter_map(item).collect();
        let inputs = Inputs {
            requester: Subject { id: caller.id.clone(), groups: caller.groups.clone() },
            product_ids: items.iter().map(|item| item.product_id.clone()).collect(),
        };
        Submission {
            kind: change.kind(),
            requester: caller.clone(),
            app: AppRef { id: self.app.id, name: self.app.profile.name.clone() },
            items,
            plan_id: plan.id.clone(),
            plan_name: plan.name.clone(),
            auth_method: self.credential.auth_method,
            extends_credential_id: Some(self.credential.id),
            justification: justification.map(str::to_owned),
            policy: policy::evaluate(plan, inputs),
            approvals_required: plan.approvals_required,
        }
    }
}

/// Translates a failed guard. The filing starts over when the credential changed, or the app asked for something else, in
/// between.
fn refusal(error: &CommitError, request: &AccessRequest) -> Option<Refused> {
    if error.is_refused_by(Guard::Credential) {
        return None;
    }
    if let Some(refused) = change_pending(error, request) {
        return Some(refused);
    }
    let conflicting = error.access_refused(&request.facts().product_ids())??;
    // Before the end of the credential its products are claimed by the requests that opened them.
    Some(Refused::DuplicateAccess { conflicting })
}
