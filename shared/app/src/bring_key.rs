//! Take over a key that an app has already, from another system.
//!
//! The access is a grant like any other, and it stands at once: the request, the credential and the key's record are one
//! transaction. Only a digest of the key is kept. Whoever brings it knows it, and so decides nothing about the credential any more.

use gatepass_domain::access_request;
use gatepass_domain::conflict::{Involvement, Matter};
use gatepass_domain::credential::{Credential, Key, KeyRecord};
use gatepass_domain::event::Chain;
use gatepass_domain::id::AppId;
use gatepass_domain::key::PlainKey;
use gatepass_domain::product::{AuthMethod, GatewayKind};
use gatepass_domain::text::FieldError;
use gatepass_domain::{AccessRequest, Actor, ApiOwner, Context, Plan, Product, Settings, Versioned};
use gatepass_store::{Guard, Store, StoredCredential, Transaction};

use crate::error::Refused;
use crate::expire_credential::has_expired_unnoticed;
use crate::grant::{GrantRequest, submission};
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::reviewers::require_no_conflict;

/// Gives the app `app_id` a credential with the key `text`, which opens what `asked` says.
///
/// # Errors
/// As [`grant`](crate::grant::grant); [`Refused::KeyTooWeak`]; [`Refused::KeyTaken`] for a key that is known already;
/// [`Refused::NeedsApprovals`] under a plan that two people must approve.
pub async fn bring_key(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    app_id: AppId,
    asked: &GrantRequest,
    text: &str,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    asked.check()?;
    let key = PlainKey::bring(text).map_err(Refused::KeyTooWeak)?;
    match take(store, context, owner, app_id, asked, &key, idempotent).await {
        Err(Refused::DuplicateAccess { conflicting }) if has_expired_unnoticed(store, context, conflicting).await? => {
            take(store, context, owner, app_id, asked, &key, idempotent).await
        }
        taken => taken,
    }
}

async fn take(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    app_id: AppId,
    asked: &GrantRequest,
    key: &PlainKey,
    idempotent: &Idempotent<Versioned<Credential>>,
) -> Result<Versioned<Credential>, Refused> {
    let now = context.now;
    let read = || async {
        let app = store.app(app_id).await?.ok_or(Refused::NotFound("app"))?;
        require_no_conflict(owner.person(), Matter::Grant { app: &app, now, involvement: None })?;
        let (submission, _, catalogues) = submission(store, owner, &app, asked, now).await?;
        let plan = store.offering::<Plan>(&asked.plan_id).await?.map(|(plan, _)| plan);
        let plan = plan.ok_or_else(|| Refused::NoLongerPossible("the plan is gone".into()))?;
        require_own_gateway(&store.offerings::<Product>(&asked.product_ids).await?, asked)?;
        Ok((app, submission, catalogues, plan, store.settings_in_force().await?))
    };
    commit_decision(store, context, idempotent, read, |context, (app, submission, catalogues, plan, settings)| {
        let (request, granted) = access_request::grant(context, submission, owner, asked.note.clone());
        // A grant that others must approve too is pending.
        let AccessRequest::Queued(queued) = request else { return Err(Refused::NeedsApprovals) };
        let (provisioned, stands) = queued.provisioned(context, &Actor::from(owner.person()));
        let approved = provisioned.approved();
        let Settings { expiry_notices_seconds, .. } = settings;
        let credential = Credential::issued(
            approved,
            &plan,
            Key::brought_along(key, app.handover_count),
            &expiry_notices_seconds,
            now,
        );
        let record = KeyRecord::new(&credential, key, credential.expires_at, None);
        let stored = StoredCredential {
            credential: Versioned::first(credential, now),
            digests: vec![record.digest.clone()],
            chain: Chain::default(),
        };
        let (id, products) = (approved.facts().id, approved.facts().product_ids());
        let transaction =
            Transaction::new(context).request_after(&provisioned.into(), &[granted], &stands).credential(&stored);
        let transaction = transaction.new_api_key(&record).claim_access(app_id, id, &products);
        // Whoever brings the key knows it.
        let transaction = transaction.involve(stored.credential.id, &owner.person().id, Involvement::SawKey);
        // It is this owner's app that the key was brought for.
        let transaction = transaction.require_unchanged_app(&app);
        let unchanged = |transaction: Transaction, one| transaction.require_unchanged(one);
        let transaction = catalogues.iter().fold(transaction, unchanged);
        Ok(Step::commit_unless(transaction, stored.credential, |error, credential| {
            if error.is_refused_by(Guard::ApiKey) {
                return Some(Refused::KeyTaken);
            }
            let conflicting = error.access_refused(&credential.open_products())??;
            Some(Refused::DuplicateAccess { conflicting })
        }))
    })
    .await
}

/// Only the built-in gateway looks keys up by a digest.
fn require_own_gateway(products: &[Versioned<Product>], asked: &GrantRequest) -> Result<(), Refused> {
    let is_own =
        |product: &Product| product.auth_method == AuthMethod::ApiKey && product.gateway.kind() == GatewayKind::Builtin;
    let foreign = products.iter().find(|product| !is_own(product));
    let index = foreign.and_then(|foreign| asked.product_ids.iter().position(|id| *id == foreign.id));
    match index {
        None => Ok(()),
        Some(index) => {
            let fault = "must be a product of the built-in gateway: other gateways make their keys themselves";
            Err(Refused::Invalid(vec![FieldError::new(format!("/product_ids/{index}"), fault)]))
        }
    }
}
