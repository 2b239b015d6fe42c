//! The catalogue of the demonstration.

use std::collections::BTreeMap;

use gatepass_app::offerings::{Checked, create};
use gatepass_app::{Idempotent, Refused, cursors};
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::gateway::{Gateway, GatewayKind, Installation, OverLimit};
use gatepass_domain::id::NotASlug;
use gatepass_domain::outgoing::Outgoing;
use gatepass_domain::person::ActorKind;
use gatepass_domain::plan::{AutoApproveWhen, Limit};
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::{Actor, Catalogue, Context, Plan, Product};
use gatepass_lambda::{Clock, NoEntropy};
use gatepass_store::{Store, StoreError};

use crate::journal::{Journal, JournalError};

const DAY: u64 = 86_400;

/// The demonstration could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A name in it is no slug.
    #[error(transparent)]
    Slug(#[from] NotASlug),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something in it is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There are no ids to be had.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// The name of the fact that the journal keeps.
const FACT: &str = "demonstration";
const LOADING: &str = "loading";
const LOADED: &str = "loaded";

/// Loads the demonstration into a table that has no catalogue. A run that is cut short is completed by
/// the next; what owners make of it afterwards stays as they made it.
///
/// # Errors
/// [`DemoError`].
pub(crate) async fn load(store: &Store, journal: &Journal, clock: &Clock) -> Result<(), DemoError> {
    // A deployed stack has it from the schedule, within a minute; whoever starts this one does not wait that long.
    cursors::make_key(store, &mut clock.context("cursors")?).await?;
    match journal.fact(FACT)?.as_deref() {
        Some(LOADED) => return Ok(()),
        Some(_) => {}
        None if store.all_offerings::<Catalogue>().await?.is_empty() => journal.set_fact(FACT, LOADING)?,
        None => return Ok(journal.set_fact(FACT, LOADED)?),
    }
    let mut context = clock.context("demonstration")?;
    for product in products()? {
        add(store, &mut context, product).await?;
    }
    for plan in plans()? {
        add(store, &mut context, plan).await?;
    }
    for catalogue in catalogues()? {
        add(store, &mut context, catalogue).await?;
    }
    tracing::info!("loaded the catalogue of the demonstration");
    Ok(journal.set_fact(FACT, LOADED)?)
}

async fn add<T: Checked>(store: &Store, context: &mut Context, content: T) -> Result<(), DemoError> {
    let installation = Installation { gateways: GatewayKind::ALL.to_vec(), outgoing: Outgoing::LoopbackToo };
    let by = Actor { kind: ActorKind::System, id: "demonstration".into(), name: None };
    match create(store, &installation, context, &by, content, &Idempotent::Unkeyed).await {
        Ok(_) | Err(Refused::NameTaken(_)) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}

fn products() -> Result<Vec<Product>, NotASlug> {
    let product = |id: &str, name: &str, description: &str, auth_method, gateway, owner: &str| {
        Ok(Product {
            id: id.parse()?,
            name: name.to_owned(),
            description: description.to_owned(),
            auth_method,
            gateway,
            owners: vec![format!("{owner}@example.com")],
            approver_groups: Vec::new(),
            documentation_url: Some(format!("https://developer.example.com/{id}")),
            published: true,
            status: ProductStatus::Stable,
            sunset_on: None,
            support: Some(format!("{owner}@example.com")),
        })
    };
    let (key, oauth2) = (AuthMethod::ApiKey, AuthMethod::OAuth2);
    // It counts calls, so that the sample API answers 429 over the limit of a plan.
    let builtin = || Gateway::Builtin { enforce: true, over_limit: OverLimit::Forward };
    let provider = Gateway::OAuth2Dcr {
        issuer: "https://id.example.com".into(),
        initial_access_token_secret: None,
        scopes: vec!["payments:write".into()],
    };
    Ok(vec![
        product(
            "weather-api",
            "Weather API",
            "Forecasts for any place, hour by hour.",
            key,
            builtin(),
            "weather-team",
        )?,
        product("maps-api", "Maps API", "Maps, routes and distances.", key, builtin(), "maps-team")?,
        Product {
            approver_groups: vec!["payments-team".into()],
            ..product("payments-api", "Payments API", "Take payments, and pay out.", oauth2, provider, "payments-team")?
        },
        product("fleet-api", "Fleet API", "Where vehicles are and how they do.", key, builtin(), "fleet-team")?,
    ])
}

fn plans() -> Result<Vec<Plan>, NotASlug> {
    let rate = |requests| Some(Limit { requests, per_seconds: 1 });
    Ok(vec![
        Plan {
            id: "free".parse()?,
            name: "Free".into(),
            description: "To try things out: approved at once, with a key that lives for 30 days.".into(),
            rate_limit: rate(25),
            quota: None,
            key_expires_in_seconds: Some(30 * DAY),
            auto_approve: true,
            auto_approve_when: AutoApproveWhen::default(),
            request_allowance: Some(Limit { requests: 50, per_seconds: DAY }),
            approvals_required: 1,
            access_expires_in_seconds: None,
            remind_after_seconds: None,
            escalate_after_seconds: None,
            expire_after_seconds: None,
            scopes: Vec::new(),
            metadata: BTreeMap::new(),
        },
        Plan {
            id: "gold".parse()?,
            name: "Gold".into(),
            description: "For production: an API Owner looks at each request.".into(),
            rate_limit: rate(100),
            quota: None,
            key_expires_in_seconds: None,
            auto_approve: false,
            auto_approve_when: AutoApproveWhen::default(),
            request_allowance: None,
            approvals_required: 1,
            access_expires_in_seconds: None,
            remind_after_seconds: None,
            escalate_after_seconds: None,
            expire_after_seconds: None,
            scopes: Vec::new(),
            metadata: BTreeMap::new(),
        },
    ])
}

fn catalogues() -> Result<Vec<Catalogue>, NotASlug> {
    let both = || Ok::<_, NotASlug>(vec!["free".parse()?, "gold".parse()?]);
    Ok(vec![
        Catalogue {
            id: "partner-apis".parse()?,
            name: "Partner APIs".into(),
            description: "For the partners who run vehicles with us.".into(),
            audience: Audience { kind: AudienceKind::Groups, groups: vec!["partners".into()] },
            product_ids: vec!["fleet-api".parse()?],
            plan_ids: both()?,
            recommended_plan_id: None,
        },
        Catalogue {
            id: "public-apis".parse()?,
            name: "Public APIs".into(),
            description: "For everyone: look around without signing in.".into(),
            audience: Audience { kind: AudienceKind::Public, groups: Vec::new() },
            product_ids: vec!["weather-api".parse()?, "maps-api".parse()?, "payments-api".parse()?],
            plan_ids: both()?,
            recommended_plan_id: None,
        },
    ])
}
