//! Why a use case did not do what was asked.

use gatepass_domain::access_request::Status;
use gatepass_domain::conflict::Conflict;
use gatepass_domain::credential::CredentialStatus;
use gatepass_domain::gateway::GatewayKind;
use gatepass_domain::id::{ProductId, RequestId};
use gatepass_domain::key::TooWeak;
use gatepass_domain::text::FieldError;
use gatepass_domain::{AccessRequest, Actor, Violation, rule};
use gatepass_store::{CommitError, StoreError};
use jiff::Timestamp;

/// Why a use case did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The entity does not exist, or is not the caller's to see.
    #[error("There is no such {0}, or it is not yours.")]
    NotFound(&'static str),
    /// The input is not as it must be.
    #[error("The request body has {} fault(s); see `errors`.", .0.len())]
    Invalid(Vec<FieldError>),
    /// The caller has an interest of their own in the decision.
    #[error(transparent)]
    ConflictOfInterest(Conflict),
    /// The request names products that other people decide on.
    #[error("Others decide on {}: name your own products in `product_ids`, or leave the decision to them.", rule::list(.0))]
    NotEntitled(Vec<ProductId>),
    /// The OpenAPI document cannot be taken.
    #[error("The OpenAPI document cannot be taken: {refusal}.")]
    Document {
        /// The notation in which it was sent.
        format: gatepass_openapi::Format,
        /// The reason.
        refusal: gatepass_openapi::Refusal,
    },
    /// The OpenAPI document cannot be stored.
    #[error("The OpenAPI document is too large: at most 2 MB remain of it when it is compressed.")]
    DocumentTooLarge,
    /// The caller sees it, but only its owner may change it.
    #[error("Only the owner of the app may change it.")]
    NotTheOwner,
    /// An approval would grant more than was asked for.
    #[error("More than was asked for: {0}.")]
    MoreThanAsked(String),
    /// A rule is broken.
    #[error(transparent)]
    Rule(#[from] Violation),
    /// The request is settled, or the caller has approved it before.
    #[error("{}", already_decided(*status, by.as_ref(), *at))]
    AlreadyDecided {
        /// How it was settled.
        status: Status,
        /// By whom.
        by: Option<Actor>,
        /// When.
        at: Option<Timestamp>,
    },
    /// The app holds or awaits the product already.
    #[error("The app already has, or waits for, access to one of these products: see the request {conflicting}.")]
    DuplicateAccess {
        /// The other request.
        conflicting: RequestId,
    },
    /// Another request is to change the same credential.
    #[error(
        "Another request is to change this credential: see the request {conflicting}. Withdraw it, or wait until it is decided."
    )]
    ChangePending {
        /// The other request.
        conflicting: RequestId,
    },
    /// The credential cannot be renewed at this time.
    #[error("{}", renewal_not_due(*window))]
    RenewalNotDue {
        /// The first and the last moment at which it can be renewed; `None` for one that does not end.
        window: Option<(Timestamp, Timestamp)>,
    },
    /// Something else has that name or slug.
    #[error("The name `{0}` is taken: choose another.")]
    NameTaken(String),
    /// The plan's allowance of requests is used up, counted per person.
    #[error("Plan access quota exceeded: there is another request on {again}.")]
    QuotaExceeded {
        /// When there is one again.
        again: Timestamp,
        /// Seconds from now until then, at least 1.
        retry_after_seconds: i64,
    },
    /// The requester sent a reminder within the last day.
    #[error("You have sent a reminder of this request lately: you may send the next one on {again}.")]
    RemindedLately {
        /// When the next one may be sent.
        again: Timestamp,
        /// Seconds from now until then, at least 1.
        retry_after_seconds: i64,
    },
    /// The policy decides on the request, so that nobody has to be reminded of it.
    #[error("This request is decided automatically, within a few minutes: there is nobody to remind.")]
    DecidedAutomatically,
    /// The person has as many undecided requests as the settings allow.
    #[error(
        "You have {0} requests that wait for a decision, and may not have more: withdraw one, or wait until one is decided."
    )]
    TooManyPending(u32),
    /// The person has as many apps as the settings allow.
    #[error("You have {0} apps, and may not have more: delete one that you no longer need.")]
    TooManyApps(u32),
    /// A former owner asks for a key of the app that they handed over.
    #[error("This app was yours and belongs to somebody else now: its keys are not shown to you.")]
    FormerOwner,
    /// This installation cannot provision access at such a gateway.
    #[error(
        "This installation cannot provision access at the gateway `{}`: choose {}, or have it set up as docs/gateways.md says.",
        kind.as_str(),
        available.iter().map(|kind| format!("`{}`", kind.as_str())).collect::<Vec<_>>().join(" or ")
    )]
    GatewayNotAvailable {
        /// The kind that was asked for.
        kind: GatewayKind,
        /// The kinds at which it can.
        available: Vec<GatewayKind>,
    },
    /// Provisioning has not failed, so that there is nothing to retry.
    #[error("Only provisioning that has failed, or has been overdue for five minutes, can be retried.")]
    NotFailed,
    /// The credential no longer works, so that its key is of no use.
    #[error("The credential is not active: ask for access again.")]
    CredentialNotActive,
    /// Gatepass does not have the key.
    #[error(
        "This key was brought along from another system, and Gatepass keeps only a digest of it: rotate the credential to get a key that can be revealed."
    )]
    KeyNotKept,
    /// The settings let a key be revealed once, and it was.
    #[error(
        "This key can be revealed once, and was revealed to {by} on {at}: rotate the credential to get another one."
    )]
    AlreadyRevealed {
        /// The name or id of the person who saw it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A key that was brought along can be guessed.
    #[error("The key {0}: choose another.")]
    KeyTooWeak(TooWeak),
    /// A key that was brought along is known already.
    #[error("This key is known already: each key belongs to one credential. Choose another.")]
    KeyTaken,
    /// Somebody else must approve, which a key that is brought along cannot wait for.
    #[error(
        "The plan needs two approvals: grant the access instead, have somebody else approve it, and replace the key."
    )]
    NeedsApprovals,
    /// Two keys work already: a third would end one of them.
    #[error(
        "The key was replaced already, and the older one works until {0}: wait for that, or send `\"replace\": true` to end the older key now."
    )]
    RotationInProgress(Timestamp),
    /// A new key could not be sealed, so that nobody could ever reveal it.
    #[error("the new key could not be sealed: {cause}")]
    NotSealed {
        /// True when trying again may help.
        transient: bool,
        /// The reason, without the key.
        cause: String,
    },
    /// Only an active credential can be suspended.
    #[error("Only an active credential can be suspended; this one is {}.", .0.as_str())]
    NotSuspendable(CredentialStatus),
    /// Only a suspended credential can be resumed.
    #[error("Only a suspended credential can be resumed; this one is {}.", .0.as_str())]
    NotSuspended(CredentialStatus),
    /// Requests await it, or access stands by it.
    #[error(
        "The {what} is in use; see `in_use_by`. Delete it with `?force=true` to revoke and reject all of that first."
    )]
    InUse {
        /// The kind of thing.
        what: &'static str,
        /// The newest of the requests that need it, at most 100.
        by: Vec<AccessRequest>,
    },
    /// The settings switch this way of asking for access off.
    #[error("Access is not asked for in this way here: {0}.")]
    FlowDisabled(&'static str),
    /// The cart holds as many products as a request can be for.
    #[error("The cart is full: a request is for at most 20 products. Submit it, and begin another.")]
    CartFull,
    /// The request was not approved, so that there is no access to take back.
    #[error("The request has not been approved: there is no access to take back.")]
    NotApproved,
    /// Access was taken back before.
    #[error("This access has been revoked already.")]
    AlreadyRevoked,
    /// The entity has changed since the caller read it.
    #[error(
        "It has changed since you read it: you have version {expected}, it is now version {actual}. Read it again and repeat your change."
    )]
    VersionMismatch {
        /// The version that the caller knows.
        expected: u64,
        /// The version that stands.
        actual: u64,
    },
    /// Something else was asked before with the same idempotency key.
    #[error("This Idempotency-Key was used for another request: use a new one.")]
    IdempotencyKeyReused,
    /// Too many did the same at once. Nothing is wrong; trying again helps.
    #[error("Too many changes at once: try again.")]
    Busy,
    /// A plan is needed that no longer exists, or the like.
    #[error("This is no longer possible: {0}.")]
    NoLongerPossible(String),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

fn renewal_not_due(window: Option<(Timestamp, Timestamp)>) -> String {
    match window {
        Some((from, until)) => format!("The credential can be renewed from {from} until {until}."),
        None => "The credential does not end: there is nothing to renew.".to_owned(),
    }
}

fn already_decided(status: Status, by: Option<&Actor>, at: Option<Timestamp>) -> String {
    let how = match status {
        Status::Pending => "You have approved this request; it waits for somebody else.".to_owned(),
        Status::Approved => "The request was approved".to_owned(),
        Status::Rejected => "The request was rejected".to_owned(),
        Status::Withdrawn => "The request was withdrawn".to_owned(),
        Status::Expired => "The request has expired".to_owned(),
    };
    let who = by.map(|by| format!(" by {}", by.name.as_deref().unwrap_or(&by.id))).unwrap_or_default();
    let when = at.map(|at| format!(" on {at}.")).unwrap_or_default();
    format!("{how}{who}{when}")
}

impl Refused {
    /// The refusal of a commit whose guards the use case does not tell apart any further.
    pub(crate) fn unexpected(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::Store(error),
            CommitError::Refused(_) => Self::Busy,
        }
    }

    /// True when trying again may help, without anything being changed in between.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Store(error) => error.is_transient(),
            Self::NotSealed { transient, .. } => *transient,
            _ => false,
        }
    }
}
