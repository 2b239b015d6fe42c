//! A request with everything that ending it changes.

use gatepass_domain::access_request::{Closed, Revoked};
use gatepass_domain::credential::KeyRecord;
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::{AccessRequest, Context, Event};
use gatepass_store::{Store, StoredCredential, Transaction};

use crate::error::Refused;

/// A request as it stands, with what it holds.
pub(crate) struct Standing {
    /// The request.
    pub(crate) request: AccessRequest,
    /// The content of the item.
    pub(crate) holdings: Holdings,
}

/// The claims that ending a request gives back.
pub(crate) struct Holdings {
    /// The products that the request has claimed for its app, where that may be less than it asked for: a request that
    /// extends a credential claimed what was free, and a provisioned one has lost its claims when its credential
    /// expired. Any other has claimed all that it asks for.
    claimed: Option<Vec<ProductId>>,
    /// The credential that it opens products of, with the keys; none before it was provisioned.
    credential: Option<(StoredCredential, Vec<KeyRecord>)>,
}

impl Standing {
    /// Reads the request `id` and what it holds; `None` when there is no such request.
    pub(crate) async fn read(store: &Store, id: RequestId) -> Result<Option<Self>, Refused> {
        let Some(request) = store.request(id).await? else { return Ok(None) };
        let holdings = Holdings::read(store, &request).await?;
        Ok(Some(Self { request, holdings }))
    }

    /// Reads the request `id`, with what it holds only while it is undecided: a decided one can be neither rejected nor
    /// withdrawn, and whoever does that may not read credentials.
    pub(crate) async fn read_undecided(store: &Store, id: RequestId) -> Result<Option<Self>, Refused> {
        let Some(request) = store.request(id).await? else { return Ok(None) };
        let holdings = match request {
            AccessRequest::Pending(_) => Holdings::read(store, &request).await?,
            _ => Holdings { claimed: None, credential: None },
        };
        Ok(Some(Self { request, holdings }))
    }
}

impl Holdings {
    /// Reads what `request` holds.
    pub(crate) async fn read(store: &Store, request: &AccessRequest) -> Result<Self, Refused> {
        let (id, submission) = (request.facts().id, &request.facts().submission);
        let app_id = submission.app.id;
        let may_hold_less =
            submission.extends_credential_id.is_some() || matches!(request, AccessRequest::Provisioned(_));
        let claimed = match may_hold_less {
            true => Some(store.access_held_by(app_id, id).await?),
            false => None,
        };
        let stored = match request.credential_id() {
            Some(credential_id) => store.credential(app_id, credential_id).await?,
            None => None,
        };
        let credential = match stored {
            Some(stored) => {
                let keys = store.keys_of(&stored).await?;
                Some((stored, keys))
            }
            None => None,
        };
        Ok(Self { claimed, credential })
    }

    /// The transaction that ends an undecided request and makes its products available to the app again, and
    /// the request as it stands then.
    pub(crate) fn closing(self, context: &mut Context, closed: Closed, event: &Event) -> (Transaction, AccessRequest) {
        let request = AccessRequest::from(closed);
        let transaction = Transaction::new(context).request(&request, event);
        (release(transaction, self.claimed.as_deref(), &request), request)
    }

    /// The transaction that revokes a request: its products are closed in the credential and in each of its keys,
    /// and available to the app again. With it the request as it stands then.
    pub(crate) fn revocation(
        self,
        context: &mut Context,
        revoked: Revoked,
        event: &Event,
    ) -> (Transaction, AccessRequest) {
        let request = AccessRequest::from(revoked);
        let mut transaction = Transaction::new(context).request(&request, event);
        if let Some((mut stored, keys)) = self.credential {
            let closed = stored.credential.content.clone().without(request.facts().id);
            // A request that was never provisioned holds nothing of the credential.
            if closed != stored.credential.content {
                stored.credential = stored.credential.revised(closed, context.now);
                transaction = transaction.credential_with_keys(&stored, keys);
            }
        }
        (release(transaction, self.claimed.as_deref(), &request), request)
    }
}

fn release(transaction: Transaction, claimed: Option<&[ProductId]>, request: &AccessRequest) -> Transaction {
    let (facts, app_id) = (request.facts(), request.facts().submission.app.id);
    match claimed {
        None => transaction.release_access(app_id, facts.id, &facts.product_ids()),
        Some(claimed) => transaction.release_claimed(app_id, facts.id, claimed),
    }
}
