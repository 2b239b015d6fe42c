//! The OpenAPI document of a product, as far as it is known without reading it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The OpenAPI document of a product: the facts about it, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiDocument {
    /// The title of the API.
    #[schema(example = "Weather")]
    pub title: String,
    /// The version of the API, as the document names it.
    #[schema(example = "1.4.0")]
    pub api_version: String,
    /// The version of the OpenAPI specification.
    #[schema(example = "3.1.0")]
    pub openapi: String,
    /// The number of operations.
    #[schema(example = 3)]
    pub operations: u64,
    /// Size as JSON, in bytes.
    #[schema(example = 18200)]
    pub bytes: u64,
    /// SHA-256 of the document as JSON, in hexadecimal.
    pub sha256: String,
    /// Time of the upload.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}
