//! The gateways that an installation is configured for.

use gatepass_domain::gateway::GatewayKind;

use crate::vars::{ConfigError, Vars};

/// The kinds that an installation can offer; the others are refused.
const IMPLEMENTED: [GatewayKind; 2] = [GatewayKind::Builtin, GatewayKind::OAuth2Dcr];

/// The kinds of gateway in `GATEPASS_GATEWAYS`, separated by commas.
///
/// # Errors
/// The variable is missing, or names a kind that this version does not offer.
pub fn gateways(vars: &Vars) -> Result<Vec<GatewayKind>, ConfigError> {
    const NAME: &str = "GATEPASS_GATEWAYS";
    let value = vars.required(NAME)?;
    let kind_of = |name: &str| IMPLEMENTED.into_iter().find(|kind| kind.as_str() == name.trim());
    value.split(',').map(kind_of).collect::<Option<Vec<_>>>().ok_or_else(|| ConfigError::Unusable {
        name: NAME,
        value: value.to_owned(),
        why: format!("it must list some of {}", IMPLEMENTED.map(GatewayKind::as_str).join(", ")),
    })
}
