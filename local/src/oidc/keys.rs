//! The issuer's key: RSA, made once.

use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};

use crate::secret_file::load_or_make;

/// Signs tokens, and verifies them.
pub(crate) struct SigningKey {
    pub(super) private: EncodingKey,
    pub(super) public: DecodingKey,
    pub(super) id: String,
    modulus: String,
    exponent: String,
}

impl SigningKey {
    /// A key that is kept in the file at `path`, or with `None` nowhere.
    ///
    /// # Errors
    /// The file's; a file that holds no RSA key.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let pem = match path {
            Some(path) => load_or_make(path, make)?,
            None => make()?,
        };
        Self::from_pem(&pem)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file does not hold an RSA key"))
    }

    fn from_pem(pem: &[u8]) -> Option<Self> {
        let private = EncodingKey::from_rsa_pem(pem).ok()?;
        let jwk = Jwk::from_encoding_key(&private, Algorithm::RS256).ok()?;
        let public = DecodingKey::from_jwk(&jwk).ok()?;
        let AlgorithmParameters::RSA(parameters) = jwk.algorithm else { return None };
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, parameters.n.as_bytes()));
        Some(Self { private, public, id, modulus: parameters.n, exponent: parameters.e })
    }

    /// The public half, as a JSON Web Key Set (RFC 7517, section 5).
    pub(super) fn set(&self) -> Value {
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": self.modulus, "e": self.exponent,
        }] })
    }
}

/// A new key, as PKCS #8 in PEM (RFC 7468).
fn make() -> io::Result<Vec<u8>> {
    let made = KeyPair::generate(KeySize::Rsa2048).and_then(|pair| AsDer::<Pkcs8V1Der<'_>>::as_der(&pair));
    let der = made.map_err(|_| io::Error::other("no RSA key could be made"))?;
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in STANDARD.encode(der.as_ref()).as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem.into_bytes())
}
