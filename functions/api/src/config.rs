//! The configuration of one function of this artifact.

use gatepass_domain::gateway::Installation;
use gatepass_domain::outgoing::Outgoing;
use gatepass_http::{MailAddresses, TokenRules};
use gatepass_lambda::{ConfigError, Vars, gateways};

use crate::endpoint::Route;
use crate::routes::endpoints;

/// Configuration of one endpoint's function.
#[derive(Debug, Clone)]
pub struct Config {
    /// The endpoint to mount (`GATEPASS_ROUTE`).
    pub route: Route,
    /// The table's name (`GATEPASS_TABLE`).
    pub table: String,
    /// The claims of the installation's issuer: the one that lists groups (`GATEPASS_GROUPS_CLAIM`), and whether mail
    /// addresses need `email_verified` (`GATEPASS_MAIL_ADDRESSES`: `verified`, or `all` for an issuer that verifies each).
    pub token_rules: TokenRules,
    /// The gateways at which access can be provisioned (`GATEPASS_GATEWAYS`).
    pub installation: Installation,
    /// The KMS key that API keys are sealed with (`GATEPASS_KEY_ID`): read by the endpoints that
    /// reveal or replace them, and by no other.
    pub key_id: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The variable that is missing, or names no endpoint.
    pub fn from_vars(vars: &Vars) -> Result<Self, ConfigError> {
        let name = vars.required("GATEPASS_ROUTE")?;
        let known = endpoints().iter().find(|endpoint| endpoint.route.to_string() == name);
        let endpoint = known.ok_or_else(|| ConfigError::Unusable {
            name: "GATEPASS_ROUTE",
            value: name.to_owned(),
            why: "no endpoint has this method and path".into(),
        })?;
        let key_id = endpoint.route.handles_keys().then(|| vars.required("GATEPASS_KEY_ID")).transpose()?;
        Ok(Self {
            route: endpoint.route.clone(),
            table: vars.required("GATEPASS_TABLE")?.to_owned(),
            token_rules: TokenRules {
                groups_claim: vars.required("GATEPASS_GROUPS_CLAIM")?.to_owned(),
                mail_addresses: mail_addresses(vars)?,
            },
            installation: Installation { gateways: gateways(vars)?, outgoing: Outgoing::Public },
            key_id: key_id.map(str::to_owned),
        })
    }
}

fn mail_addresses(vars: &Vars) -> Result<MailAddresses, ConfigError> {
    const NAME: &str = "GATEPASS_MAIL_ADDRESSES";
    match vars.required(NAME)? {
        "verified" => Ok(MailAddresses::Verified),
        "all" => Ok(MailAddresses::All),
        other => Err(ConfigError::Unusable {
            name: NAME,
            value: other.to_owned(),
            why: "it must be `verified` or `all`".into(),
        }),
    }
}
