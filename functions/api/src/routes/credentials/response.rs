//! A credential as the API shows it: without its keys.

use gatepass_app::credentials::ShownCredential;
use gatepass_domain::credential::{
    CredentialStatus, ExpiryReason, Grant, GrantStatus, Key, KeyOrigin, Reveals, Suspension,
};
use gatepass_domain::id::{AppId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Credential, Versioned};
use gatepass_http::{Answer, ok};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A credential of an app: one or two keys, and the products that they open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versioned_Credential)]
pub(crate) struct CredentialResponse {
    /// UUIDv7, allocated when the request was approved; stable through rotation.
    #[schema(value_type = uuid::Uuid)]
    id: CredentialId,
    /// The app that holds it.
    #[schema(value_type = uuid::Uuid)]
    app_id: AppId,
    /// The request that brought it about.
    #[schema(value_type = uuid::Uuid)]
    request_id: RequestId,
    /// Authentication method.
    auth_method: AuthMethod,
    /// The start of the newest key.
    #[schema(example = "gp_4aZ9")]
    prefix: String,
    /// The end of the newest key.
    #[schema(example = "x0Qd")]
    last_four: String,
    /// The products that it opens.
    grants: Vec<GrantResponse>,
    /// The plan whose limits hold.
    plan_id: PlanId,
    /// Its state.
    status: CredentialStatus,
    /// One key; two while a rotation overlaps. Newest first.
    keys: Vec<KeyResponse>,
    /// Expiry; `null` means that it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Why it ends then: the plan lets keys live so long, or access was given for a time; `null` when it does not expire.
    expires_because: Option<ExpiryReason>,
    /// The suspension of a suspended credential; `null` for others.
    suspension: Option<Suspension>,
    /// The times that its newest key was revealed, for the owner of the app and administrators; `null` as long as it was not, and for
    /// others.
    revealed: Option<Reveals>,
    /// The beginning of the day, in UTC, on which the authorizer saw one of its keys last; `null` when nothing is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Version: 1, and one more with each change.
    #[schema(example = 1)]
    version: u64,
    /// Time of creation.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A product that a credential gives access to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantResponse {
    /// The product.
    product_id: ProductId,
    /// The state of the grant.
    status: GrantStatus,
    /// When access to the product ends: with the keys, or before; `null` means that it does not end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Why it ends then; `null` when it does not end.
    expires_because: Option<ExpiryReason>,
}

/// One key of a credential, without the key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyResponse {
    /// The start of the key.
    prefix: String,
    /// The end of the key.
    last_four: String,
    /// Expiry; `null` means that it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_after: Option<Timestamp>,
    /// The time at which it was made; `null` when that was not recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// The place where it was made.
    origin: KeyOrigin,
}

impl From<ShownCredential> for CredentialResponse {
    fn from(ShownCredential { credential, last_used_at }: ShownCredential) -> Self {
        Self::new(credential, last_used_at)
    }
}

impl CredentialResponse {
    /// The credential, which was used last on the day that begins at `last_used_at`.
    pub(crate) fn new(credential: Versioned<Credential>, last_used_at: Option<Timestamp>) -> Self {
        let Versioned { content, version, created_at, updated_at } = credential;
        let grants = content.grants.iter().map(|grant| GrantResponse::new(&content, grant)).collect();
        let Credential {
            id,
            app_id,
            request_id,
            auth_method,
            prefix,
            last_four,
            grants: _,
            plan_id,
            status,
            keys,
            expires_at,
            keys_end_at: _,
            suspension,
            resumption: _,
            notices: _,
            revealed,
            expires_because,
        } = content;
        Self {
            id,
            app_id,
            request_id,
            auth_method,
            prefix,
            last_four,
            grants,
            plan_id,
            status,
            keys: keys.into_iter().map(KeyResponse::from).collect(),
            expires_at,
            suspension: suspension.filter(|_| status == CredentialStatus::Suspended),
            revealed,
            expires_because,
            last_used_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// The answer to a change of a credential, with its `ETag`.
pub(crate) fn answer(credential: &Versioned<Credential>, last_used_at: Option<Timestamp>) -> Answer {
    ok(&CredentialResponse::new(credential.clone(), last_used_at)).tagged(credential.version)
}

impl GrantResponse {
    fn new(credential: &Credential, grant: &Grant) -> Self {
        let end = credential.end_of(grant);
        Self {
            product_id: grant.product_id.clone(),
            status: grant.status,
            expires_at: end.map(|(end, _)| end),
            expires_because: end.map(|(_, why)| why),
        }
    }
}

impl From<Key> for KeyResponse {
    fn from(Key { prefix, last_four, not_after, created_at, origin, handover_count: _ }: Key) -> Self {
        Self { prefix, last_four, not_after, created_at, origin }
    }
}
