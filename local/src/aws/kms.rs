//! `Encrypt` and `Decrypt` of KMS, by AES-256-GCM under a key that the stack keeps for itself.
//!
//! Which key a caller names makes no difference; the encryption context does: what was encrypted
//! under one cannot be decrypted under another.
//! See <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::{answer, failed, malformed};
use crate::fresh::fresh_bytes;
use crate::secret_file::load_or_make;

/// The most that a direct call encrypts.
const MOST: usize = 4096;
/// Bytes of a nonce, which a blob begins with.
const NONCE: usize = 12;

/// Seals and unseals.
pub(crate) struct Vault {
    key: RandomizedNonceKey,
}

impl Vault {
    /// A vault whose key is kept in the file at `path`, or with `None` nowhere.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let make = || fresh_bytes::<32>().to_vec();
        let bytes = path.map_or_else(|| Ok(make()), |path| load_or_make(path, || Ok(make())))?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes);
        let key =
            key.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the file does not hold 32 bytes of key"))?;
        Ok(Self { key })
    }

    fn seal(&self, plaintext: Vec<u8>, context: &Context) -> Option<Vec<u8>> {
        let mut sealed = plaintext;
        let nonce = self.key.seal_in_place_append_tag(Aad::from(context.bytes()), &mut sealed).ok()?;
        Some([nonce.as_ref().as_slice(), &sealed].concat())
    }

    fn unseal(&self, blob: &[u8], context: &Context) -> Option<Vec<u8>> {
        let (nonce, sealed) = blob.split_first_chunk::<NONCE>()?;
        let mut sealed = sealed.to_vec();
        let opened = self.key.open_in_place(nonce.into(), Aad::from(context.bytes()), &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}

/// Pairs that must be the same on the way in and out, in whatever order.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Context(BTreeMap<String, String>);

impl Context {
    fn bytes(&self) -> Vec<u8> {
        // The length before each text keeps one context from looking like another.
        let texts = self.0.iter().flat_map(|(name, value)| [name, value]);
        texts.flat_map(|text| [&text.len().to_be_bytes(), text.as_bytes()].concat()).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt {
    key_id: String,
    plaintext: String,
    #[serde(default)]
    encryption_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt {
    #[serde(default)]
    key_id: String,
    ciphertext_blob: String,
    #[serde(default)]
    encryption_context: Context,
}

pub(super) fn encrypt(vault: &Vault, body: &[u8]) -> Response {
    let call: Encrypt = match serde_json::from_slice(body) {
        Ok(call) => call,
        Err(error) => return malformed(&error),
    };
    let plaintext = STANDARD.decode(call.plaintext).ok().filter(|bytes| (1..=MOST).contains(&bytes.len()));
    let Some(plaintext) = plaintext else {
        return failed(StatusCode::BAD_REQUEST, "ValidationException", "Plaintext must be 1 to 4096 bytes");
    };
    match vault.seal(plaintext, &call.encryption_context) {
        Some(blob) => answer(&json!({
            "CiphertextBlob": STANDARD.encode(blob),
            "KeyId": call.key_id,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        })),
        None => failed(StatusCode::INTERNAL_SERVER_ERROR, "KMSInternalException", "could not encrypt"),
    }
}

pub(super) fn decrypt(vault: &Vault, body: &[u8]) -> Response {
    let call: Decrypt = match serde_json::from_slice(body) {
        Ok(call) => call,
        Err(error) => return malformed(&error),
    };
    let blob = STANDARD.decode(call.ciphertext_blob).unwrap_or_default();
    match vault.unseal(&blob, &call.encryption_context) {
        Some(plaintext) => answer(&json!({
            "KeyId": call.key_id,
            "Plaintext": STANDARD.encode(plaintext),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        })),
        None => failed(StatusCode::BAD_REQUEST, "InvalidCiphertextException", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> Context {
        Context(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_sealed_opens_under_its_context_alone() {
        let vault = Vault::open(None).unwrap();
        let blob = vault.seal(b"secret".to_vec(), &context(&[("a", "b"), ("c", "d")])).unwrap();
        assert_eq!(vault.unseal(&blob, &context(&[("c", "d"), ("a", "b")])).unwrap(), b"secret");
        assert_eq!(vault.unseal(&blob, &context(&[("a", "bcd")])), None);
        assert_eq!(vault.unseal(&blob, &context(&[])), None);
        assert_eq!(vault.unseal(&blob[..5], &context(&[])), None);
        assert_eq!(Vault::open(None).unwrap().unseal(&blob, &context(&[("a", "b"), ("c", "d")])), None);
    }

    #[test]
    fn a_key_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kms.key");
        let blob = Vault::open(Some(&path)).unwrap().seal(b"secret".to_vec(), &context(&[])).unwrap();
        assert_eq!(Vault::open(Some(&path)).unwrap().unseal(&blob, &context(&[])).unwrap(), b"secret");
    }
}
