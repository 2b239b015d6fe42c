//! Upload, read and delete the OpenAPI document of a product.

use gatepass_domain::event::{Aggregate, Detail, EntitySubject, hex};
use gatepass_domain::id::ProductId;
use gatepass_domain::{Actor, ApiDocument, ApiOwner, Context, Person, Product};
use gatepass_openapi::{BreakingChanges, Document, Format};
use gatepass_store::{CompressedDocument, Store, Transaction};
use sha2::{Digest, Sha256};

use crate::error::Refused;
use crate::idempotent::Idempotent;
use crate::optimistic::{Step, commit_decision};
use crate::precondition::Precondition;
use crate::{browse, offerings};

/// A document that was uploaded.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The facts about it.
    pub document: ApiDocument,
    /// The ways in which clients of the document that it replaced may fail.
    pub breaking: BreakingChanges,
}

/// Checks `text` and makes it the OpenAPI document of the product `id`. The product gets another version, and so does its
/// history. A document that stands already is left as it is.
///
/// # Errors
/// [`Refused::Document`], also when it is too large once it is compressed; [`Refused::NotFound`];
/// [`Refused::VersionMismatch`], by the version of the product.
pub async fn upload(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: &ProductId,
    precondition: Precondition,
    text: &str,
    format: Format,
) -> Result<Uploaded, Refused> {
    let parsed = Document::parse(text, format).map_err(|refusal| Refused::Document { format, refusal })?;
    let json = parsed.to_json().map_err(|error| Refused::NoLongerPossible(error.to_string()))?;
    let content = CompressedDocument::of(&json).ok_or(Refused::DocumentTooLarge)?;
    let document = ApiDocument {
        title: parsed.title().to_owned(),
        api_version: parsed.api_version().to_owned(),
        openapi: parsed.openapi().to_owned(),
        operations: parsed.operations() as u64,
        bytes: json.len() as u64,
        sha256: hex(&Sha256::digest(&json)),
        updated_at: context.now,
    };
    let by = Actor::from(owner.person());
    let read = || async {
        let product = store.offering::<Product>(id).await?.ok_or(Refused::NotFound("product"))?;
        let standing = match store.api_document(id).await? {
            Some(facts) => store.api_document_content(id).await?.map(|content| (facts, content)),
            None => None,
        };
        Ok((product, standing))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, ((product, mut chain), standing)| {
        precondition.check(product.version)?;
        let before = standing.as_ref().map(|(facts, _)| facts.sha256.clone());
        if let Some((facts, _)) = standing.as_ref().filter(|(facts, _)| facts.sha256 == document.sha256) {
            return Ok(Step::Done(Uploaded { document: facts.clone(), breaking: BreakingChanges::default() }));
        }
        // What cannot be read any more cannot be compared, and must not keep anybody from replacing it.
        let earlier = standing.and_then(|(_, content)| Document::parse(&content, Format::Json).ok());
        let breaking = earlier.map(|earlier| parsed.breaking_changes(&earlier)).unwrap_or_default();
        let next = product.revised(product.content.clone(), context.now);
        let detail = Detail::ProductOpenapiUpdated(EntitySubject {
            id: id.to_string(),
            version: next.version,
            before,
            after: Some(document.sha256.clone()),
            changed: Vec::new(),
        });
        let event = chain.append(context, Aggregate::Product(id.clone()), &by, detail, None);
        let transaction = Transaction::new(context).offering(&next, Some(&product), &event, chain).api_document(
            id,
            next.version,
            &document,
            &content,
        );
        Ok(Step::commit(transaction, Uploaded { document: document.clone(), breaking }))
    })
    .await
}

/// Deletes the OpenAPI document of the product `id`. A product without one is left as it is.
///
/// # Errors
/// [`Refused::NotFound`]; [`Refused::VersionMismatch`], by the version of the product.
pub async fn delete(
    store: &Store,
    context: &mut Context,
    owner: &ApiOwner,
    id: &ProductId,
    precondition: Precondition,
) -> Result<(), Refused> {
    let by = Actor::from(owner.person());
    let read = || async {
        let product = store.offering::<Product>(id).await?.ok_or(Refused::NotFound("product"))?;
        Ok((product, store.api_document(id).await?))
    };
    commit_decision(store, context, &Idempotent::Unkeyed, read, |context, ((product, mut chain), standing)| {
        precondition.check(product.version)?;
        let Some(standing) = standing else { return Ok(Step::Done(())) };
        let next = product.revised(product.content.clone(), context.now);
        let detail = Detail::ProductOpenapiDeleted(EntitySubject {
            id: id.to_string(),
            version: next.version,
            before: Some(standing.sha256),
            after: None,
            changed: Vec::new(),
        });
        let event = chain.append(context, Aggregate::Product(id.clone()), &by, detail, None);
        let transaction =
            Transaction::new(context).offering(&next, Some(&product), &event, chain).without_api_document(id);
        Ok(Step::commit(transaction, ()))
    })
    .await
}

/// The OpenAPI document of the product `id` as JSON, for somebody who sees the product.
///
/// # Errors
/// [`Refused::NotFound`], also for a product without a document.
pub async fn read(store: &Store, viewer: &Person, id: &ProductId) -> Result<String, Refused> {
    browse::product(store, viewer, id).await?;
    store.api_document_content(id).await?.ok_or(Refused::NotFound("OpenAPI document"))
}

/// The facts about the OpenAPI document of the product `id`; `None` when it has none.
///
/// # Errors
/// [`Refused::NotFound`].
pub async fn facts(store: &Store, owner: &ApiOwner, id: &ProductId) -> Result<Option<ApiDocument>, Refused> {
    offerings::get::<Product>(store, owner, id).await?;
    Ok(store.api_document(id).await?)
}
