//! The caller of an endpoint for those who decide on requests.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use gatepass_app::reviewers;
use gatepass_domain::Reviewer;
use gatepass_http::{Caller, Problem};

use crate::state::Api;

/// A signed-in administrator, or approver of a product. Each endpoint restricts an approver to their products.
pub(crate) struct Reviewing(pub(crate) Reviewer);

impl FromRequestParts<Api> for Reviewing {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Response> {
        let Caller(person) = Caller::from_request_parts(parts, api).await.map_err(IntoResponse::into_response)?;
        let found =
            reviewers::reviewer(&api.store, person).await.map_err(|error| Problem::from(error).into_response())?;
        found.map(Self).ok_or_else(|| {
            let detail = "This is for members of the group `api-owners`, and for approvers of a product.";
            Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into_response()
        })
    }
}
