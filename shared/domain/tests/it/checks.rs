//! Input of owners and developers is checked at once and as a whole, each fault with a pointer.

use gatepass_domain::app::{App, Profile, Visibility};
use gatepass_domain::catalogue::AudienceKind;
use gatepass_domain::gateway::{Gateway, GatewayKind, Installation};
use gatepass_domain::outgoing::Outgoing;
use gatepass_domain::person::API_OWNERS;
use gatepass_domain::plan::Limit;
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::settings::MailKind;
use gatepass_domain::text::FieldError;
use gatepass_domain::{Catalogue, Person, PersonId, Plan, Product, Settings};

use crate::samples::{catalogue, context, person, plan, product, provider, slugs};

/// The places of the faults.
fn pointers(checked: Result<(), Vec<FieldError>>) -> Vec<String> {
    let faults = checked.err().unwrap_or_default();
    assert!(faults.iter().all(|fault| fault.detail.starts_with("must ")
        || fault.detail.contains(':')
        || fault.detail.contains("goes with")));
    faults.into_iter().map(|fault| fault.pointer).collect()
}

// Covers R30.
#[test]
fn a_plan_is_checked_as_a_whole() {
    assert_eq!(plan("gold").check(), Ok(()));
    let none = Some(Limit { requests: 0, per_seconds: 0 });
    let faulty = Plan {
        name: " ".into(),
        description: "x".repeat(2001),
        rate_limit: none,
        quota: none,
        request_allowance: Some(Limit { requests: 1001, per_seconds: u64::MAX }),
        key_expires_in_seconds: Some(0),
        access_expires_in_seconds: Some(u64::MAX),
        remind_after_seconds: Some(59),
        escalate_after_seconds: Some(0),
        expire_after_seconds: Some(u64::MAX),
        approvals_required: 3,
        metadata: (0..51).map(|n| (n.to_string(), String::new())).collect(),
        ..plan("gold")
    };
    assert_eq!(
        pointers(faulty.check()),
        [
            "/name",
            "/description",
            "/rate_limit/requests",
            "/rate_limit/per_seconds",
            "/quota/requests",
            "/quota/per_seconds",
            "/request_allowance/per_seconds",
            "/key_expires_in_seconds",
            "/access_expires_in_seconds",
            "/remind_after_seconds",
            "/escalate_after_seconds",
            "/expire_after_seconds",
            "/approvals_required",
            "/request_allowance/requests",
            "/metadata",
        ]
    );
    let nameless = Plan { metadata: [(String::new(), "x".to_owned())].into(), ..plan("gold") };
    assert_eq!(pointers(nameless.check()), ["/metadata"]);
    let zero = Plan { approvals_required: 0, ..plan("gold") };
    assert_eq!(pointers(zero.check()), ["/approvals_required"]);
}

#[test]
fn a_plan_says_no_more_than_its_defaults() {
    let plan = plan("gold");
    assert!(
        !plan.auto_approve && plan.auto_approve_when.is_empty(),
        "R31: automatic approval is switched on, never assumed"
    );
    assert_eq!((plan.approvals_required, plan.request_allowance, plan.key_expires_in_seconds), (1, None, None));
}

#[test]
fn a_product_is_checked_as_a_whole() {
    assert_eq!(product("weather-api", AuthMethod::ApiKey).check(), Ok(()));
    assert_eq!(product("payments-api", AuthMethod::OAuth2).check(), Ok(()));
    let faulty = Product {
        name: "line\nbreak".into(),
        owners: ["ok@example.com", "nobody", "@example.com", "a@", "a@b@c", "a b@c", "a@b,c@d", "<script>@x"]
            .map(String::from)
            .to_vec(),
        documentation_url: Some("javascript:alert(1)".into()),
        gateway: provider("https://id.example.com"),
        ..product("weather-api", AuthMethod::ApiKey)
    };
    let owners: Vec<_> = (1..8).map(|index| format!("/owners/{index}")).collect();
    let mut expected = vec!["/name".to_owned()];
    expected.extend(owners);
    expected.extend(["/documentation_url".to_owned(), "/gateway/kind".to_owned()]);
    assert_eq!(pointers(faulty.check()), expected);

    let lasting =
        Product { sunset_on: Some(jiff::civil::date(2027, 6, 30)), ..product("maps-api", AuthMethod::ApiKey) };
    assert_eq!(pointers(lasting.check()), ["/sunset_on"]);
    assert_eq!(Product { status: ProductStatus::Deprecated, ..lasting }.check(), Ok(()));
    for (support, is_fine) in
        [("help@example.com", true), ("https://example.com/help", true), ("javascript:alert(1)", false), ("us", false)]
    {
        let product = Product { support: Some(support.into()), ..product("maps-api", AuthMethod::ApiKey) };
        assert_eq!(product.check().is_ok(), is_fine, "{support}");
    }
    let many = Product { owners: vec!["a@example.com".into(); 21], ..product("weather-api", AuthMethod::ApiKey) };
    assert_eq!(pointers(many.check()), ["/owners"]);
    let keys_for_clients = Product { gateway: Gateway::builtin(), ..product("payments-api", AuthMethod::OAuth2) };
    assert_eq!(pointers(keys_for_clients.check()), ["/gateway/kind"]);
}

#[test]
fn a_gateway_goes_with_one_authentication_method() {
    let gateways = || {
        [
            Gateway::builtin(),
            Gateway::AwsApiGateway { rest_api_id: "a1b2c3d4e5".into(), stage: "prod".into() },
            Gateway::Cognito { user_pool_id: "eu-central-1_AbCdEfGhI".into(), scopes: Vec::new() },
            provider("https://id.example.com"),
            Gateway::Tyk { api_id: "b84fe1a04e".into() },
        ]
    };
    assert_eq!(gateways().map(|gateway| gateway.kind()), GatewayKind::ALL);
    for gateway in gateways() {
        let fits = gateway.kind().auth_method();
        for auth_method in [AuthMethod::ApiKey, AuthMethod::OAuth2] {
            let product = Product { gateway: gateway.clone(), ..product("any-api", auth_method) };
            assert_eq!(pointers(product.check()).is_empty(), auth_method == fits, "{gateway:?} with {auth_method:?}");
        }
    }
}

#[test]
fn a_gateway_is_checked_by_its_kind() {
    let faults = |gateway: serde_json::Value| {
        let gateway: Gateway = serde_json::from_value(gateway).unwrap();
        let auth_method = gateway.kind().auth_method();
        pointers(Product { gateway, ..product("any-api", auth_method) }.check())
    };
    let with = |member: &str, value: serde_json::Value| {
        let mut gateway = serde_json::json!({ "kind": "oauth2_dcr", "issuer": "https://id.example.com" });
        gateway[member] = value;
        faults(gateway)
    };
    assert!(with("initial_access_token_secret", "gatepass/id.example.com".into()).is_empty());
    assert!(with("scopes", serde_json::json!(["payments:write", "https://api.example.com/read"])).is_empty());
    for issuer in ["http://id.example.com", "https://id.example.com/?tenant=1", "https://id.example.com/#x", "id"] {
        assert_eq!(with("issuer", issuer.into()), ["/gateway/issuer"], "{issuer}");
    }
    for secret in ["gatepass/", "database/password", "gatepass", "gatepass/a b", ""] {
        let faults = with("initial_access_token_secret", secret.into());
        assert_eq!(faults, ["/gateway/initial_access_token_secret"], "{secret}");
    }
    for scope in ["", "two words", "quo\"te", "back\\slash", "ümlaut"] {
        assert_eq!(with("scopes", serde_json::json!(["ok", scope])), ["/gateway/scopes/1"], "{scope}");
    }
    assert_eq!(with("scopes", serde_json::json!(["a", "a"])), ["/gateway/scopes/1"]);
    assert_eq!(faults(serde_json::json!({ "kind": "tyk", "api_id": "" })), ["/gateway/api_id"]);
    assert_eq!(
        faults(serde_json::json!({ "kind": "aws_api_gateway", "rest_api_id": "", "stage": "a\nb" })),
        ["/gateway/rest_api_id", "/gateway/stage"]
    );
    let fields_of_another_kind = serde_json::json!({ "kind": "builtin", "issuer": "https://id.example.com" });
    assert!(serde_json::from_value::<Gateway>(fields_of_another_kind).is_err());
}

#[test]
fn an_issuer_within_a_network_is_refused_when_the_product_is_saved() {
    let installed = |outgoing| Installation { gateways: GatewayKind::ALL.to_vec(), outgoing };
    let local = provider("http://127.0.0.1:3000/_local/oauth");
    let faults = installed(Outgoing::Public).check_addresses(&local).map_err(|fault| fault.pointer);
    assert_eq!(faults, Err("/gateway/issuer".to_owned()));
    assert_eq!(installed(Outgoing::LoopbackToo).check_addresses(&local), Ok(()));
    assert!(installed(Outgoing::Public).check_addresses(&provider("https://169.254.169.254")).is_err());
    assert_eq!(installed(Outgoing::Public).check_addresses(&provider("https://id.example.com")), Ok(()));
}

#[test]
fn a_catalogue_names_groups_exactly_when_it_is_for_groups() {
    let of = |kind, groups: &[&str]| pointers(catalogue(kind, groups, &[], &[]).check());
    assert!(of(AudienceKind::Everyone, &[]).is_empty() && of(AudienceKind::Groups, &["partners"]).is_empty());
    assert_eq!(of(AudienceKind::Groups, &[]), ["/audience/groups"]);
    assert_eq!(of(AudienceKind::Public, &["partners"]), ["/audience/groups"]);
    let ids: Vec<_> = (0..201).map(|n| format!("id-{n}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut large = catalogue(AudienceKind::Everyone, &[], &ids, &ids);
    assert_eq!(pointers(large.check()), ["/product_ids", "/plan_ids"]);
    large.product_ids = slugs(&ids[..200]);
    large.plan_ids = slugs(&ids[..200]);
    assert_eq!(large.check(), Ok(()));
}

#[test]
fn a_catalogue_recommends_a_plan_of_its_own() {
    let of = |plan: &str| {
        let recommended_plan_id = Some(plan.parse().unwrap());
        let own = catalogue(AudienceKind::Everyone, &[], &[], &["free", "gold"]);
        pointers(Catalogue { recommended_plan_id, ..own }.check())
    };
    assert!(of("gold").is_empty());
    assert_eq!(of("silver"), ["/recommended_plan_id"]);
}

fn profile(name: &str) -> Profile {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

// Covers R17.
#[test]
fn an_app_is_checked_as_a_whole() {
    let ada = person("ada", &["builders"]);
    assert_eq!(profile("Storm warnings").check(&ada), Ok(()));
    let faulty = Profile {
        description: "x".repeat(2001),
        visibility: Visibility::Organisation,
        team: Some("builders".into()),
        redirect_uris: [
            "https://example.com/back",
            "example.com",
            "https://example.com/#here",
            "https://example.com/a b",
        ]
        .map(String::from)
        .to_vec(),
        ..profile(&"x".repeat(101))
    };
    let expected =
        ["/name", "/description", "/redirect_uris/1", "/redirect_uris/2", "/redirect_uris/3", "/team", "/visibility"];
    assert_eq!(pointers(faulty.check(&ada)), expected);
    let shared = |team: Option<&str>| {
        let profile =
            Profile { visibility: Visibility::Team, team: team.map(str::to_owned), ..profile("Storm warnings") };
        pointers(profile.check(&ada))
    };
    assert!(shared(Some("builders")).is_empty());
    assert_eq!(shared(Some("partners")), ["/team"]);
    assert_eq!(shared(None), ["/team"]);
}

#[test]
fn an_app_is_seen_by_those_it_is_shared_with() {
    let in_house = |id: &str, groups: &[&str], organisation: Option<&str>| Person {
        organisation: organisation.map(str::to_owned),
        ..person(id, groups)
    };
    let app = |visibility, team: Option<&str>, organisation: Option<&str>| App {
        id: context(1).id(),
        profile: Profile { visibility, team: team.map(str::to_owned), ..profile("Storm warnings") },
        handovers: Vec::new(),
        handover_count: 0,
        contact: None,
        owner: PersonId("ada".into()),
        organisation: organisation.map(str::to_owned),
    };
    let owner = in_house("ada", &[], None);
    let mate = in_house("bob", &["builders"], Some("acme"));
    let stranger = in_house("eve", &["partners"], Some("other"));
    let nobodys = in_house("mallory", &[], None);
    for (app, seen_by_mate) in [
        (app(Visibility::Personal, None, Some("acme")), false),
        (app(Visibility::Team, Some("builders"), Some("acme")), true),
        (app(Visibility::Organisation, None, Some("acme")), true),
        (app(Visibility::Organisation, None, None), false),
        (app(Visibility::Team, None, None), false),
    ] {
        let visibility = app.profile.visibility;
        assert!(app.is_visible_to(&owner), "{visibility:?}");
        assert_eq!(app.is_visible_to(&mate), seen_by_mate, "{visibility:?}");
        assert!(!app.is_visible_to(&stranger) && !app.is_visible_to(&nobodys), "{visibility:?}");
    }
}

// Covers R21.
#[test]
fn an_api_owner_is_a_member_of_the_group_to_the_letter() {
    assert!(person("owen", &["builders", API_OWNERS]).into_api_owner().is_ok());
    for look_alike in ["API-OWNERS", "api-owners ", "api-owner", "api-owners-2", "builders,api-owners"] {
        assert!(person("eve", &[look_alike]).into_api_owner().is_err(), "{look_alike}");
    }
}

#[test]
fn settings_have_defaults_and_are_checked() {
    let settings: Settings = serde_json::from_value(serde_json::json!({})).unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.check(), Ok(()));
    let faulty = Settings {
        mail_subjects: [(MailKind::Approve, String::new()), (MailKind::Reject, "a\r\nBcc: eve@example.com".into())]
            .into(),
        expire_after_seconds: Some(1),
        escalation: vec!["nobody".into()],
        fallback_owners: vec!["a@example.com,b@example.com".into()],
        ..settings
    };
    assert_eq!(
        pointers(faulty.check()),
        [
            "/mail_subjects/approve",
            "/mail_subjects/reject",
            "/expire_after_seconds",
            "/escalation/0",
            "/fallback_owners/0",
        ]
    );
}

#[test]
fn a_fault_of_something_within_points_into_the_whole() {
    let fault = FieldError::new("/name", "must not be empty").below("/new_app");
    assert_eq!(fault.pointer, "/new_app/name");
}
