//! The problems that operations have in common, for the OpenAPI document.

use gatepass_http::ProblemBody;
use utoipa::{IntoResponses, ToSchema};

/// What API Gateway answers by itself.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes an answer that API Gateway writes")]
pub(crate) struct GatewayMessage {
    /// Always `Unauthorized`.
    #[schema(example = "Unauthorized")]
    message: String,
}

/// Any operation that needs a token.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes answers; it is never made")]
pub(crate) enum Reading {
    /// A parameter or cursor that cannot be used.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No token, or one that does not verify; answered by API Gateway.
    #[response(status = 401)]
    Unauthorized(GatewayMessage),
    /// The token does not have the role that this needs.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// It does not exist, or is not the caller's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// Something went wrong on our side; what it was stands in the log alone.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// The database cannot be reached, or too much happens at once: try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Any operation that needs a token and changes something.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes answers; it is never made")]
pub(crate) enum Writing {
    /// A body that is not JSON, or has an unknown, missing or ill-typed member.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No token, or one that does not verify; answered by API Gateway.
    #[response(status = 401)]
    Unauthorized(GatewayMessage),
    /// The token does not have the role that this needs, or it is the caller's own request.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// It does not exist, or is not the caller's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The state does not allow it: `already-decided`, `duplicate-access`, `name-taken`, …
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
    /// The body is larger than 256 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON by its media type.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
    /// A rule is broken, or an `Idempotency-Key` was used for something else.
    #[response(status = 422, content_type = "application/problem+json")]
    Rule(ProblemBody),
    /// The plan's allowance of requests is used up; `Retry-After` says when there is another.
    #[response(status = 429, content_type = "application/problem+json")]
    QuotaExceeded(ProblemBody),
    /// Something went wrong on our side; what it was stands in the log alone.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// The database cannot be reached, or too much happens at once: try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Any operation that changes a version of something.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes answers; it is never made")]
pub(crate) enum Changing {
    /// A body that is not JSON, or has an unknown, missing or ill-typed member.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No token, or one that does not verify; answered by API Gateway.
    #[response(status = 401)]
    Unauthorized(GatewayMessage),
    /// The token does not have the role that this needs, or it is the caller's own request.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// It does not exist, or is not the caller's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The state does not allow it: `already-decided`, `duplicate-access`, `name-taken`, …
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
    /// It has changed since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    VersionMismatch(ProblemBody),
    /// The body is larger than 256 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON by its media type.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
    /// A rule is broken, or an `Idempotency-Key` was used for something else.
    #[response(status = 422, content_type = "application/problem+json")]
    Rule(ProblemBody),
    /// `If-Match` is missing.
    #[response(status = 428, content_type = "application/problem+json")]
    IfMatchRequired(ProblemBody),
    /// Something went wrong on our side; what it was stands in the log alone.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// The database cannot be reached, or too much happens at once: try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}
