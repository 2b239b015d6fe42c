//! Gateways: what guards a product, and how access to it is provisioned there.

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::outgoing::Outgoing;
use crate::product::AuthMethod;
use crate::text::{FieldError, ValidationErrors};
use crate::web_address::{self, Fragment};

/// The gateway at which access to a product is provisioned: an object whose `kind` names the gateway, with the members
/// that this kind has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Gateway {
    /// Keys held by Gatepass and checked by its own authorizer.
    Builtin {
        /// True when the authorizer counts calls and holds them to the plan's limits.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        enforce: bool,
        /// The treatment of calls over the limit.
        #[serde(default, skip_serializing_if = "OverLimit::is_default")]
        over_limit: OverLimit,
    },
    /// API keys and usage plans of Amazon API Gateway: a stage of a REST API.
    AwsApiGateway {
        /// The id of the REST API.
        #[schema(example = "a1b2c3d4e5")]
        rest_api_id: String,
        /// The name of the stage.
        #[schema(example = "prod")]
        stage: String,
    },
    /// App clients of an Amazon Cognito user pool for machines.
    Cognito {
        /// The id of the user pool.
        #[schema(example = "eu-central-1_AbCdEfGhI")]
        user_pool_id: String,
        /// Scopes that a client of the product gets, beside those of its plan.
        #[serde(default)]
        #[schema(max_items = 50)]
        scopes: Vec<String>,
    },
    /// Dynamic client registration at an identity provider (RFC 7591).
    #[serde(rename = "oauth2_dcr")]
    OAuth2Dcr {
        /// The issuer: an `https` address of at most 512 bytes without a query. Its metadata say where clients are registered.
        #[schema(example = "https://id.example.com")]
        issuer: String,
        /// The name of a secret in AWS Secrets Manager that holds the initial access token, if the provider asks for one. It
        /// begins with `gatepass/`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(example = "gatepass/id.example.com")]
        initial_access_token_secret: Option<String>,
        /// Scopes that a client of the product gets, beside those of its plan.
        #[serde(default)]
        #[schema(max_items = 50, example = json!(["payments:write"]))]
        scopes: Vec<String>,
    },
    /// A Tyk gateway.
    Tyk {
        /// The id of the API.
        #[schema(example = "b84fe1a04e5648927971c0557971565c")]
        api_id: String,
    },
}

/// The treatment of calls over the limit of their plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverLimit {
    /// The authorizer denies them: the caller gets 403.
    #[default]
    Deny,
    /// They reach the API with the verdict in the authorizer's context, so that it can answer 429.
    Forward,
}

impl OverLimit {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The kinds of gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayKind {
    /// Keys held by Gatepass and checked by its own authorizer.
    Builtin,
    /// API keys and usage plans of Amazon API Gateway.
    AwsApiGateway,
    /// App clients of an Amazon Cognito user pool.
    Cognito,
    /// Dynamic client registration at an identity provider (RFC 7591).
    #[serde(rename = "oauth2_dcr")]
    OAuth2Dcr,
    /// A Tyk gateway.
    Tyk,
}

impl GatewayKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Builtin, Self::AwsApiGateway, Self::Cognito, Self::OAuth2Dcr, Self::Tyk];

    /// The name used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::AwsApiGateway => "aws_api_gateway",
            Self::Cognito => "cognito",
            Self::OAuth2Dcr => "oauth2_dcr",
            Self::Tyk => "tyk",
        }
    }

    /// The authentication method of the products that this kind guards.
    pub fn auth_method(self) -> AuthMethod {
        match self {
            Self::Builtin | Self::AwsApiGateway | Self::Tyk => AuthMethod::ApiKey,
            Self::Cognito | Self::OAuth2Dcr => AuthMethod::OAuth2,
        }
    }
}

/// What an installation can do about gateways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The kinds at which it can provision access.
    pub gateways: Vec<GatewayKind>,
    /// The addresses that it connects to.
    pub outgoing: Outgoing,
}

impl Installation {
    /// True when access can be provisioned at gateways of this kind.
    pub fn provisions(&self, kind: GatewayKind) -> bool {
        self.gateways.contains(&kind)
    }

    /// Checks that the addresses in `gateway` are ones that this installation connects to.
    ///
    /// # Errors
    /// The fault, with its JSON pointer.
    pub fn check_addresses(&self, gateway: &Gateway) -> Result<(), FieldError> {
        let Gateway::OAuth2Dcr { issuer, .. } = gateway else { return Ok(()) };
        match Url::parse(issuer) {
            Ok(url) if self.outgoing.allows_url(&url) => Ok(()),
            _ => Err(FieldError::new("/gateway/issuer", "must be an `https` address on the public internet")),
        }
    }
}

/// The names of secrets begin with this: functions may read no others.
const SECRETS: &str = "gatepass/";

impl Gateway {
    /// The built-in gateway, which limits nothing.
    pub fn builtin() -> Self {
        Self::Builtin { enforce: false, over_limit: OverLimit::default() }
    }

    /// The treatment of calls over the limits, when the built-in gateway counts them.
    pub fn enforced(&self) -> Option<OverLimit> {
        match self {
            Self::Builtin { enforce: true, over_limit } => Some(*over_limit),
            _ => None,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> GatewayKind {
        match self {
            Self::Builtin { .. } => GatewayKind::Builtin,
            Self::AwsApiGateway { .. } => GatewayKind::AwsApiGateway,
            Self::Cognito { .. } => GatewayKind::Cognito,
            Self::OAuth2Dcr { .. } => GatewayKind::OAuth2Dcr,
            Self::Tyk { .. } => GatewayKind::Tyk,
        }
    }

    /// Scopes that a client of the product gets, beside those of its plan.
    pub fn scopes(&self) -> &[String] {
        match self {
            Self::Cognito { scopes, .. } | Self::OAuth2Dcr { scopes, .. } => scopes,
            Self::Builtin { .. } | Self::AwsApiGateway { .. } | Self::Tyk { .. } => &[],
        }
    }

    /// Checks what a type cannot say.
    pub(crate) fn check(&self, errors: &mut ValidationErrors) {
        match self {
            Self::Builtin { .. } => {}
            Self::AwsApiGateway { rest_api_id, stage } => {
                errors.name(rest_api_id, "/gateway/rest_api_id", 100);
                errors.name(stage, "/gateway/stage", 128);
            }
            Self::Cognito { user_pool_id, scopes } => {
                errors.name(user_pool_id, "/gateway/user_pool_id", 55);
                check_scopes(errors, scopes, "/gateway/scopes");
            }
            Self::OAuth2Dcr { issuer, initial_access_token_secret, scopes } => {
                check_issuer(errors, issuer);
                if let Some(name) = initial_access_token_secret {
                    check_secret(errors, name);
                }
                check_scopes(errors, scopes, "/gateway/scopes");
            }
            Self::Tyk { api_id } => errors.name(api_id, "/gateway/api_id", 100),
        }
    }
}

/// OpenID Connect Discovery 1.0, section 3: an issuer has neither query nor fragment.
fn check_issuer(errors: &mut ValidationErrors, issuer: &str) {
    const POINTER: &str = "/gateway/issuer";
    match web_address::check(issuer, Fragment::Forbidden) {
        Err(detail) => errors.require(false, POINTER, &detail),
        Ok(()) => errors.require(!issuer.contains('?'), POINTER, "must not have a query (`?…`)"),
    }
}

/// The characters that AWS Secrets Manager allows in a name.
fn check_secret(errors: &mut ValidationErrors, name: &str) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    let usable = name.strip_prefix(SECRETS).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed));
    errors.require(
        usable && name.len() <= 512,
        "/gateway/initial_access_token_secret",
        "must be the name of a secret in AWS Secrets Manager that begins with `gatepass/`, at most 512 letters, digits and `/_+=.@-`",
    );
}

/// Checks scopes (RFC 6749, section 3.3), which are sent separated by blanks.
pub(crate) fn check_scopes(errors: &mut ValidationErrors, scopes: &[String], pointer: &str) {
    errors.require(scopes.len() <= 50, pointer, "must hold at most 50 scopes");
    errors.distinct(scopes, pointer, "must not repeat a scope");
    for (index, scope) in scopes.iter().enumerate() {
        let is_scope = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        errors.require(
            !scope.is_empty() && scope.len() <= 255 && scope.bytes().all(is_scope),
            &format!("{pointer}/{index}"),
            "must have 1 to 255 visible ASCII characters, none of them a blank, `\"` or `\\`",
        );
    }
}
