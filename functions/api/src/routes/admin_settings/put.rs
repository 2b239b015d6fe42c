//! `PUT /v1/admin/settings`

use axum::extract::State;
use gatepass_app::{Refused, settings};
use gatepass_domain::Settings;
use gatepass_domain::text::FieldError;
use gatepass_http::{IfMatch, JsonBody, Owner, Problem, RequestContext, Tagged};
use gatepass_mail::check_subject;

use super::response::SettingsResponse;
use crate::state::Api;

/// Replaces the settings. Members that are left out take their defaults. Mail subjects must be valid templates.
#[utoipa::path(put, path = "/v1/admin/settings", tag = "admin: settings", operation_id = "put_settings", security(("bearer" = ["administrator"])),
    params(IfMatch), request_body = Settings,
    responses((status = 200, body = SettingsResponse, headers(("ETag" = String)))))]
pub(crate) async fn put(
    State(api): State<Api>,
    Owner(owner): Owner,
    RequestContext(mut context): RequestContext,
    IfMatch(precondition): IfMatch,
    JsonBody { value: settings, .. }: JsonBody<Settings>,
) -> Result<Tagged<SettingsResponse>, Problem> {
    let faults: Vec<_> = settings
        .mail_subjects
        .iter()
        .filter_map(|(mail, subject)| {
            let fault = check_subject(*mail, subject).err()?;
            Some(FieldError::new(format!("/mail_subjects/{}", mail.as_str()), fault.to_string()))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Refused::Invalid(faults).into());
    }
    let settings = settings::put(&api.store, &mut context, &owner, precondition, &settings).await?;
    let settings = SettingsResponse::from(settings);
    Ok(Tagged { version: settings.version, entity: settings })
}
