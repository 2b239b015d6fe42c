//! The stored forms of a credential and of its keys.

use gatepass_domain::Credential;
use gatepass_domain::credential::{
    CredentialStatus, ExpiryReason, Grant, GrantStatus, Key, KeyRecord, Notices, Resumption, Reveals, Suspension,
};
use gatepass_domain::id::{AppId, CredentialId, PlanId, ProductId, RequestId};
use gatepass_domain::key::KeyDigest;
use gatepass_domain::product::AuthMethod;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// A credential.
#[derive(Debug, Serialize, Deserialize)]
pub struct CredentialForm {
    schema_version: u32,
    id: CredentialId,
    app_id: AppId,
    request_id: RequestId,
    auth_method: AuthMethod,
    prefix: String,
    last_four: String,
    grants: Vec<GrantForm>,
    plan_id: PlanId,
    status: CredentialStatus,
    keys: Vec<Key>,
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys_end_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspension: Option<Suspension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resumption: Option<Resumption>,
    #[serde(default)]
    notices: Notices,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revealed: Option<Reveals>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_because: Option<ExpiryReason>,
}

/// A product that a credential opens.
#[derive(Debug, Serialize, Deserialize)]
struct GrantForm {
    product_id: ProductId,
    status: GrantStatus,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    held_by: Vec<RequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
}

impl From<Grant> for GrantForm {
    fn from(Grant { product_id, status, held_by, ends_at }: Grant) -> Self {
        Self { product_id, status, held_by, ends_at }
    }
}

impl From<GrantForm> for Grant {
    fn from(GrantForm { product_id, status, held_by, ends_at }: GrantForm) -> Self {
        Self { product_id, status, held_by, ends_at }
    }
}

impl From<&Credential> for CredentialForm {
    fn from(credential: &Credential) -> Self {
        let Credential {
            id,
            app_id,
            request_id,
            auth_method,
            prefix,
            last_four,
            grants,
            plan_id,
            status,
            keys,
            expires_at,
            keys_end_at,
            suspension,
            resumption,
            notices,
            revealed,
            expires_because,
        } = credential.clone();
        Self {
            schema_version: SCHEMA_VERSION,
            id,
            app_id,
            request_id,
            auth_method,
            prefix,
            last_four,
            grants: grants.into_iter().map(Into::into).collect(),
            plan_id,
            status,
            keys,
            expires_at,
            keys_end_at,
            suspension,
            resumption,
            notices,
            revealed,
            expires_because,
        }
    }
}

impl From<CredentialForm> for Credential {
    fn from(form: CredentialForm) -> Self {
        let CredentialForm {
            schema_version: _,
            id,
            app_id,
            request_id,
            auth_method,
            prefix,
            last_four,
            grants,
            plan_id,
            status,
            keys,
            expires_at,
            keys_end_at,
            suspension,
            resumption,
            notices,
            revealed,
            expires_because,
        } = form;
        // Keys ended with the credential before there was another reason.
        let with_the_credential = expires_at.filter(|_| expires_because != Some(ExpiryReason::Access));
        let keys_end_at = keys_end_at.or(with_the_credential);
        let grants = grants.into_iter().map(Into::into).collect();
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
            keys,
            expires_at,
            keys_end_at,
            suspension,
            resumption,
            notices,
            revealed,
            expires_because,
        }
    }
}

/// The record of a key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeyForm {
    schema_version: u32,
    digest: KeyDigest,
    credential_id: CredentialId,
    app_id: AppId,
    plan_id: PlanId,
    status: CredentialStatus,
    not_after: Option<Timestamp>,
    grants: Vec<GrantForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl From<&KeyRecord> for KeyForm {
    fn from(record: &KeyRecord) -> Self {
        let KeyRecord { digest, credential_id, app_id, plan_id, status, not_after, grants, sealed } = record.clone();
        let (schema_version, grants) = (SCHEMA_VERSION, grants.into_iter().map(Into::into).collect());
        Self { schema_version, digest, credential_id, app_id, plan_id, status, not_after, grants, sealed }
    }
}

impl From<KeyForm> for KeyRecord {
    fn from(form: KeyForm) -> Self {
        let KeyForm { schema_version: _, digest, credential_id, app_id, plan_id, status, not_after, grants, sealed } =
            form;
        let grants = grants.into_iter().map(Into::into).collect();
        Self { digest, credential_id, app_id, plan_id, status, not_after, grants, sealed }
    }
}
