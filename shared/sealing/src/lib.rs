//! Keys at rest: sealed and unsealed by a direct AWS KMS call, with the credential's id as
//! encryption context, so that a sealed key cannot be opened in another credential's name.
//!
//! Linked only by what issues keys and what reveals them.

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepass_domain::id::CredentialId;
use gatepass_domain::key::PlainKey;

/// The name of the encryption context's one entry.
const CONTEXT: &str = "credential_id";

/// Seals keys under one KMS key.
#[derive(Debug, Clone)]
pub struct Sealer {
    client: aws_sdk_kms::Client,
    key_id: String,
}

/// Why a key could not be sealed or unsealed. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// KMS did not answer, or is throttling: trying again may help.
    #[error("KMS is unavailable ({0})")]
    Unavailable(String),
    /// KMS refuses: permissions, a disabled key, another context.
    #[error("KMS refused ({0})")]
    Refused(String),
    /// The stored text is not a sealed key.
    #[error("what is stored is not a sealed key")]
    NotSealed,
}

impl Sealer {
    /// Seals with the KMS key `key_id` (an id, an ARN or an alias).
    pub fn new(client: aws_sdk_kms::Client, key_id: impl Into<String>) -> Self {
        Self { client, key_id: key_id.into() }
    }

    /// Seals the key of a credential; base64.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn seal(&self, credential_id: CredentialId, key: &PlainKey) -> Result<String, SealError> {
        let sealed = self
            .client
            .encrypt()
            .key_id(&self.key_id)
            .plaintext(Blob::new(key.expose().as_bytes()))
            .encryption_context(CONTEXT, credential_id.to_string())
            .send()
            .await
            .map_err(|error| failed("Encrypt", &error))?;
        let blob = sealed.ciphertext_blob.ok_or_else(|| SealError::Refused("Encrypt: an empty answer".into()))?;
        Ok(STANDARD.encode(blob))
    }

    /// Opens what [`Sealer::seal`] made for the same credential.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn unseal(&self, credential_id: CredentialId, sealed: &str) -> Result<PlainKey, SealError> {
        let blob = STANDARD.decode(sealed).map_err(|_| SealError::NotSealed)?;
        let opened = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(blob))
            .encryption_context(CONTEXT, credential_id.to_string())
            .send()
            .await
            .map_err(|error| failed("Decrypt", &error))?;
        let bytes = opened.plaintext.ok_or(SealError::NotSealed)?.into_inner();
        let text = String::from_utf8(bytes).map_err(|_| SealError::NotSealed)?;
        PlainKey::parse(&text).map_err(|_| SealError::NotSealed)
    }
}

impl SealError {
    /// True when trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// "Error handling" of the KMS API reference: these may be tried again.
const TRANSIENT: [&str; 5] = [
    "DependencyTimeoutException",
    "KMSInternalException",
    "KeyUnavailableException",
    "LimitExceededException",
    "ThrottlingException",
];

fn failed<E: ProvideErrorMetadata, R>(operation: &str, error: &SdkError<E, R>) -> SealError {
    let Some(service) = error.as_service_error() else {
        return SealError::Unavailable(format!("{operation}: no answer"));
    };
    let code = service.code().unwrap_or("no code");
    let text = format!("{operation}: {code}");
    if TRANSIENT.contains(&code) { SealError::Unavailable(text) } else { SealError::Refused(text) }
}
