//! Stored forms: what the items of requests, apps, credentials, offerings and settings look like, and the
//! conversion between them and the domain's types. Neither the domain's structs nor the API's decide it.
//!
//! Every form says its `schema_version`. Reading ignores attributes that it does not know, so that version N
//! reads what version N+1 wrote; an attribute whose meaning changes raises the version, and reading tells them
//! apart. Values inside an entity (a person, an item, a verdict) are stored as the domain serialises them.
//! The files in `tests/golden` hold every form in place.

pub(crate) mod api_document;
pub(crate) mod app;
pub(crate) mod catalogue;
pub(crate) mod credential;
mod gateway;
pub(crate) mod plan;
pub(crate) mod product;
pub(crate) mod request;
pub(crate) mod settings;

use gatepass_domain::event::Chain;
use gatepass_domain::{App, Catalogue, Credential, Plan, Product, Versioned};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An entity that has a stored form.
pub trait StoredAs: Sized {
    /// The form. It says its `schema_version`.
    type Form: Serialize + DeserializeOwned + for<'a> From<&'a Self> + Into<Self>;
}

impl StoredAs for App {
    type Form = app::AppForm;
}
impl StoredAs for Catalogue {
    type Form = catalogue::CatalogueForm;
}
impl StoredAs for Credential {
    type Form = credential::CredentialForm;
}
impl StoredAs for Plan {
    type Form = plan::PlanForm;
}
impl StoredAs for Product {
    type Form = product::ProductForm;
}

/// An entity that is edited, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored<F> {
    /// The content.
    #[serde(flatten)]
    form: F,
    /// Counts the changes, from 1; guards against lost updates.
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The end of its hash chain.
    chain: Chain,
}

impl<F> Stored<F> {
    /// The stored form of `entity`.
    pub(crate) fn new<'a, T>(entity: &'a Versioned<T>, chain: Chain) -> Self
    where
        F: From<&'a T>,
    {
        let Versioned { content, version, created_at, updated_at } = entity;
        let (version, created_at, updated_at) = (*version, *created_at, *updated_at);
        Self { form: F::from(content), version, created_at, updated_at, chain }
    }

    /// The entity, and the end of its hash chain.
    pub(crate) fn into_entity<T>(self) -> (Versioned<T>, Chain)
    where
        F: Into<T>,
    {
        let Self { form, version, created_at, updated_at, chain } = self;
        (Versioned { content: form.into(), version, created_at, updated_at }, chain)
    }
}
