//! Signing in as the portal does it: authorization code with PKCE.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, options};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn request(world: &World) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", "gatepass-portal".into()),
        ("redirect_uri", format!("{}/signed-in", world.client.origin)),
        ("response_type", "code".into()),
        ("scope", "openid email".into()),
        ("state", "s t&a".into()),
        ("nonce", "n".into()),
        ("code_challenge", CHALLENGE.into()),
        ("code_challenge_method", "S256".into()),
    ]
}

/// The code that `user` comes back with.
async fn sign_in(world: &World, user: &str) -> String {
    let mut form = request(world);
    form.push(("user", user.into()));
    let response = world.client.request(Method::POST, "/_local/oidc/authorize").form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().unwrap();
    let query = location.strip_prefix(&format!("{}/signed-in?", world.client.origin)).unwrap();
    let (code, state) = query.split_once('&').unwrap();
    assert_eq!(state, "state=s+t%26a");
    code.strip_prefix("code=").unwrap().to_owned()
}

async fn token(world: &World, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let call = world.client.request(Method::POST, "/_local/oidc/token").form(form);
    let response = call.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn redeem(world: &World, code: &str, verifier: &str) -> (StatusCode, Value) {
    let redirect_uri = format!("{}/signed-in", world.client.origin);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "gatepass-portal"),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier),
    ];
    token(world, &form).await
}

#[tokio::test]
async fn a_code_becomes_tokens_that_the_api_takes() {
    let world = World::start(options()).await;
    let page = world.client.request(Method::GET, "/_local/oidc/authorize").query(&request(&world));
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("Grace"));

    let code = sign_in(&world, "grace").await;
    let (status, tokens) = redeem(&world, &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.client.read(access, "/v1/me").await["id"], "grace");
    let info = world.client.read(access, "/_local/oidc/userinfo").await;
    assert_eq!(
        info,
        json!({ "sub": "grace", "name": "Grace", "email": "grace@example.com", "email_verified": true, "cognito:groups": ["partners"] })
    );
    assert_eq!(redeem(&world, &code, VERIFIER).await.1["error"], "invalid_grant", "a code works once");

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "gatepass-portal"), ("refresh_token", refresh)];
    let (status, refreshed) = token(&world, &form).await;
    assert_eq!(status, 200);
    let access = refreshed["access_token"].as_str().unwrap();
    assert_eq!(world.client.read(access, "/v1/me").await["id"], "grace");
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_who_has_not_the_verifier() {
    let world = World::start(options()).await;
    let code = sign_in(&world, "ada").await;
    let (status, answer) = redeem(&world, &code, "somebody-elses-verifier-somebody-elses-verifier").await;
    assert_eq!((status.as_u16(), &answer["error"]), (400, &json!("invalid_grant")));
    assert_eq!(redeem(&world, &code, VERIFIER).await.0, 400, "and has been used up by the try");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let world = World::start(options()).await;
    let origin = world.client.origin.clone();
    for uri in [
        "https://evil.example/".to_owned(),
        format!("{origin}@evil.example/"),
        format!("{origin}.evil.example/"),
        format!("{origin}0/"),
        String::new(),
    ] {
        let mut asked = request(&world);
        asked[1].1 = uri.clone();
        let call = world.client.request(Method::GET, "/_local/oidc/authorize").query(&asked);
        assert_eq!(call.send().await.unwrap().status(), 400, "{uri}");
        let call = world.client.request(Method::GET, "/_local/oidc/logout").query(&[("logout_uri", &uri)]);
        assert_eq!(call.send().await.unwrap().status(), 400, "{uri}");
    }
}

#[tokio::test]
async fn a_client_hears_what_is_wrong_with_its_request() {
    let world = World::start(options()).await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "email", "invalid_scope"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
    ] {
        let mut asked = request(&world);
        asked.iter_mut().filter(|(key, _)| *key == name).for_each(|(_, given)| value.clone_into(given));
        let call = world.client.request(Method::GET, "/_local/oidc/authorize").query(&asked);
        let response = call.send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.contains(&format!("error={error}")), "{location}");
    }
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let world = World::start(options()).await;
    let path = "/_local/oidc/.well-known/openid-configuration";
    let discovered: Value = world.client.get(path).await.json().await.unwrap();
    assert_eq!(discovered["issuer"], format!("{}/_local/oidc", world.client.origin));
    let keys = discovered["jwks_uri"].as_str().unwrap();
    let keys: Value = world.client.http.get(keys).send().await.unwrap().json().await.unwrap();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("RSA"), &json!("RS256")));
    assert_eq!(keys["keys"][0].get("d"), None);
}
