//! Errors for people and programs: RFC 9457 problem details.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gatepass_app::Refused;
use gatepass_domain::access_request::{AccessRequestView, AppRef, Status};
use gatepass_domain::id::RequestId;
use gatepass_domain::text::FieldError;
use gatepass_domain::{AccessRequest, PersonId};
use gatepass_lambda::causes;
use gatepass_openapi::{Fault, Format, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem on its way to the client. [`finish`](crate::finish) adds the request's id and writes it.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Box<ProblemBody>,
}

/// Problem details (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Stable identifier of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/product-not-offered")]
    pub problem_type: String,
    /// The kind of problem in words.
    #[schema(example = "Product not offered")]
    pub title: String,
    /// The HTTP status code.
    #[schema(example = 422)]
    pub status: u16,
    /// The fault this time, and the remedy.
    pub detail: String,
    /// The places of the faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<InvalidParam>,
    /// `in-use`: the newest of the requests that need it, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_use_by: Vec<UsedBy>,
    /// `duplicate-access`: the request that already holds or awaits the product; `change-pending`: the one that is to change
    /// the credential, or to extend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicting_request_id: Option<String>,
    /// Id of the HTTP request, as in the logs.
    pub request_id: String,
}

/// A request that keeps something from being deleted: it awaits it, or gives access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsedBy {
    /// The request.
    #[schema(value_type = uuid::Uuid)]
    pub request_id: RequestId,
    /// Its app.
    pub app: AppRef,
    /// The person who asked.
    pub requester_id: PersonId,
    /// Their name at submit.
    #[schema(example = "Ada")]
    pub requester_name: String,
    /// `pending`, or `approved` for access that stands.
    pub status: Status,
}

impl From<&AccessRequest> for UsedBy {
    fn from(request: &AccessRequest) -> Self {
        let AccessRequestView { id, app, requester, status, .. } = request.view();
        Self { request_id: id, app, requester_id: requester.id, requester_name: requester.name, status }
    }
}

/// One invalid member or parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct InvalidParam {
    /// JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/plan_id")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The line of the document, from 1: set for OpenAPI documents only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12)]
    pub line: Option<usize>,
    /// The fault there and the remedy.
    pub detail: String,
}

/// The most faults that an answer names one by one.
const MOST_ERRORS: usize = 100;
/// The most characters of a pointer that an answer repeats: members that nobody knows have names of any length.
const LONGEST_POINTER: usize = 200;

impl InvalidParam {
    fn shorten(&mut self) {
        if let Some(pointer) = &mut self.pointer
            && let Some((end, _)) = pointer.char_indices().nth(LONGEST_POINTER)
        {
            pointer.truncate(end);
            pointer.push('…');
        }
    }
}

impl From<Fault> for InvalidParam {
    fn from(Fault { pointer, line, detail }: Fault) -> Self {
        Self { pointer: Some(pointer), parameter: None, line: Some(line), detail }
    }
}

impl From<FieldError> for InvalidParam {
    fn from(fault: FieldError) -> Self {
        Self { pointer: Some(fault.pointer), parameter: None, line: None, detail: fault.detail }
    }
}

impl Problem {
    /// A problem of the kind `slug`.
    pub fn new(status: StatusCode, slug: &str, detail: impl Into<String>) -> Self {
        let body = ProblemBody {
            problem_type: format!("/problems/{slug}"),
            title: title(slug),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            in_use_by: Vec::new(),
            conflicting_request_id: None,
            request_id: String::new(),
        };
        Self { status, headers: Vec::new(), body: Box::new(body) }
    }

    /// The entity does not exist, or is not the caller's.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("There is no such {what}, or it is not yours."))
    }

    /// Something went wrong here. What it was stands in the log, not in the answer.
    pub fn internal(what: &str, cause: &dyn std::error::Error) -> Self {
        tracing::error!(what, error = causes(cause), "internal error");
        let detail = "Something went wrong on our side. Nothing was changed. Quote the request_id when you report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", detail)
    }

    /// The problem as a part of an answer about several things.
    pub fn into_part(self, request_id: &str) -> ProblemBody {
        ProblemBody { request_id: request_id.to_owned(), ..*self.body }
    }

    /// Every fault of a body, at most [`MOST_ERRORS`] of them one by one: a body of 256 KiB can have 87,000.
    pub(crate) fn invalid_body(mut errors: Vec<InvalidParam>) -> Self {
        let count = errors.len();
        errors.truncate(MOST_ERRORS);
        errors.iter_mut().for_each(InvalidParam::shorten);
        let detail = match errors.as_slice() {
            [only] => {
                let place = only.pointer.as_deref().filter(|pointer| !pointer.is_empty()).unwrap_or("The body");
                format!("{place}: {}.", only.detail)
            }
            _ if count <= MOST_ERRORS => format!("The request body has {count} faults; see `errors`."),
            _ => format!("The request body has {count} faults; `errors` has the first {MOST_ERRORS}."),
        };
        Self { ..Self::new(StatusCode::BAD_REQUEST, "invalid-body", detail) }.with_errors(errors)
    }

    /// A query parameter, or a combination of them, that cannot be used.
    pub fn parameter(parameter: &str, detail: &str) -> Self {
        let error = InvalidParam {
            pointer: None,
            parameter: Some(parameter.to_owned()),
            line: None,
            detail: detail.to_owned(),
        };
        let text = format!("The query parameter `{parameter}` cannot be used: {detail}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid-parameter", text).with_errors(vec![error])
    }

    fn with_errors(mut self, errors: Vec<InvalidParam>) -> Self {
        self.body.errors = errors;
        self
    }

    fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The title of the problems of kind `slug`: `plan-not-offered` → `Plan not offered`.
pub fn title(slug: &str) -> String {
    let mut words =
        slug.replace('-', " ").replace("json", "JSON").replace("yaml", "YAML").replace("if match", "If-Match");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        let conflict = |slug| Self::new(StatusCode::CONFLICT, slug, detail.clone());
        match refused {
            Refused::NotFound(what) => Self::not_found(what),
            Refused::Invalid(faults) => Self::invalid_body(faults.into_iter().map(InvalidParam::from).collect()),
            Refused::Document { refusal: Refusal::Invalid(faults), .. } => {
                Self::invalid_body(faults.into_iter().map(InvalidParam::from).collect())
            }
            Refused::Document { format, refusal: Refusal::Malformed { line, detail } } => {
                let slug = match format {
                    Format::Json => "malformed-json",
                    Format::Yaml => "malformed-yaml",
                };
                let fault = InvalidParam { pointer: None, parameter: None, line: Some(line), detail: detail.clone() };
                Self::new(StatusCode::BAD_REQUEST, slug, format!("Line {line}: {detail}.")).with_errors(vec![fault])
            }
            Refused::DocumentTooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail),
            Refused::NotTheOwner => Self::new(StatusCode::FORBIDDEN, "not-the-owner", detail),
            Refused::ConflictOfInterest(_) => Self::new(StatusCode::FORBIDDEN, "conflict-of-interest", detail),
            Refused::NotEntitled(_) => Self::new(StatusCode::FORBIDDEN, "not-entitled", detail),
            Refused::MoreThanAsked(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "more-than-asked", detail),
            Refused::Rule(violation) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, violation.slug(), detail),
            Refused::AlreadyDecided { .. } => conflict("already-decided"),
            Refused::DuplicateAccess { conflicting } => {
                let mut problem = conflict("duplicate-access");
                problem.body.conflicting_request_id = Some(conflicting.to_string());
                problem
            }
            Refused::ChangePending { conflicting } => {
                let mut problem = conflict("change-pending");
                problem.body.conflicting_request_id = Some(conflicting.to_string());
                problem
            }
            Refused::DecidedAutomatically => conflict("decided-automatically"),
            Refused::RenewalNotDue { .. } => conflict("renewal-not-due"),
            Refused::NameTaken(_) => conflict("name-taken"),
            Refused::FlowDisabled(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "access-flow-disabled", detail),
            Refused::CartFull => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cart-full", detail),
            Refused::NotApproved => conflict("not-approved"),
            Refused::AlreadyRevoked => conflict("already-revoked"),
            Refused::GatewayNotAvailable { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "gateway-not-available", detail)
            }
            Refused::NotFailed => conflict("not-failed"),
            Refused::NotSuspendable(_) => conflict("credential-not-active"),
            Refused::NotSuspended(_) => conflict("credential-not-suspended"),
            Refused::InUse { by, .. } => {
                let mut problem = conflict("in-use");
                problem.body.in_use_by = by.iter().map(UsedBy::from).collect();
                problem
            }
            Refused::CredentialNotActive => conflict("credential-not-active"),
            Refused::RotationInProgress(_) => conflict("rotation-in-progress"),
            Refused::KeyNotKept => conflict("key-not-kept"),
            Refused::AlreadyRevealed { .. } => conflict("already-revealed"),
            Refused::KeyTaken => conflict("key-taken"),
            Refused::KeyTooWeak(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-too-weak", detail),
            Refused::NeedsApprovals => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "needs-approvals", detail),
            Refused::NotSealed { transient: true, .. } => {
                tracing::warn!(error = detail, "KMS is unavailable");
                Self::unavailable()
            }
            Refused::NotSealed { .. } => Self::internal("a key could not be sealed", &refused),
            Refused::QuotaExceeded { retry_after_seconds, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "plan-access-quota-exceeded", detail)
                    .with_header(header::RETRY_AFTER, retry_after_seconds)
            }
            Refused::RemindedLately { retry_after_seconds, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "reminded-lately", detail)
                    .with_header(header::RETRY_AFTER, retry_after_seconds)
            }
            Refused::TooManyPending(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-pending", detail),
            Refused::TooManyApps(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-apps", detail),
            Refused::FormerOwner => Self::new(StatusCode::FORBIDDEN, "not-the-owner", detail),
            Refused::VersionMismatch { .. } => Self::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", detail),
            Refused::IdempotencyKeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            Refused::NoLongerPossible(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-longer-available", detail),
            Refused::Busy => Self::unavailable(),
            Refused::Store(error) if error.is_transient() => {
                tracing::warn!(error = causes(&error), "the store is unavailable");
                Self::unavailable()
            }
            Refused::Store(error) => Self::internal("the store failed", &error),
            // Endpoints answer a replay before they come here; see `Reply::to`.
        }
    }
}

impl Problem {
    /// Nothing is wrong with the request; trying again helps. Whether it was done is not known: a reply of
    /// the database may have been lost.
    pub fn unavailable() -> Self {
        let detail = "Gatepass is busy or cannot reach its database. Try again in a moment, with the same Idempotency-Key if you sent one.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_header(header::RETRY_AFTER, 1)
    }
}

impl Problem {
    /// Cursors cannot be signed yet, because the schedule makes their key within a minute of the installation.
    pub fn no_cursors_yet() -> Self {
        let detail = "Gatepass has only just been installed and cannot page lists yet. Try again in a minute.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_header(header::RETRY_AFTER, 60)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
