//! The entities that a request refers to, as they are now.

use gatepass_domain::PersonId;
use gatepass_domain::access_request::Submission;
use gatepass_store::{ReferencedEntities, References, Store, StoreError};

/// Reads all that `submission` names in one batch, and with it what a decision of `reviewer` depends on.
///
/// # Errors
/// [`StoreError`].
pub async fn entities_now(
    store: &Store,
    submission: &Submission,
    reviewer: Option<&PersonId>,
) -> Result<ReferencedEntities, StoreError> {
    let wanted: Vec<_> =
        submission.items.iter().map(|item| (item.catalogue_id.clone(), item.product_id.clone())).collect();
    let names = References {
        wanted: &wanted,
        plan_id: &submission.plan_id,
        app_id: Some(submission.app.id),
        credential_id: submission.extends_credential_id,
        requester: &submission.requester.id,
        reviewer,
    };
    store.referenced_entities(&names).await
}
