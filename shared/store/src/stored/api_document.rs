//! The stored forms of an OpenAPI document: the facts about it, and the pieces of its content.

use std::fmt;

use gatepass_domain::ApiDocument;
use jiff::Timestamp;
use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

const SCHEMA_VERSION: u32 = 1;

/// The facts about a document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ApiDocumentForm {
    schema_version: u32,
    title: String,
    api_version: String,
    openapi: String,
    operations: u64,
    bytes: u64,
    sha256: String,
    updated_at: Timestamp,
    /// The number of pieces.
    pub(crate) pieces: usize,
    /// The version of the product with which it was written. Its pieces have the same.
    pub(crate) version: u64,
}

impl ApiDocumentForm {
    pub(crate) fn new(document: &ApiDocument, pieces: usize, version: u64) -> Self {
        let ApiDocument { title, api_version, openapi, operations, bytes, sha256, updated_at } = document.clone();
        let schema_version = SCHEMA_VERSION;
        Self { schema_version, title, api_version, openapi, operations, bytes, sha256, updated_at, pieces, version }
    }

    pub(crate) fn into_document(self) -> ApiDocument {
        let Self { title, api_version, openapi, operations, bytes, sha256, updated_at, .. } = self;
        ApiDocument { title, api_version, openapi, operations, bytes, sha256, updated_at }
    }
}

/// A piece of the compressed content.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PieceForm {
    pub(crate) version: u64,
    pub(crate) content: Bytes,
}

/// Bytes, stored as DynamoDB's binary type: serde would make them a list of numbers.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Binary;
        impl Visitor<'_> for Binary {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Binary)
    }
}
