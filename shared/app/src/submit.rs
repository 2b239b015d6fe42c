//! File an access request (R1–R8, R15–R19).

use gatepass_domain::access_request::{self, AppRef, Item, MAX_TEXT, RequestKind, Submission, Waiting};
use gatepass_domain::app::Profile;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::plan::Limit;
use gatepass_domain::policy::{self, Inputs, Subject};
use gatepass_domain::settings::AccessFlow;
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{AccessRequest, App, Cart, Context, Person, Plan, Product, Settings, Versioned, Violation, rule};
use gatepass_store::{Allowance, CommitError, Guard, ReferencedEntities, References, Store, StoredCart, Transaction};
use jiff::Timestamp;

use crate::error::Refused;
use crate::expire_credential::has_expired_unnoticed;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::{apps, caps};

/// The most products in one request.
pub const MAX_PRODUCTS: usize = 20;

/// A request for access, well-formed but not yet checked against any rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitRequest {
    /// The products, each with the catalogue it was found in.
    pub wanted: Vec<(CatalogueId, ProductId)>,
    /// The plan.
    pub plan_id: PlanId,
    /// The app that is to receive the credential.
    pub target: Target,
    /// The credential to extend, instead of issuing a new one.
    pub extends_credential_id: Option<CredentialId>,
    /// The purpose.
    pub justification: Option<String>,
}

/// The way by which a request is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// Straight from a product's page.
    Direct,
    /// From the cart that was read, which is emptied by it.
    Cart(StoredCart),
}

/// The app that is to receive the credential (R5, R17, R19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that exists.
    Existing(AppId),
    /// One that is created together with the request.
    New(Profile),
}

impl SubmitRequest {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self, caller: &Person) -> Result<(), Refused> {
        let mut errors = ValidationErrors::default();
        let products = self.wanted.iter().map(|(_, product)| product);
        errors.distinct(products, "/product_ids", "must not repeat a product");
        errors.extend(faults(caller, &self.target, self.extends_credential_id, self.justification.as_deref()));
        errors.into_result().map_err(Refused::Invalid)
    }
}

/// Checks the part of an asked that is not in the cart.
pub(crate) fn check_order(
    caller: &Person,
    target: &Target,
    extends: Option<CredentialId>,
    justification: Option<&str>,
) -> Result<(), Refused> {
    let faults = faults(caller, target, extends, justification);
    if faults.is_empty() { Ok(()) } else { Err(Refused::Invalid(faults)) }
}

fn faults(
    caller: &Person,
    target: &Target,
    extends: Option<CredentialId>,
    justification: Option<&str>,
) -> Vec<FieldError> {
    let mut errors = ValidationErrors::default();
    errors.text(justification.unwrap_or_default(), "/justification", MAX_TEXT);
    if let Target::New(profile) = target {
        let faults = profile.check(caller).err().unwrap_or_default();
        errors.extend(faults.into_iter().map(|fault| fault.below("/new_app")));
        errors.require(
            extends.is_none(),
            "/extends_credential_id",
            "goes with `app_id`: a new app has no credential to extend",
        );
    }
    errors.into_result().err().unwrap_or_default()
}

/// Files the request: one batch of reads, one transaction.
///
/// # Errors
/// [`Refused`]: the first rule broken, in the order of [`Violation`]; then `QuotaExceeded`, `TooManyPending` and `TooManyApps`; then
/// `DuplicateAccess`, which only the transaction finds.
pub async fn submit(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    flow: &Flow,
    asked: &SubmitRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    asked.check(caller)?;
    match file(store, context, caller, flow, asked, idempotent).await {
        Err(Refused::DuplicateAccess { conflicting }) if has_expired_unnoticed(store, context, conflicting).await? => {
            file(store, context, caller, flow, asked, idempotent).await
        }
        filed => filed,
    }
}

async fn file(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    flow: &Flow,
    asked: &SubmitRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let read = || entities(store, caller, asked);
    commit_decision(store, context, idempotent, read, |context, entities| {
        filing(context, caller, flow, asked, &entities)
    })
    .await
}

/// The decision to file `asked`, by what stands now.
pub(crate) fn filing(
    context: &mut Context,
    caller: &Person,
    flow: &Flow,
    asked: &SubmitRequest,
    entities: &ReferencedEntities,
) -> Result<Step<AccessRequest>, Refused> {
    check_flow(flow, &entities.settings)?;
    let plan = check_rules(caller, flow, asked, entities, context.now)?;
    let target = Chosen::of(context, caller, asked, entities.app.as_ref())?;
    let submission = submission(caller, asked, entities, &plan, &target);
    let (pending, event) = access_request::submit(context, submission);
    let waiting = Waiting::begin(&plan, &entities.settings, context.now);
    let request = AccessRequest::from(pending).waiting(waiting);

    let mut transaction = Transaction::new(context).request(&request, &event);
    // Deleting a product, a plan or a catalogue changes the catalogues first: what was on offer still is.
    for catalogue in &entities.catalogues {
        transaction = transaction.require_unchanged(catalogue);
    }
    transaction = target.claim(context, transaction, caller, &request);
    if let Some(limit) = plan.request_allowance {
        let used = use_allowance(&entities.allowance, limit, context.now)?;
        transaction = transaction.use_allowance(&caller.id, &plan.id, used, limit, context.now);
    }
    caps::check_pending(&entities.holdings, &entities.settings)?;
    if let Target::New(_) = asked.target {
        caps::check_apps(&entities.holdings, &entities.settings)?;
    }
    transaction = transaction.holdings(&caller.id, entities.holdings.with(Some(request.facts().id)));
    if let Flow::Cart(cart) = flow {
        transaction = transaction.cart(&caller.id, cart, Cart::default(), context.now);
    }
    Ok(Step::commit_unless(transaction, request, refusal))
}

/// Reads everything that `asked` refers to, and the requester's holdings as they count against the caps.
pub(crate) async fn entities(
    store: &Store,
    caller: &Person,
    asked: &SubmitRequest,
) -> Result<ReferencedEntities, Refused> {
    let mut entities = store.referenced_entities(&keys(caller, asked)).await?;
    let cap = caps::max_pending(&entities.settings);
    entities.holdings = store.holdings_against(entities.holdings, cap).await?;
    if let Target::New(_) = asked.target {
        entities.holdings = store.with_apps_counted(&caller.id, entities.holdings).await?;
    }
    Ok(entities)
}

/// The keys of everything that `asked` names.
fn keys<'a>(caller: &'a Person, asked: &'a SubmitRequest) -> References<'a> {
    let app_id = match &asked.target {
        Target::Existing(id) => Some(*id),
        Target::New(_) => None,
    };
    References {
        wanted: &asked.wanted,
        plan_id: &asked.plan_id,
        app_id,
        credential_id: asked.extends_credential_id,
        requester: &caller.id,
        reviewer: None,
    }
}

/// Checks that the settings allow this way of asking.
pub(crate) fn check_flow(flow: &Flow, settings: &Settings) -> Result<(), Refused> {
    match (flow, settings.access_flow) {
        (Flow::Direct, AccessFlow::Cart) => Err(Refused::FlowDisabled("collect products in the cart and submit it")),
        (Flow::Cart(_), AccessFlow::Direct) => Err(Refused::FlowDisabled("ask for each product by itself")),
        _ => Ok(()),
    }
}

/// Holds the asked against every rule, in their order, and gives the plan.
fn check_rules(
    caller: &Person,
    flow: &Flow,
    asked: &SubmitRequest,
    entities: &ReferencedEntities,
    now: Timestamp,
) -> Result<Versioned<Plan>, Refused> {
    let (offered, withheld) = sort_by_offer(caller, asked, entities);
    // What was put into a cart was on offer then: it is named, and the rest may be submitted without it. A plan
    // that was deleted is the reason by itself, not each product.
    let plan_is_the_reason = |violation: &Violation| entities.plan.is_none() && is_about_the_plan(violation);
    let gone: Vec<ProductId> = withheld
        .iter()
        .filter(|(_, violation)| !plan_is_the_reason(violation))
        .map(|(product, _)| product.clone())
        .collect();
    if *flow == Flow::Direct
        && let Some((_, violation)) = withheld.into_iter().min_by_key(|(_, violation)| is_about_the_plan(violation))
    {
        return Err(violation.into());
    }
    let auth_method = match rule::one_auth_method(offered.iter().copied()) {
        Err(Violation::EmptyCart) => None,
        checked => Some(checked?),
    };
    if let (Some(_), Some(auth_method)) = (asked.extends_credential_id, auth_method) {
        let wanted: Vec<_> = asked.wanted.iter().map(|(_, product)| product.clone()).collect();
        let credential = entities.credential.as_ref().filter(|_| is_own(caller, entities.app.as_ref()));
        rule::check_extension(credential, &asked.plan_id, auth_method, &wanted, now)?;
    }
    if matches!(asked.target, Target::Existing(_)) && !is_own(caller, entities.app.as_ref()) {
        return Err(Violation::AppNotUsable.into());
    }
    if asked.wanted.is_empty() {
        return Err(Violation::EmptyCart.into());
    }
    match &entities.plan {
        Some(plan) if gone.is_empty() => Ok(plan.clone()),
        Some(_) => Err(Violation::NoLongerAvailable { products: gone, plan: None }.into()),
        None => {
            let plan = Some(asked.plan_id.clone());
            Err(Violation::NoLongerAvailable { products: gone, plan }.into())
        }
    }
}

/// The products that are on offer to the caller with the plan, and the others with the reason.
fn sort_by_offer<'a>(
    caller: &Person,
    asked: &SubmitRequest,
    entities: &'a ReferencedEntities,
) -> (Vec<&'a Product>, Vec<(ProductId, Violation)>) {
    let mut offered = Vec::with_capacity(asked.wanted.len());
    let mut withheld = Vec::new();
    for (catalogue_id, product_id) in &asked.wanted {
        let catalogue = entities.catalogues.iter().find(|one| &one.id == catalogue_id).map(|one| &one.content);
        let product = entities.products.iter().find(|one| &one.id == product_id).map(|one| &one.content);
        let plan = (&asked.plan_id, entities.plan.is_some());
        match rule::check_offer(caller, (catalogue_id, catalogue), (product_id, product), plan) {
            Ok(product) => offered.push(product),
            Err(violation) => withheld.push((product_id.clone(), violation)),
        }
    }
    (offered, withheld)
}

/// Every product is looked at before any plan: the rules have an order.
fn is_about_the_plan(violation: &Violation) -> bool {
    matches!(violation, Violation::PlanNotOffered { .. })
}

/// Team mates see an app; only its owner asks for access on its behalf.
fn is_own(caller: &Person, app: Option<&Versioned<App>>) -> bool {
    app.is_some_and(|app| app.owner == caller.id)
}

/// The app, as far as it exists.
enum Chosen {
    Existing(AppRef, RequestKind),
    New(Box<Versioned<App>>),
}

impl Chosen {
    fn of(
        context: &mut Context,
        caller: &Person,
        asked: &SubmitRequest,
        app: Option<&Versioned<App>>,
    ) -> Result<Self, Refused> {
        let kind = if asked.extends_credential_id.is_some() { RequestKind::Extend } else { RequestKind::New };
        match (&asked.target, app) {
            (Target::New(profile), _) => Ok(Self::New(Box::new(apps::draft(context, caller, profile.clone())))),
            (Target::Existing(_), Some(app)) => {
                Ok(Self::Existing(AppRef { id: app.id, name: app.profile.name.clone() }, kind))
            }
            (Target::Existing(_), None) => Err(Violation::AppNotUsable.into()),
        }
    }

    fn app_ref(&self) -> AppRef {
        match self {
            Self::Existing(app, _) => app.clone(),
            Self::New(app) => AppRef { id: app.id, name: app.profile.name.clone() },
        }
    }

    fn kind(&self) -> RequestKind {
        match self {
            Self::Existing(_, kind) => *kind,
            Self::New(_) => RequestKind::New,
        }
    }

    /// Marks the products as asked for by this app, creating the app first if it is new.
    fn claim(
        &self,
        context: &mut Context,
        transaction: Transaction,
        caller: &Person,
        request: &AccessRequest,
    ) -> Transaction {
        let (id, products) = (request.facts().id, request.facts().product_ids());
        match self {
            Self::Existing(app, _) => match request.facts().submission.extends_credential_id {
                Some(credential_id) => transaction
                    .claim_free_access(app.id, credential_id, id, &products)
                    .require_credential_status(app.id, credential_id, CredentialStatus::Active),
                None => transaction.claim_access(app.id, id, &products),
            },
            Self::New(app) => {
                let claimed = Some((id, products.as_slice()));
                apps::create_in(context, transaction, caller, app).first_access(app.id, claimed)
            }
        }
    }
}

fn submission(
    caller: &Person,
    asked: &SubmitRequest,
    entities: &ReferencedEntities,
    plan: &Versioned<Plan>,
    target: &Chosen,
) -> Submission {
    let name_of = |id: &ProductId| entities.products.iter().find(|product| &product.id == id);
    let items: Vec<Item> = asked
        .wanted
        .iter()
        .filter_map(|(catalogue_id, product_id)| {
            let product = name_of(product_id)?;
            Some(Item {
                product_id: product_id.clone(),
                catalogue_id: catalogue_id.clone(),
                name: product.name.clone(),
            })
        })
        .collect();
    let auth_method = entities.products.first().map(|product| product.auth_method);
    let inputs = Inputs {
        requester: Subject { id: caller.id.clone(), groups: caller.groups.clone() },
        product_ids: items.iter().map(|item| item.product_id.clone()).collect(),
    };
    Submission {
        kind: target.kind(),
        requester: caller.clone(),
        app: target.app_ref(),
        items,
        plan_id: plan.id.clone(),
        plan_name: plan.name.clone(),
        auth_method: auth_method.unwrap_or(gatepass_domain::product::AuthMethod::ApiKey),
        extends_credential_id: asked.extends_credential_id,
        justification: asked.justification.clone(),
        policy: policy::evaluate(plan, inputs),
        approvals_required: plan.approvals_required,
    }
}

pub(crate) fn use_allowance(allowance: &Allowance, limit: Limit, now: Timestamp) -> Result<Allowance, Refused> {
    allowance.used(limit, now).map_err(|again| {
        // Rounded up: a client that waits exactly so long finds one.
        let millis = again.as_millisecond().saturating_sub(now.as_millisecond());
        Refused::QuotaExceeded { again, retry_after_seconds: (millis + 999).div_euclid(1000).max(1) }
    })
}

/// The refusal of a request about a credential that another request is to change.
pub(crate) fn change_pending(error: &CommitError, request: &AccessRequest) -> Option<Refused> {
    let credential_id = request.facts().submission.extends_credential_id?;
    error.change_pending(credential_id).map(|conflicting| Refused::ChangePending { conflicting })
}

/// Translates a failed guard. The filing starts over when the cart was changed (whoever submitted the same cart
/// holds the app's access now, so the cart is looked at first), the credential to extend was closed, or the allowance
/// was used in between.
fn refusal(error: &CommitError, request: &AccessRequest) -> Option<Refused> {
    if error.is_refused_by(Guard::Cart) || error.is_refused_by(Guard::Credential) {
        return None;
    }
    if let Some(refused) = change_pending(error, request) {
        return Some(refused);
    }
    if let Some(holder) = error.access_refused(&request.facts().product_ids()) {
        return Some(match holder {
            Some(conflicting) => Refused::DuplicateAccess { conflicting },
            None => Violation::AppNotUsable.into(),
        });
    }
    error.is_refused_by(Guard::AppName).then(|| Refused::NameTaken(request.facts().submission.app.name.clone()))
}
