//! The body that changes of a credential share.

use gatepass_app::Refused;
use gatepass_domain::access_request::MAX_TEXT;
use gatepass_domain::text::ValidationErrors;
use serde::Deserialize;
use utoipa::ToSchema;

/// The reason for a change of a credential.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReasonBody {
    /// Kept on record, at most 2,000 characters.
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

impl ReasonBody {
    pub(super) fn checked(self) -> Result<Option<String>, Refused> {
        let reason = self.reason.filter(|reason| !reason.trim().is_empty());
        let mut errors = ValidationErrors::default();
        errors.text(reason.as_deref().unwrap_or_default(), "/reason", MAX_TEXT);
        errors.into_result().map_err(Refused::Invalid)?;
        Ok(reason)
    }
}
