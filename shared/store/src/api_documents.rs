//! OpenAPI documents of products: compressed, in pieces, because an item of DynamoDB has at most 400 KB.

use gatepass_domain::ApiDocument;
use gatepass_domain::id::ProductId;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::Store;
use crate::error::StoreError;
use crate::guard::Guard;
use crate::item::Item;
use crate::keys::{self, Key};
use crate::read::take;
use crate::stored::api_document::{ApiDocumentForm, Bytes, PieceForm};
use crate::transaction::Transaction;

/// Bytes of a piece.
const PIECE: usize = 380_000;
/// The most pieces of a document. With them a transaction stays below 4 MB.
const MAX_PIECES: usize = 6;
/// The most bytes of a document as JSON. Documents of 2 MiB in YAML are larger in JSON.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The level of compression, from 0 to 10.
const LEVEL: u8 = 6;
/// Attempts to read a document that is replaced at the same time.
const READS: u32 = 5;

/// The content of a document as it is stored.
#[derive(Debug, Clone)]
pub struct CompressedDocument(Vec<u8>);

impl CompressedDocument {
    /// Compresses a document; `None` when it is too large even so.
    pub fn of(json: &str) -> Option<Self> {
        let compressed = compress_to_vec_zlib(json.as_bytes(), LEVEL);
        (compressed.len() <= MAX_PIECES * PIECE && json.len() <= MAX_BYTES).then_some(Self(compressed))
    }
}

/// The keys of everything that a document can consist of.
pub(crate) fn keys_of(id: &ProductId) -> impl Iterator<Item = Key> {
    std::iter::once(keys::api_document(id)).chain((0..MAX_PIECES).map(|index| keys::api_document_piece(id, index)))
}

impl Transaction {
    /// Writes the document of the product `id`, whose `version` the transaction writes too: that part guards this one.
    pub fn api_document(
        mut self,
        id: &ProductId,
        version: u64,
        document: &ApiDocument,
        content: &CompressedDocument,
    ) -> Self {
        let pieces: Vec<&[u8]> = content.0.chunks(PIECE).collect();
        let form = ApiDocumentForm::new(document, pieces.len(), version);
        self = self.overwrite(Guard::Offering, &Item::new(keys::api_document(id), form));
        for index in 0..MAX_PIECES {
            let key = keys::api_document_piece(id, index);
            self = match pieces.get(index) {
                Some(piece) => {
                    let piece = PieceForm { version, content: Bytes(piece.to_vec()) };
                    self.overwrite(Guard::Offering, &Item::new(key, piece))
                }
                None => self.remove(Guard::Offering, &key),
            };
        }
        self
    }

    /// Deletes the document of the product `id`, which need not have one.
    pub fn without_api_document(self, id: &ProductId) -> Self {
        keys_of(id).fold(self, |transaction, key| transaction.remove(Guard::Offering, &key))
    }
}

impl Store {
    /// The facts about the document of the product `id`, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; a product without a document has `None`.
    pub async fn api_document(&self, id: &ProductId) -> Result<Option<ApiDocument>, StoreError> {
        let stored: Option<Item<ApiDocumentForm>> = self.get(&keys::api_document(id)).await?;
        Ok(stored.map(|item| item.content.into_document()))
    }

    /// The document of the product `id` as JSON, read consistently.
    ///
    /// # Errors
    /// [`StoreError`]; a product without a document has `None`.
    pub async fn api_document_content(&self, id: &ProductId) -> Result<Option<String>, StoreError> {
        let all: Vec<_> = keys_of(id).collect();
        for _ in 0..READS {
            let mut found = self.batch_get(&all).await?;
            let Some(form) = take::<Item<ApiDocumentForm>>(&mut found, &keys::api_document(id))? else {
                return Ok(None);
            };
            let mut compressed = Vec::new();
            let mut pieces = 0;
            for index in 0..form.content.pieces {
                let piece = take::<Item<PieceForm>>(&mut found, &keys::api_document_piece(id, index))?;
                // A batch is not one moment: a piece may be of the document that replaces this one.
                let Some(piece) = piece.filter(|piece| piece.content.version == form.content.version) else { break };
                compressed.extend(piece.content.content.0);
                pieces += 1;
            }
            if pieces == form.content.pieces {
                return decompressed(id, &compressed).map(Some);
            }
        }
        Err(StoreError::Unavailable("the OpenAPI document is being replaced".into()))
    }
}

fn decompressed(id: &ProductId, compressed: &[u8]) -> Result<String, StoreError> {
    let unreadable = |cause: String| StoreError::Unreadable { key: format!("{:?}", keys::api_document(id)), cause };
    let bytes =
        decompress_to_vec_zlib_with_limit(compressed, MAX_BYTES).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))
}
