//! Results of calls as they are recorded for an `Idempotency-Key`: in their stored forms.
//!
//! A record outlives a release, so it says its `schema_version` like any other item, and renaming a field of the API
//! does not make it unreadable.

use gatepass_domain::id::RequestId;
use gatepass_domain::{AccessRequest, Versioned};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::stored::StoredAs;
use crate::stored::request::RequestForm;

/// A result that can be recorded. What must not be stored in plain text, a key for example, has no such form.
pub trait Recordable: Sized {
    /// The result as it is recorded.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    fn to_record(&self) -> Result<String, StoreError>;

    /// The result that was recorded.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    fn from_record(record: &str) -> Result<Self, StoreError>;
}

/// The recorded form of an entity that is edited: its stored form, without the end of its hash chain.
#[derive(Debug, Serialize, Deserialize)]
struct Revision<F> {
    #[serde(flatten)]
    form: F,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<T: StoredAs> Recordable for Versioned<T> {
    fn to_record(&self) -> Result<String, StoreError> {
        let Self { content, version, created_at, updated_at } = self;
        let (version, created_at, updated_at) = (*version, *created_at, *updated_at);
        write(&Revision { form: T::Form::from(content), version, created_at, updated_at })
    }

    fn from_record(record: &str) -> Result<Self, StoreError> {
        let Revision { form, version, created_at, updated_at } = read::<Revision<T::Form>>(record)?;
        Ok(Self { content: form.into(), version, created_at, updated_at })
    }
}

/// The recorded form of a request: its stored form, whose key has the id.
#[derive(Debug, Serialize, Deserialize)]
struct RecordedRequest {
    id: RequestId,
    #[serde(flatten)]
    form: RequestForm,
}

impl Recordable for AccessRequest {
    fn to_record(&self) -> Result<String, StoreError> {
        write(&RecordedRequest { id: self.facts().id, form: RequestForm::from(self) })
    }

    fn from_record(record: &str) -> Result<Self, StoreError> {
        let RecordedRequest { id, form } = read(record)?;
        Ok(form.into_request(id)?)
    }
}

/// For a call that consists of others, which record their own results.
impl Recordable for () {
    fn to_record(&self) -> Result<String, StoreError> {
        Ok(String::new())
    }

    fn from_record(_: &str) -> Result<Self, StoreError> {
        Ok(())
    }
}

fn write<F: Serialize>(form: &F) -> Result<String, StoreError> {
    serde_json::to_string(form).map_err(|cause| StoreError::Unwritable(cause.to_string()))
}

fn read<F: DeserializeOwned>(record: &str) -> Result<F, StoreError> {
    serde_json::from_str(record)
        .map_err(|cause| StoreError::Unreadable { key: "of an idempotency key".to_owned(), cause: cause.to_string() })
}
