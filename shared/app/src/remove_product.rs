//! Remove one product from a credential of one's own app; its other products stay open.

use std::collections::BTreeSet;

use gatepass_domain::credential::KeyRecord;
use gatepass_domain::event::{Aggregate, CredentialSubject, Detail, ProductRemoved};
use gatepass_domain::id::{AppId, CredentialId, ProductId, RequestId};
use gatepass_domain::{AccessRequest, Actor, Context, Credential, Person, Versioned};
use gatepass_store::{EndingClaims, Store, StoredCredential, Transaction};

use crate::ending::Loss;
use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;
use crate::revoke::revoked;
use crate::revoke_credential::{Revocation, close_with_requests, require_owner};

const ENDED: &str = "Access was for a time, which has passed.";
const REASON: &str = "The owner of the app removed the product from the credential.";

/// Removes `product` from the credential `id`: its keys no longer open it by the next call, and the app may ask for it
/// again. A request by which the credential then opens nothing more is revoked with it. With its last product the credential is
/// revoked. A product that was removed already stays so.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::NotTheOwner`] for those with whom the app is shared; [`Refused::VersionMismatch`].
pub async fn remove_product(
    store: &Store,
    context: &mut Context,
    caller: &Person,
    (app_id, id): (AppId, CredentialId),
    product: &ProductId,
    precondition: &Precondition,
) -> Result<Versioned<Credential>, Refused> {
    require_owner(store, caller, app_id, id).await?;
    let by = Actor::from(caller);
    let now = context.now;
    let read = || Held::read(store, app_id, id, product);
    let removal = commit_decision(store, context, &Idempotent::Unkeyed, read, |context, held| {
        if !held.stored.credential.opens(product) {
            return Ok(Step::Done(Removal::Done(Box::new(held.stored.credential))));
        }
        precondition.check(held.stored.credential.version)?;
        if held.stored.credential.open_products().len() == 1 {
            return Ok(Step::Done(Removal::OfTheLast));
        }
        let (transaction, credential) = held.remove(context, &by, product, REASON)?;
        Ok(Step::commit(transaction, Removal::Done(Box::new(credential))))
    })
    .await?;
    let credential = match removal {
        Removal::Done(credential) => *credential,
        Removal::OfTheLast => {
            let revocation = Revocation { by, reason: Some(REASON), undecided: Loss::App, precondition };
            close_with_requests(store, context, app_id, id, &revocation).await?.1
        }
    };
    Ok(Versioned { content: credential.content.as_of(now), ..credential })
}

/// Takes those products out of the credential `id` to which access was for a time that has passed, one transaction for each:
/// they may be asked for again, and their requests end as revoked. Safe to repeat.
pub(crate) async fn remove_ended(
    store: &Store,
    context: &mut Context,
    app_id: AppId,
    id: CredentialId,
) -> Result<(), Refused> {
    let Some(stored) = store.credential(app_id, id).await? else { return Ok(()) };
    let (by, now) = (Actor::system("expire"), context.now);
    for product in stored.credential.ended_products(now) {
        let read = || Held::read(store, app_id, id, &product);
        commit_decision(store, context, &Idempotent::Unkeyed, read, |context, held| {
            if !held.stored.credential.ended_products(now).contains(&product) {
                return Ok(Step::Done(()));
            }
            let (transaction, _) = held.remove(context, &by, &product, ENDED)?;
            Ok(Step::commit(transaction, ()))
        })
        .await?;
    }
    Ok(())
}

/// The result of looking at the credential.
enum Removal {
    /// It does not open the product any more.
    Done(Box<Versioned<Credential>>),
    /// It opens nothing else: it has to be revoked.
    OfTheLast,
}

/// A credential with all that removing a product changes.
struct Held {
    stored: StoredCredential,
    keys: Vec<KeyRecord>,
    /// The requests by which it opens the product.
    holders: Vec<AccessRequest>,
    /// Those by which it opens nothing else.
    ending: BTreeSet<RequestId>,
    claims: EndingClaims,
}

impl Held {
    async fn read(store: &Store, app_id: AppId, id: CredentialId, product: &ProductId) -> Result<Self, Refused> {
        let stored = store.credential(app_id, id).await?.ok_or(Refused::NotFound("credential"))?;
        if stored.credential.grants.iter().all(|grant| &grant.product_id != product) {
            return Err(Refused::NotFound("product of the credential"));
        }
        let keys = store.keys_of(&stored).await?;
        let ids = stored.credential.holders_of(product);
        let left = stored.credential.content.clone().without_product(product).holders();
        let ending = ids.difference(&left).copied().collect();
        let claims = store.claims_without_product(app_id, product, &ids, &ending).await?;
        let holders = store.requests_by_id(ids).await?;
        Ok(Self { stored, keys, holders, ending, claims })
    }

    /// The transaction that removes the product, and the credential after it.
    fn remove(
        self,
        context: &mut Context,
        by: &Actor,
        product: &ProductId,
        reason: &str,
    ) -> Result<(Transaction, Versioned<Credential>), Refused> {
        let Self { mut stored, keys, holders, ending, claims } = self;
        let content = stored.credential.content.clone().without_product(product);
        let Credential { id, app_id, request_id, .. } = content;
        stored.credential = stored.credential.revised(content, context.now);
        let subject = CredentialSubject { credential_id: id, app_id, request_id };
        let detail = Detail::CredentialNarrowed(ProductRemoved { subject, product_id: product.clone() });
        let event = stored.chain.append(context, Aggregate::Credential(id), by, detail, Some(reason.to_owned()));
        let mut transaction = Transaction::new(context).credential_with_keys(&stored, keys).event(&event);
        for request in holders {
            if ending.contains(&request.facts().id) {
                let (revoked, event) = revoked(context, by, request, Some(reason))?;
                transaction = transaction.request(&revoked.into(), &event);
            } else {
                transaction = transaction.no_longer_for(&request, product);
            }
        }
        Ok((transaction.end_claims(app_id, &claims), stored.credential))
    }
}
