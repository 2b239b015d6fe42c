//! Grant access that nobody asked for. It stands among the requests like any other, approved from the start unless the plan
//! needs a second approval.

use gatepass_domain::access_request::{self, AppRef, Item, MAX_TEXT, RequestKind, Submission, Waiting};
use gatepass_domain::conflict::Matter;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::policy::{Inputs, Review, Rule, Subject, Verdict};
use gatepass_domain::text::{FieldError, ValidationErrors};
use gatepass_domain::{
    AccessRequest, ApiOwner, App, Catalogue, Context, Person, Plan, Product, Versioned, Violation, rule,
};
use gatepass_store::{Store, Transaction};
use jiff::Timestamp;

use crate::error::Refused;
use crate::expire_credential::has_expired_unnoticed;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::{decided, require_no_conflict};
use crate::submit::{MAX_PRODUCTS, change_pending};

/// Access that an API Owner grants to an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRequest {
    /// The products; at least one.
    pub product_ids: Vec<ProductId>,
    /// The plan.
    pub plan_id: PlanId,
    /// The catalogue that offers them; any that does, unless one is named.
    pub catalogue_id: Option<CatalogueId>,
    /// The credential to extend, instead of issuing a new one.
    pub extends_credential_id: Option<CredentialId>,
    /// A note for the record and for the app's owner.
    pub note: Option<String>,
}

impl GrantRequest {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self) -> Result<(), Refused> {
        let mut errors = ValidationErrors::default();
        let count = self.product_ids.len();
        errors.require((1..=MAX_PRODUCTS).contains(&count), "/product_ids", "must name 1 to 20 products");
        errors.distinct(&self.product_ids, "/product_ids", "must not repeat a product");
        errors.text(self.note.as_deref().unwrap_or_default(), "/note", MAX_TEXT);
        errors.into_result().map_err(Refused::Invalid)
    }
}

/// Grants the app `app_id` what `asked` says. The audience of a catalogue does not matter here; that one
/// offers the products together with the plan does.
///
/// # Errors
/// [`Refused::Invalid`]; [`Refused::NotFound`]; [`Refused::ConflictOfInterest`]; the first rule
/// broken; [`Refused::DuplicateAccess`].
pub async fn grant(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    app_id: AppId,
    asked: &GrantRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    asked.check()?;
    match give(store, context, owner, app_id, asked, idempotent).await {
        Err(Refused::DuplicateAccess { conflicting }) if has_expired_unnoticed(store, context, conflicting).await? => {
            give(store, context, owner, app_id, asked, idempotent).await
        }
        given => given,
    }
}

async fn give(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    app_id: AppId,
    asked: &GrantRequest,
    idempotent: &Idempotent<AccessRequest>,
) -> Result<AccessRequest, Refused> {
    let now = context.now;
    let read = || async {
        let app = store.app(app_id).await?.ok_or(Refused::NotFound("app"))?;
        let involvement = match asked.extends_credential_id {
            Some(id) => store.involvement(id, &owner.person().id).await?,
            None => None,
        };
        require_no_conflict(owner.person(), Matter::Grant { app: &app, now, involvement })?;
        submission(store, owner, &app, asked, now).await
    };
    commit_decision(store, context, idempotent, read, |context, (submission, waiting, catalogues)| {
        let (request, event) = access_request::grant(context, submission, owner, asked.note.clone());
        let request = request.waiting(waiting);
        let (id, products) = (request.facts().id, request.facts().product_ids());
        let transaction = Transaction::new(context).request(&request, &event);
        // Deleting a product, a plan or a catalogue changes the catalogues first: what was on offer still is.
        let unchanged = |transaction: Transaction, one| transaction.require_unchanged(one);
        let transaction = catalogues.iter().fold(transaction, unchanged);
        let transaction = match asked.extends_credential_id {
            None => transaction.claim_access(app_id, id, &products),
            Some(credential_id) => transaction
                .claim_free_access(app_id, credential_id, id, &products)
                .require_credential_status(app_id, credential_id, CredentialStatus::Active),
        };
        let transaction = decided(transaction, asked.extends_credential_id, owner.person());
        // Without a holder the app was deleted in between, which the next round finds out.
        Ok(Step::commit_unless(transaction, request, |error, request| {
            if let Some(conflicting) = change_pending(error, request) {
                return Some(conflicting);
            }
            let conflicting = error.access_refused(&request.facts().product_ids())??;
            Some(Refused::DuplicateAccess { conflicting })
        }))
    })
    .await
}

/// The submission of a grant, checked against the rules that hold without a requester, how long it waits if others must
/// approve it too, and the catalogues that it relies on.
pub(crate) async fn submission(
    store: &Store,
    owner: &ApiOwner,
    app: &Versioned<App>,
    asked: &GrantRequest,
    now: Timestamp,
) -> Result<(Submission, Waiting, Vec<Versioned<Catalogue>>), Refused> {
    let plan = store.offering::<Plan>(&asked.plan_id).await?.map(|(plan, _)| plan);
    let plan = plan.ok_or_else(|| Refused::Invalid(vec![FieldError::new("/plan_id", "must be a plan that exists")]))?;
    let products = store.offerings::<Product>(&asked.product_ids).await?;
    let catalogues = store.all_offerings::<Catalogue>().await?;
    let mut items = Vec::with_capacity(asked.product_ids.len());
    let mut offering: Vec<Versioned<Catalogue>> = Vec::new();
    for (index, product_id) in asked.product_ids.iter().enumerate() {
        let product = products.iter().find(|product| &product.id == product_id).ok_or_else(|| {
            let pointer = format!("/product_ids/{index}");
            Refused::Invalid(vec![FieldError::new(&pointer, "must be a product that exists")])
        })?;
        let offered_by = catalogues.iter().find(|catalogue| {
            asked.catalogue_id.as_ref().is_none_or(|wanted| wanted == &catalogue.id)
                && catalogue.product_ids.contains(product_id)
                && catalogue.plan_ids.contains(&plan.id)
        });
        let together = || Violation::NotOfferedTogether { product: product_id.clone(), plan: plan.id.clone() };
        let catalogue = offered_by.ok_or_else(together)?;
        let catalogue_id = catalogue.id.clone();
        items.push(Item { product_id: product_id.clone(), catalogue_id, name: product.name.clone() });
        if offering.iter().all(|one| one.id != catalogue.id) {
            offering.push(catalogue.clone());
        }
    }
    let auth_method = rule::one_auth_method(products.iter().map(|product| &product.content))?;
    if let Some(credential_id) = asked.extends_credential_id {
        let stored = store.credential(app.id, credential_id).await?;
        let credential = stored.as_ref().map(|stored| &stored.credential);
        rule::check_extension(credential, &plan.id, auth_method, &asked.product_ids, now)?;
    }
    let requester = app_owner(store, app).await?;
    let inputs = Inputs {
        requester: Subject { id: requester.id.clone(), groups: requester.groups.clone() },
        product_ids: asked.product_ids.clone(),
    };
    let reason = format!("{} granted it without a request", owner.person().name);
    let submission = Submission {
        kind: RequestKind::Grant,
        requester,
        app: AppRef { id: app.id, name: app.profile.name.clone() },
        items,
        plan_id: plan.id.clone(),
        plan_name: plan.name.clone(),
        auth_method,
        extends_credential_id: asked.extends_credential_id,
        justification: None,
        policy: Verdict {
            review: Review::Manual,
            rule: Rule::Granted,
            plan_version: plan.version,
            inputs,
            reasons: vec![reason],
        },
        approvals_required: plan.approvals_required,
    };
    let waiting = Waiting::begin(&plan, &store.settings_in_force().await?, now);
    Ok((submission, waiting, offering))
}

/// The person who is given the access: the app's owner, as they were described when they last asked for something, or else
/// when the app came to them.
async fn app_owner(store: &Store, app: &App) -> Result<Person, Refused> {
    let contact = app.contact.as_ref();
    let as_the_app_came = || Person {
        id: app.owner.clone(),
        name: contact.map_or_else(|| app.owner.to_string(), |contact| contact.name.clone()),
        email: contact.and_then(|contact| contact.email.clone()),
        groups: Vec::new(),
        organisation: app.organisation.clone(),
    };
    Ok(store.person_last_seen(&app.owner).await?.unwrap_or_else(as_the_app_came))
}
