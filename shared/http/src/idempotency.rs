//! The `Idempotency-Key` header (IETF draft "The Idempotency-Key HTTP Header Field").

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gatepass_app::{Idempotent, Refused};
use gatepass_domain::PersonId;
use gatepass_domain::event::hex;
use gatepass_store::{IdempotencyKey as StoredKey, Recordable};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use crate::answer::{Answer, Reply};
use crate::problem::Problem;

/// The longest key, in characters.
const LONGEST: usize = 255;

/// The key that the request carried, if any, with the method and path that it was sent to.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    target: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let target = format!("{} {}", parts.method, parts.uri.path());
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { key: None, target }) };
        let key = value.to_str().unwrap_or_default().trim();
        if !(1..=LONGEST).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "The header Idempotency-Key must have 1 to 255 visible ASCII characters.";
            return Err(Problem::new(axum::http::StatusCode::BAD_REQUEST, "invalid-idempotency-key", detail));
        }
        Ok(Self { key: Some(key.to_owned()), target })
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .min_length(Some(1))
            .max_length(Some(LONGEST))
            .pattern(Some("^[!-~]+$"));
        let header = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
        vec![header.required(Required::False).schema(Some(schema)).build()]
    }
}

impl IdempotencyKey {
    /// For a use case that `who` runs with `body`.
    pub fn idempotent<T: Recordable>(self, who: &PersonId, body: &[u8]) -> Idempotent<T> {
        Idempotent::by(self.stored(who, body))
    }

    /// The key as it is stored, with a fingerprint of what `who` asked for with `body`.
    pub fn stored(self, who: &PersonId, body: &[u8]) -> Option<StoredKey> {
        let Self { key, target } = self;
        key.map(|key| {
            let mut digest = Sha256::new_with_prefix(target.as_bytes());
            digest.update([0]);
            digest.update(body);
            StoredKey { who: who.clone(), key, fingerprint: hex(&digest.finalize()) }
        })
    }
}

impl Reply {
    /// The answer to a use case's result.
    ///
    /// # Errors
    /// The problem that the refusal is.
    pub fn to<T>(result: Result<T, Refused>, answer: impl FnOnce(&T) -> Answer) -> Result<Self, Problem> {
        Ok(Self(answer(&result?)))
    }
}
