//! A request with everything that ending it changes.

use gatepass_domain::access_request::{Closed, Revoked};
use gatepass_domain::credential::{CredentialStatus, KeyRecord};
use gatepass_domain::event::Detail;
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::{AccessRequest, Context, Event};
use gatepass_store::{EndingClaims, Store, StoredCredential, Transaction};

use crate::credentials::moved;
use crate::error::Refused;

/// A request as it stands, with what it holds.
pub(crate) struct Standing {
    /// The request.
    pub(crate) request: AccessRequest,
    /// What it holds.
    pub(crate) holdings: Holdings,
}

/// What ending a request changes beside the request.
#[derive(Default)]
pub(crate) struct Holdings {
    /// The end of the claims that the request has on products for its app.
    claims: EndingClaims,
    /// The credential that it opens products of, with the keys; none before it was provisioned.
    credential: Option<(StoredCredential, Vec<KeyRecord>)>,
}

/// The part of a credential that is closed with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The products that it opens by this request alone.
    ItsProducts,
    /// All of it: access that was renewed, or that has another plan, stands by the request that changed it.
    WholeCredential,
}

impl Reach {
    /// The part that closes when somebody revokes `request`. Before a change is carried out, nothing stands by it.
    pub(crate) fn of(request: &AccessRequest) -> Self {
        match request {
            AccessRequest::Provisioned(_) if request.facts().submission.kind.changes_credential() => {
                Self::WholeCredential
            }
            _ => Self::ItsProducts,
        }
    }
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
            _ => Holdings::default(),
        };
        Ok(Some(Self { request, holdings }))
    }
}

impl Holdings {
    /// Those of an undecided request, which has no credential.
    pub(crate) fn of(claims: EndingClaims) -> Self {
        Self { claims, credential: None }
    }

    /// The products that the credential opens, by whichever request.
    pub(crate) fn open_products(&self) -> Vec<ProductId> {
        self.credential.as_ref().map(|(stored, _)| stored.credential.open_products()).unwrap_or_default()
    }

    /// Reads what `request` holds.
    pub(crate) async fn read(store: &Store, request: &AccessRequest) -> Result<Self, Refused> {
        let (id, app_id) = (request.facts().id, request.facts().submission.app.id);
        let stored = match request.credential_id() {
            Some(credential_id) => store.credential(app_id, credential_id).await?,
            None => None,
        };
        let content = stored.as_ref().map(|stored| &stored.credential.content);
        let claims = store.claims_of_revoked(app_id, id, content).await?;
        let credential = match stored {
            Some(stored) => {
                let keys = store.keys_of(&stored).await?;
                Some((stored, keys))
            }
            None => None,
        };
        Ok(Self { claims, credential })
    }

    /// The transaction that ends an undecided request and makes its products available to the app again, and
    /// the request as it stands then.
    pub(crate) fn closing(self, context: &mut Context, closed: Closed, event: &Event) -> (Transaction, AccessRequest) {
        let request = AccessRequest::from(closed);
        let transaction = Transaction::new(context).request(&request, event);
        (transaction.end_claims(request.facts().submission.app.id, &self.claims), request)
    }

    /// The transaction that revokes a request: what `reach` says is closed in the credential and in each of its keys, and
    /// available to the app again. With it the request as it stands then.
    pub(crate) fn revocation(
        self,
        context: &mut Context,
        revoked: Revoked,
        event: &Event,
        reach: Reach,
    ) -> (Transaction, AccessRequest) {
        let request = AccessRequest::from(revoked);
        let mut transaction = Transaction::new(context).request(&request, event);
        if let Some((mut stored, keys)) = self.credential {
            let content = stored.credential.content.clone();
            match reach {
                Reach::ItsProducts => {
                    let closed = content.without(request.facts().id);
                    // A request that was never provisioned holds nothing of the credential.
                    if closed != stored.credential.content {
                        stored.credential = stored.credential.revised(closed, context.now);
                        transaction = transaction.credential_with_keys(&stored, keys);
                    }
                }
                Reach::WholeCredential if content.status == CredentialStatus::Revoked => {}
                Reach::WholeCredential => {
                    let reason = event.personal.as_ref().and_then(|personal| personal.reason.clone());
                    let (stored, event) =
                        moved(context, &event.actor(), stored, content.revoked(), Detail::CredentialRevoked, reason);
                    transaction = transaction.credential_with_keys(&stored, keys).event(&event);
                }
            }
        }
        (transaction.end_claims(request.facts().submission.app.id, &self.claims), request)
    }
}
