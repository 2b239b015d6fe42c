//! File an access request (R1–R8, R15–R19).

use gatepass_domain::access_request::{
    self, AccessRequestView, AppRef, Item, MAX_TEXT, RequestKind, Submission,
};
use gatepass_domain::app::Profile;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::plan::Limit;
use gatepass_domain::policy::{self, Inputs, Subject};
use gatepass_domain::text::Findings;
use gatepass_domain::{AccessRequest, App, Catalogue, Context, Person, Plan, Product, Versioned, Violation, rule};
use gatepass_store::{Allowance, CommitError, Guard, Store, SubmissionFacts, SubmissionKeys, Transaction};
use jiff::Timestamp;

use crate::apps;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::ROUNDS;

/// The most products in one request.
pub const MAX_PRODUCTS: usize = 20;

/// What a person asks for, well-formed but not yet held against any rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The products, each with the catalogue it was found in.
    pub wanted: Vec<(CatalogueId, ProductId)>,
    /// The plan.
    pub plan_id: PlanId,
    /// The app that is to receive the credential.
    pub target: Target,
    /// The credential to extend, instead of issuing a new one.
    pub extends_credential_id: Option<CredentialId>,
    /// What it is for.
    pub justification: Option<String>,
}

/// The app that is to receive the credential (R5, R17, R19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that exists.
    Existing(AppId),
    /// One that is created together with the request.
    New(Profile),
}

impl Application {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self, caller: &Person) -> Result<(), Refused> {
        let mut findings = Findings::default();
        let count = self.wanted.len();
        findings.require((1..=MAX_PRODUCTS).contains(&count), "/product_ids", "must name 1 to 20 products");
        for (index, (_, product)) in self.wanted.iter().enumerate() {
            let first = self.wanted.iter().position(|(_, other)| other == product) == Some(index);
            findings.require(first, &format!("/product_ids/{index}"), "must not repeat a product");
        }
        findings.text(self.justification.as_deref().unwrap_or_default(), "/justification", MAX_TEXT);
        if let Target::New(profile) = &self.target {
            let faults = profile.check(caller).err().unwrap_or_default();
            findings.extend(faults.into_iter().map(|fault| fault.below("/new_app")));
            findings.require(
                self.extends_credential_id.is_none(),
                "/extends_credential_id",
                "goes with `app_id`: a new app has no credential to extend",
            );
        }
        findings.into_result().map_err(Refused::Invalid)
    }
}

/// Files the request: one batch of reads, one transaction.
///
/// # Errors
/// [`Refused`]: the first rule broken, in the order of [`Violation`]; then `DuplicateAccess`; then
/// `QuotaExceeded`.
pub async fn submit(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    application: &Application,
    idempotent: &Idempotent<AccessRequestView>,
) -> Result<AccessRequestView, Refused> {
    application.check(caller)?;
    idempotent.check(store, context).await?;
    for _ in 0..ROUNDS {
        let facts = store.submission_facts(&keys(caller, application)).await?;
        let plan = check_rules(caller, application, &facts)?;
        let target = Chosen::of(context, caller, application, facts.app.as_ref())?;
        let submission = submission(caller, application, &facts, &plan, &target);
        let (pending, event) = access_request::submit(context, submission);
        let request = AccessRequest::from(pending);
        let view = request.view();

        let mut transaction = Transaction::new(context).request(&request, &event);
        transaction = target.claim(context, transaction, caller, &view);
        if let Some(limit) = plan.request_allowance {
            let used = use_allowance(&facts.allowance, limit, context.now)?;
            transaction = transaction.use_allowance(&caller.id, &plan.id, used, limit, context.now);
        }
        transaction = idempotent.record(transaction, &view, context);

        match store.commit(transaction).await {
            Ok(()) => return Ok(view),
            Err(error) => explain(error, &view, application, idempotent, context)?,
        }
    }
    Err(Refused::Busy)
}

fn keys<'a>(caller: &'a Person, application: &'a Application) -> SubmissionKeys<'a> {
    let app_id = match &application.target {
        Target::Existing(id) => Some(*id),
        Target::New(_) => None,
    };
    SubmissionKeys {
        wanted: &application.wanted,
        plan_id: &application.plan_id,
        app_id,
        credential_id: application.extends_credential_id,
        requester: &caller.id,
    }
}

/// Holds the application against every rule, in their order, and gives the plan.
fn check_rules(caller: &Person, application: &Application, facts: &SubmissionFacts) -> Result<Versioned<Plan>, Refused> {
    let plan = facts.plan.as_ref();
    let mut products: Vec<&Product> = Vec::with_capacity(application.wanted.len());
    let mut plan_offered = Ok(());
    for (catalogue_id, product_id) in &application.wanted {
        let catalogue: Option<&Versioned<Catalogue>> = facts.catalogues.iter().find(|one| &one.id == catalogue_id);
        let product = facts.products.iter().find(|one| &one.id == product_id);
        let offer = [(product_id.clone(), product.map(|product| &product.content))];
        let catalogue = (catalogue_id, catalogue.map(|catalogue| &catalogue.content));
        match rule::check_offer(caller, catalogue, &offer, (&application.plan_id, plan.is_some())) {
            // Every product is looked at before any plan: the rules have an order.
            Err(violation @ Violation::PlanNotOffered { .. }) if plan_offered.is_ok() => plan_offered = Err(violation),
            Err(Violation::PlanNotOffered { .. }) | Ok(()) => {}
            Err(violation) => return Err(violation.into()),
        }
        products.extend(product.map(|product| &product.content));
    }
    plan_offered?;
    let auth_method = rule::one_auth_method(products)?;
    if application.extends_credential_id.is_some() {
        let wanted: Vec<_> = application.wanted.iter().map(|(_, product)| product.clone()).collect();
        let credential = facts.credential.as_ref().filter(|_| is_own(caller, facts.app.as_ref()));
        rule::check_extension(credential, &application.plan_id, auth_method, &wanted)?;
    }
    if matches!(application.target, Target::Existing(_)) && !is_own(caller, facts.app.as_ref()) {
        return Err(Violation::AppNotUsable.into());
    }
    plan.cloned().ok_or_else(|| Refused::NoLongerPossible("the plan is gone".into()))
}

/// Team mates see an app; only its owner asks for access on its behalf.
fn is_own(caller: &Person, app: Option<&Versioned<App>>) -> bool {
    app.is_some_and(|app| app.owner == caller.id)
}

/// The app, as far as it exists.
enum Chosen {
    Existing(AppRef, RequestKind),
    New(Versioned<App>),
}

impl Chosen {
    fn of(
        context: &mut Context,
        caller: &Person,
        application: &Application,
        app: Option<&Versioned<App>>,
    ) -> Result<Self, Refused> {
        let kind = if application.extends_credential_id.is_some() { RequestKind::Extend } else { RequestKind::New };
        match (&application.target, app) {
            (Target::New(profile), _) => Ok(Self::New(apps::draft(context, caller, profile.clone()))),
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
        request: &AccessRequestView,
    ) -> Transaction {
        match self {
            Self::Existing(app, RequestKind::Extend) => {
                transaction.claim_free_access(app.id, request.id, &request.product_ids)
            }
            Self::Existing(app, _) => transaction.claim_access(app.id, request.id, &request.product_ids),
            Self::New(app) => {
                let claimed = Some((request.id, request.product_ids.as_slice()));
                apps::create_in(context, transaction, caller, app).first_access(app.id, claimed)
            }
        }
    }
}

fn submission(
    caller: &Person,
    application: &Application,
    facts: &SubmissionFacts,
    plan: &Versioned<Plan>,
    target: &Chosen,
) -> Submission {
    let name_of = |id: &ProductId| facts.products.iter().find(|product| &product.id == id);
    let items: Vec<Item> = application
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
    let auth_method = facts.products.first().map(|product| product.auth_method);
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
        extends_credential_id: application.extends_credential_id,
        justification: application.justification.clone(),
        policy: policy::evaluate(plan, inputs),
    }
}

fn use_allowance(allowance: &Allowance, limit: Limit, now: Timestamp) -> Result<Allowance, Refused> {
    allowance.used(limit, now).map_err(|again| {
        // Rounded up: a client that waits exactly so long finds one.
        let millis = again.as_millisecond().saturating_sub(now.as_millisecond());
        Refused::QuotaExceeded { again, retry_after_seconds: (millis + 999).div_euclid(1000).max(1) }
    })
}

/// Why the commit was refused; `Ok` when trying again is right, because somebody used the allowance
/// in between.
fn explain(
    error: CommitError,
    request: &AccessRequestView,
    application: &Application,
    idempotent: &Idempotent<AccessRequestView>,
    context: &Context,
) -> Result<(), Refused> {
    if let Some(refused) = idempotent.beaten(&error, context) {
        return Err(refused);
    }
    if let Some(holder) = error.access_refused(&request.product_ids) {
        return Err(match holder {
            Some(conflicting) => Refused::DuplicateAccess { conflicting },
            None => Violation::AppNotUsable.into(),
        });
    }
    if error.is_refused_by(Guard::AppName)
        && let Target::New(profile) = &application.target
    {
        return Err(Refused::NameTaken(profile.name.clone()));
    }
    if error.is_refused_by(Guard::Allowance) { Ok(()) } else { Err(Refused::unexpected(error)) }
}
