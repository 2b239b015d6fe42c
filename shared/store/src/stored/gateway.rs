//! The stored form of a product's gateway. Unlike the domain's type it tolerates members that a later version adds.

use gatepass_domain::gateway::{Gateway, OverLimit};
use serde::{Deserialize, Serialize};

/// A gateway with its configuration.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum GatewayForm {
    Builtin {
        #[serde(default)]
        enforce: bool,
        #[serde(default)]
        over_limit: OverLimit,
    },
    AwsApiGateway {
        rest_api_id: String,
        stage: String,
    },
    Cognito {
        user_pool_id: String,
        #[serde(default)]
        scopes: Vec<String>,
    },
    #[serde(rename = "oauth2_dcr")]
    OAuth2Dcr {
        issuer: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initial_access_token_secret: Option<String>,
        #[serde(default)]
        scopes: Vec<String>,
    },
    Tyk {
        api_id: String,
    },
}

impl From<Gateway> for GatewayForm {
    fn from(gateway: Gateway) -> Self {
        match gateway {
            Gateway::Builtin { enforce, over_limit } => Self::Builtin { enforce, over_limit },
            Gateway::AwsApiGateway { rest_api_id, stage } => Self::AwsApiGateway { rest_api_id, stage },
            Gateway::Cognito { user_pool_id, scopes } => Self::Cognito { user_pool_id, scopes },
            Gateway::OAuth2Dcr { issuer, initial_access_token_secret, scopes } => {
                Self::OAuth2Dcr { issuer, initial_access_token_secret, scopes }
            }
            Gateway::Tyk { api_id } => Self::Tyk { api_id },
        }
    }
}

impl From<GatewayForm> for Gateway {
    fn from(form: GatewayForm) -> Self {
        match form {
            GatewayForm::Builtin { enforce, over_limit } => Self::Builtin { enforce, over_limit },
            GatewayForm::AwsApiGateway { rest_api_id, stage } => Self::AwsApiGateway { rest_api_id, stage },
            GatewayForm::Cognito { user_pool_id, scopes } => Self::Cognito { user_pool_id, scopes },
            GatewayForm::OAuth2Dcr { issuer, initial_access_token_secret, scopes } => {
                Self::OAuth2Dcr { issuer, initial_access_token_secret, scopes }
            }
            GatewayForm::Tyk { api_id } => Self::Tyk { api_id },
        }
    }
}
