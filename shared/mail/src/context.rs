//! The facts that a mail tells.

use gatepass_domain::access_request::{AccessRequestView, AppRef, Item, LastError, ProvisioningStatus, RequestKind};
use gatepass_domain::app::Contact;
use gatepass_domain::credential::Credential;
use gatepass_domain::id::{AppId, CredentialId, ProductId, RequestId};
use gatepass_domain::person::{Actor, ActorKind};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::rule::renewal_window;
use gatepass_domain::settings::MailKind;
use gatepass_domain::{App, Plan, Product};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words;

/// The facts about an access request, or about the credential that came of it, that mails tell (R24, R37–R43).
///
/// Which of them a given mail may use is decided by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailContext {
    /// The request; `None` in mails about an app.
    pub request_id: Option<RequestId>,
    /// The person who asks, or whom a mail about an app is for.
    pub requester: Requester,
    /// The app that receives the credential, as it was called at submit.
    pub app: AppRef,
    /// The products asked for.
    pub products: Vec<ProductName>,
    /// The plan asked for.
    pub plan: PlanTerms,
    /// What was asked for, when less was approved.
    pub asked: Option<AskedTerms>,
    /// The end of the access, when one was set at the approval.
    pub access_expires_at: Option<Timestamp>,
    /// The person who grants the access, when it was not asked for.
    pub granted_by: Option<Decider>,
    /// How callers of the products authenticate.
    pub auth_method: AuthMethod,
    /// The purpose, in the requester's words.
    pub justification: Option<String>,
    /// The person who decided; `None` while nobody has.
    pub decided_by: Option<Decider>,
    /// Why access was not granted, in the decider's words.
    pub reason: Option<String>,
    /// How provisioning goes. `approve` says that access is ready when the status is `provisioned`,
    /// and that it is being prepared otherwise; `provisioning-failed` tells attempts and error.
    pub provisioning: ProvisioningFacts,
    /// The places to ask for help with the products: mail addresses and web addresses.
    pub support: Vec<String>,
    /// The credential, in mails about one.
    pub credential: Option<CredentialFacts>,
    /// The handover, in mails about one.
    pub handover: Option<HandoverFacts>,
    /// The address of the portal, for example `https://gatepass.example.com`. Empty: the mails say where to
    /// look instead of linking there.
    pub portal_url: String,
}

/// An app went from one owner to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverFacts {
    /// Whether the mail is for the new owner.
    pub yours: bool,
    /// The name of the other owner.
    pub other: String,
    /// When the keys from before stop working; `None` when they have.
    pub keys_end: Option<Timestamp>,
}

/// A credential, without its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialFacts {
    /// The credential.
    pub id: CredentialId,
    /// The start and the end of its newest key, by which its owner knows it.
    pub shown: String,
    /// Expiry.
    pub expires_at: Option<Timestamp>,
    /// The first moment at which its owner may ask for more time; `None` when they may now, or never.
    pub renewable_from: Option<Timestamp>,
    /// The last one; `None` when they never may.
    pub renewable_until: Option<Timestamp>,
}

impl CredentialFacts {
    /// The facts about `credential` at `now`.
    fn of(credential: &Credential, now: Timestamp) -> Self {
        // A suspension outlives the end of the credential, and nothing suspended is renewed.
        let end = credential.expires_at.filter(|_| credential.suspension.is_none());
        let (from, until) = end.map(renewal_window).unzip();
        let renewable_until = until.filter(|until| *until >= now);
        Self {
            id: credential.id,
            shown: format!("{}…{}", credential.prefix, credential.last_four),
            expires_at: credential.expires_at,
            renewable_from: from.filter(|from| *from > now),
            renewable_until,
        }
    }
}

/// How provisioning goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningFacts {
    /// The state.
    pub status: ProvisioningStatus,
    /// Attempts made.
    pub attempts: u32,
    /// The error of the last attempt.
    pub last_error: Option<LastError>,
}

/// The person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Display name.
    pub name: String,
    /// Mail address, if known. Shown to owners, so that they can ask back.
    pub email: Option<String>,
}

impl From<&Contact> for Requester {
    fn from(Contact { name, email }: &Contact) -> Self {
        Self { name: name.clone(), email: email.clone() }
    }
}

/// A product by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductName {
    /// The product.
    pub id: ProductId,
    /// Its name at submit.
    pub name: String,
}

/// The products and the plan that a request asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedTerms {
    /// The products.
    pub products: Vec<ProductName>,
    /// The plan's name.
    pub plan: String,
}

/// A plan in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTerms {
    /// Its name.
    pub name: String,
    /// Its limits, a phrase each, as [`limits`](crate::limits) puts them. Empty when the plan is
    /// gone and nobody can say.
    pub limits: Vec<String>,
}

/// The person who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decider {
    /// The automatic-approval policy.
    Policy,
    /// A person.
    Person {
        /// Display name; `None` once it was erased.
        name: Option<String>,
    },
}

impl MailContext {
    /// The facts about `request`, with the limits of `plan` as far as the plan still exists.
    pub fn new(request: &AccessRequestView, plan: Option<&Plan>, portal_url: &str) -> Self {
        let names = |items: &[Item]| -> Vec<_> {
            let named = |item: &Item| ProductName { id: item.product_id.clone(), name: item.name.clone() };
            items.iter().map(named).collect()
        };
        let asked = request.narrowing.as_ref().map(|narrowing| AskedTerms {
            products: names(&narrowing.asked.items),
            plan: narrowing.asked.plan_name.clone(),
        });
        let is_grant = request.kind == RequestKind::Grant;
        Self {
            request_id: Some(request.id),
            requester: Requester { name: request.requester.name.clone(), email: request.requester.email.clone() },
            app: request.app.clone(),
            products: names(&request.items),
            asked,
            access_expires_at: request.narrowing.as_ref().and_then(|narrowing| narrowing.access_expires_at),
            granted_by: request.approvals.first().filter(|_| is_grant).map(|approval| Decider::from(&approval.by)),
            plan: PlanTerms {
                name: request.plan_name.clone(),
                limits: plan.map(|plan| words::limits(plan, request.auth_method)).unwrap_or_default(),
            },
            auth_method: request.auth_method,
            justification: request.justification.clone(),
            decided_by: request.decided_by.as_ref().map(Decider::from),
            reason: request.reason.clone(),
            provisioning: ProvisioningFacts {
                status: request.provisioning.status,
                attempts: request.provisioning.attempts,
                last_error: request.provisioning.last_error.clone(),
            },
            support: Vec::new(),
            credential: None,
            handover: None,
            portal_url: portal_url.to_owned(),
        }
    }

    /// The facts about the handover of `app`, for one of its two owners.
    pub fn of_handover(app: &App, recipient: &Contact, handover: HandoverFacts, portal_url: &str) -> Self {
        Self {
            request_id: None,
            requester: Requester::from(recipient),
            app: AppRef { id: app.id, name: app.profile.name.clone() },
            products: Vec::new(),
            asked: None,
            access_expires_at: None,
            granted_by: None,
            plan: PlanTerms { name: String::new(), limits: Vec::new() },
            auth_method: AuthMethod::ApiKey,
            justification: None,
            decided_by: None,
            reason: None,
            provisioning: ProvisioningFacts { status: ProvisioningStatus::None, attempts: 0, last_error: None },
            support: Vec::new(),
            credential: None,
            handover: Some(handover),
            portal_url: portal_url.to_owned(),
        }
    }

    /// The facts about `credential` at `now`, which came of `request`, with the names of the products that it opens and of its
    /// plan as they are now.
    pub fn of_credential(
        request: &AccessRequestView,
        credential: &Credential,
        products: &[Product],
        plan: Option<&Plan>,
        reason: Option<&str>,
        portal_url: &str,
        now: Timestamp,
    ) -> Self {
        let named = |product: &Product| ProductName { id: product.id.clone(), name: product.name.clone() };
        let facts = Self::new(request, plan, portal_url).with_support(products);
        Self {
            products: products.iter().map(named).collect(),
            plan: PlanTerms { name: plan.map_or(facts.plan.name, |plan| plan.name.clone()), ..facts.plan },
            reason: reason.map(str::to_owned),
            credential: Some(CredentialFacts::of(credential, now)),
            ..facts
        }
    }

    /// The same facts with the places to ask for help with `products`.
    #[must_use]
    pub fn with_support(mut self, products: &[Product]) -> Self {
        self.support = products.iter().filter_map(|product| product.support.clone()).collect();
        self.support.sort();
        self.support.dedup();
        self
    }
}

impl From<&Actor> for Decider {
    fn from(actor: &Actor) -> Self {
        match actor.kind {
            ActorKind::Person => Self::Person { name: actor.name.clone() },
            ActorKind::Policy | ActorKind::System => Self::Policy,
        }
    }
}

/// An invented context with everything in it, for previews of the mail `kind`.
pub fn sample(kind: MailKind) -> MailContext {
    let products = [("weather-api", "Weather API"), ("maps-api", "Maps API")];
    let products =
        products.into_iter().filter_map(|(id, name)| Some(ProductName { id: id.parse().ok()?, name: name.into() }));
    let owen = Decider::Person { name: Some("Owen".into()) };
    let undecided = ProvisioningFacts { status: ProvisioningStatus::None, attempts: 0, last_error: None };
    let (decided_by, reason, provisioning) = match kind {
        MailKind::Submitted | MailKind::Reminder | MailKind::Escalation => (None, None, undecided),
        MailKind::RequestExpired => (Some(Decider::Policy), None, undecided),
        MailKind::Reassigned => (None, None, undecided),
        MailKind::Approve | MailKind::Ready => {
            (Some(owen), None, ProvisioningFacts { status: ProvisioningStatus::Provisioned, attempts: 1, ..undecided })
        }
        MailKind::KeyToExpire | MailKind::KeyExpired => {
            (Some(owen), None, ProvisioningFacts { status: ProvisioningStatus::Provisioned, attempts: 1, ..undecided })
        }
        MailKind::Suspended | MailKind::Resumed => {
            let reason = match kind {
                MailKind::Suspended => "The key was found in a public repository.",
                _ => "The repository is private again.",
            };
            let provisioned = ProvisioningFacts { status: ProvisioningStatus::Provisioned, attempts: 1, ..undecided };
            (Some(owen), Some(reason.into()), provisioned)
        }
        MailKind::Revoked => {
            let reason = "The contract for storm warnings has ended.\nPlease ask again once there is a new one.";
            let revoked = ProvisioningFacts { status: ProvisioningStatus::Revoked, attempts: 1, ..undecided };
            (Some(owen), Some(reason.into()), revoked)
        }
        MailKind::Reject => {
            let reason = "Storm warnings are a service of their own.\nPlease ask the weather team for its feed.";
            (Some(owen), Some(reason.into()), undecided)
        }
        MailKind::ProvisioningFailed => {
            let error = LastError {
                code: "gateway-unavailable".into(),
                message: "The gateway did not answer within 10 seconds.".into(),
            };
            let failed = ProvisioningFacts { status: ProvisioningStatus::Failed, attempts: 5, last_error: Some(error) };
            (Some(owen), None, failed)
        }
    };
    let fleet = || "fleet-api".parse().ok().map(|id| ProductName { id, name: "Fleet API".into() });
    let products: Vec<_> = products.collect();
    let asked = AskedTerms { products: products.iter().cloned().chain(fleet()).collect(), plan: "Platinum".into() };
    let is_reduced = matches!(kind, MailKind::Approve | MailKind::Reject);
    MailContext {
        request_id: Some(RequestId::from_u128(0x0192_5f6e_7a00_7000_8000_0000_0000_0001)),
        requester: Requester { name: "Ada".into(), email: Some("ada@example.com".into()) },
        app: AppRef { id: AppId::from_u128(0x0192_5f6e_7a00_7000_8000_0000_0000_0002), name: "Storm warnings".into() },
        products,
        asked: is_reduced.then_some(asked),
        access_expires_at: "2027-01-31T12:00:00Z".parse().ok().filter(|_| kind == MailKind::Approve),
        granted_by: None,
        plan: PlanTerms {
            name: "Gold".into(),
            limits: vec!["100 requests per second".into(), "keys expire after 30 days".into()],
        },
        auth_method: AuthMethod::ApiKey,
        justification: Some("Warn sailors an hour before a storm.\nAbout 40 calls a second at peak.".into()),
        decided_by,
        reason,
        provisioning,
        support: vec!["https://weather.example.com/help".into(), "maps-support@example.com".into()],
        credential: is_about_credential(kind).then(|| CredentialFacts {
            id: CredentialId::from_u128(0x0192_5f6e_7a00_7000_8000_0000_0000_0003),
            shown: "gp_4aZ9…x0Qd".into(),
            expires_at: "2026-12-09T12:00:00Z".parse().ok(),
            renewable_from: "2026-11-09T12:00:00Z".parse().ok().filter(|_| kind == MailKind::KeyToExpire),
            renewable_until: "2027-01-08T12:00:00Z".parse().ok(),
        }),
        handover: (kind == MailKind::Reassigned).then(|| HandoverFacts {
            yours: true,
            other: "Grace".into(),
            keys_end: "2026-12-09T12:00:00Z".parse().ok(),
        }),
        portal_url: "https://gatepass.example.com".into(),
    }
}

fn is_about_credential(kind: MailKind) -> bool {
    matches!(kind, MailKind::KeyToExpire | MailKind::KeyExpired | MailKind::Suspended | MailKind::Resumed)
}

/// The invented context with nothing in it that a real one may lack: what renders with this and with
/// [`sample`] renders with anything in between.
pub(crate) fn bare_sample(kind: MailKind) -> MailContext {
    let full = sample(kind);
    let decided_by = match kind {
        MailKind::Submitted | MailKind::Reminder | MailKind::Escalation | MailKind::Reassigned => None,
        MailKind::Approve
        | MailKind::Ready
        | MailKind::Revoked
        | MailKind::ProvisioningFailed
        | MailKind::RequestExpired
        | MailKind::KeyToExpire
        | MailKind::KeyExpired
        | MailKind::Suspended
        | MailKind::Resumed => Some(Decider::Policy),
        MailKind::Reject => Some(Decider::Person { name: None }),
    };
    let status = match kind {
        MailKind::Submitted
        | MailKind::Reject
        | MailKind::Reminder
        | MailKind::Escalation
        | MailKind::RequestExpired
        | MailKind::Reassigned => ProvisioningStatus::None,
        MailKind::Approve | MailKind::ProvisioningFailed => ProvisioningStatus::Failed,
        MailKind::Ready | MailKind::KeyToExpire | MailKind::KeyExpired | MailKind::Suspended | MailKind::Resumed => {
            ProvisioningStatus::Provisioned
        }
        MailKind::Revoked => ProvisioningStatus::Revoked,
    };
    MailContext {
        requester: Requester { email: None, ..full.requester },
        plan: PlanTerms { limits: Vec::new(), ..full.plan },
        asked: None,
        access_expires_at: None,
        granted_by: (kind == MailKind::Submitted).then_some(Decider::Person { name: None }),
        justification: None,
        decided_by,
        reason: None,
        provisioning: ProvisioningFacts { status, last_error: None, ..full.provisioning },
        support: Vec::new(),
        credential: full.credential.map(|facts| CredentialFacts {
            renewable_from: None,
            renewable_until: None,
            ..facts
        }),
        portal_url: String::new(),
        ..full
    }
}
