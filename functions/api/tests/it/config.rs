//! How a function of the artifact is configured.

use gatepass_api::{Config, endpoints};
use gatepass_domain::gateway::GatewayKind;
use gatepass_lambda::{ConfigError, Vars};

fn vars(route: &str, without: &str) -> Vars {
    let all = [
        ("GATEPASS_ROUTE", route),
        ("GATEPASS_TABLE", "gatepass"),
        ("GATEPASS_GROUPS_CLAIM", "cognito:groups"),
        ("GATEPASS_MAIL_ADDRESSES", "verified"),
        ("GATEPASS_GATEWAYS", "builtin"),
        ("GATEPASS_KEY_ID", "alias/gatepass"),
    ];
    let kept = all.into_iter().filter(|(name, _)| *name != without);
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn with(name: &str, value: &str) -> Vars {
    let given = [
        ("GATEPASS_ROUTE", "GET /v1/me"),
        ("GATEPASS_TABLE", "gatepass"),
        ("GATEPASS_GROUPS_CLAIM", "groups"),
        ("GATEPASS_MAIL_ADDRESSES", "verified"),
        ("GATEPASS_GATEWAYS", "builtin"),
        (name, value),
    ];
    given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_missing_variable_is_named() {
    for name in
        ["GATEPASS_ROUTE", "GATEPASS_TABLE", "GATEPASS_GROUPS_CLAIM", "GATEPASS_MAIL_ADDRESSES", "GATEPASS_GATEWAYS"]
    {
        let error = Config::from_vars(&vars("GET /v1/me", name)).unwrap_err();
        assert_eq!(error, ConfigError::Missing(name));
        assert_eq!(error.to_string(), format!("{name} is not set"));
    }
}

#[test]
fn only_endpoints_that_reveal_or_replace_keys_need_the_sealing_key() {
    for endpoint in endpoints() {
        let route = endpoint.route.to_string();
        let without = Config::from_vars(&vars(&route, "GATEPASS_KEY_ID"));
        let handles_keys = [
            "POST /v1/apps/{id}/credentials/{cid}/reveal",
            "POST /v1/apps/{id}/credentials/{cid}/rotate",
            "POST /v1/admin/apps/{id}/owner",
        ];
        if handles_keys.contains(&route.as_str()) {
            assert_eq!(without.unwrap_err(), ConfigError::Missing("GATEPASS_KEY_ID"));
            assert!(Config::from_vars(&vars(&route, "")).unwrap().key_id.is_some());
        } else {
            assert_eq!(without.unwrap().route, endpoint.route);
            assert_eq!(Config::from_vars(&vars(&route, "")).unwrap().key_id, None, "{route} must not read the key");
        }
    }
}

#[test]
fn a_route_that_is_none_is_refused_in_words() {
    for route in ["", "GET", "GET /v1/nothing", "get /v1/me", "DELETE /v1/me", "GET /v1/me "] {
        let error = Config::from_vars(&vars(route, "")).unwrap_err();
        let expected = format!("GATEPASS_ROUTE cannot be `{route}`: no endpoint has this method and path");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn mail_addresses_are_the_verified_ones_or_all() {
    let config = |value: &str| Config::from_vars(&with("GATEPASS_MAIL_ADDRESSES", value));
    assert!(config("verified").is_ok() && config("all").is_ok());
    for bad in ["", "true", "Verified"] {
        assert!(config(bad).unwrap_err().to_string().starts_with("GATEPASS_MAIL_ADDRESSES cannot be"), "{bad}");
    }
}

#[test]
fn gateways_are_kinds_that_this_version_provisions() {
    let config = |value: &str| Config::from_vars(&with("GATEPASS_GATEWAYS", value));
    assert!(config("builtin").unwrap().installation.provisions(GatewayKind::Builtin));
    assert!(!config("builtin").unwrap().installation.provisions(GatewayKind::OAuth2Dcr));
    assert!(config("builtin,oauth2_dcr").unwrap().installation.provisions(GatewayKind::OAuth2Dcr));
    for bad in ["", "builtin,tyk", "Builtin", "cognito"] {
        assert!(config(bad).unwrap_err().to_string().starts_with("GATEPASS_GATEWAYS cannot be"), "{bad}");
    }
}
