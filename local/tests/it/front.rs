//! Admission, and the places of files.

use reqwest::Method;
use reqwest::header::HOST;
use serde_json::{Value, json};

use crate::world::{World, options};

#[tokio::test]
async fn it_is_healthy_and_says_where_people_sign_in() {
    let world = World::start(options()).await;
    let health = world.client.get("/v1/health").await;
    assert_eq!(health.status(), 200);
    assert!(health.headers().contains_key("apigw-requestid"));
    let config: Value = world.client.get("/config.json").await.json().await.unwrap();
    let origin = &world.client.origin;
    assert_eq!(
        config,
        json!({
            "api": "", "authority": format!("{origin}/_local/oidc"), "client_id": "gatepass-portal",
            "product_url": format!("{origin}/_local/apis/{{product_id}}"),
        })
    );
    assert_eq!(world.client.get("/").await.status(), 200);
    assert_eq!(world.client.get("/_local/nothing").await.status(), 404);
    world.stack.stop().await;
}

#[tokio::test]
async fn it_answers_to_localhost_alone() {
    let world = World::start(options()).await;
    let port = world.stack.address().port();
    let status = async |name: &str, value: String| {
        world.client.request(Method::GET, "/v1/health").header(name, value).send().await.unwrap().status()
    };
    assert_eq!(status(HOST.as_str(), format!("localhost:{port}")).await, 200);
    assert_eq!(status(HOST.as_str(), format!("evil.example:{port}")).await, 403);
    assert_eq!(status("origin", "https://evil.example".into()).await, 403);
    assert_eq!(status("origin", "http://localhost:5173".into()).await, 200);
}

#[tokio::test]
async fn the_portal_is_at_one_address() {
    let world = World::start(options()).await;
    let port = world.stack.address().port();
    let look = |host: String| world.client.request(Method::GET, "/apps/new?a=b").header(HOST, host).send();
    let answer = look(format!("localhost:{port}")).await.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], format!("{}/apps/new?a=b", world.client.origin));
    let here = look(format!("127.0.0.1:{port}")).await.unwrap();
    assert_eq!(here.status(), 404, "no portal is built for these tests");
}

/// To a browser, `//host/x` in a page means another site.
#[tokio::test]
async fn an_address_that_looks_like_another_site_is_a_page_of_the_portal() {
    let world = World::start(options()).await;
    for (asked, page) in
        [("//evil.example/x?a=b", "/evil.example/x?a=b"), ("///evil.example", "/evil.example"), ("//", "/")]
    {
        let answer = world.client.get(asked).await;
        assert_eq!(answer.status(), 307, "{asked}");
        assert_eq!(answer.headers()["location"], format!("{}{page}", world.client.origin), "{asked}");
    }
}

#[tokio::test]
async fn an_id_token_opens_nothing() {
    let world = World::start(options()).await;
    for user in ["ada", "owen"] {
        let token = world.client.token(&format!("user={user}&token_use=id")).await;
        for path in ["/v1/me", "/v1/admin/access-requests"] {
            let answer = world.client.request(Method::GET, path).bearer_auth(&token).send().await.unwrap();
            assert!([401, 403].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        }
    }
    assert_eq!(world.client.post("/_local/token?user=ada&token_use=refresh").await.status(), 400);
}

#[tokio::test]
async fn an_address_that_is_not_verified_is_nobody_s() {
    let world = World::start(options()).await;
    let mail = async |query: &str| {
        let token = world.client.token(query).await;
        world.client.read(&token, "/v1/me").await["email"].clone()
    };
    assert_eq!(mail("user=ada").await, "ada@example.com");
    assert_eq!(mail("user=ada&email_verified=false").await, Value::Null);
    assert_eq!(mail("user=eve&email=a@example.com,b@example.com").await, Value::Null, "one address, not a list");
}

#[tokio::test]
async fn petra_is_one_of_the_demonstration() {
    let world = World::start(options()).await;
    let token = world.client.token("user=petra").await;
    let me = world.client.read(&token, "/v1/me").await;
    assert_eq!((&me["name"], &me["groups"]), (&json!("Petra"), &json!(["payments-team"])));
}

#[tokio::test]
async fn a_visitor_sees_the_public_catalogue() {
    let world = World::start(options()).await;
    let shown = world.client.items("/v1/public/catalogues").await;
    let ids: Vec<_> = shown.iter().map(|catalogue| &catalogue["id"]).collect();
    assert_eq!(ids, ["public-apis"]);
}

#[tokio::test]
async fn what_api_gateway_says_by_itself() {
    let world = World::start(options()).await;
    let answer = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let me = || world.client.request(Method::GET, "/v1/me");
    let unauthorized = (401, json!({ "message": "Unauthorized" }));
    assert_eq!(answer(me()).await, unauthorized);
    assert_eq!(answer(me().bearer_auth("nonsense")).await, unauthorized);
    assert_eq!(answer(me().basic_auth("ada", Some("x"))).await, unauthorized);
    let expired = world.client.token("user=ada&expires_in=-1").await;
    let response = me().bearer_auth(&expired).send().await.unwrap();
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert_eq!((response.status().as_u16(), challenge.contains("expired")), (401, true), "{challenge}");
    let not_found = (404, json!({ "message": "Not Found" }));
    assert_eq!(answer(world.client.request(Method::GET, "/v1/nowhere")).await, not_found);
    assert_eq!(answer(world.client.request(Method::DELETE, "/v1/health")).await, not_found);
    // An HTTP API of API Gateway routes a method by its own name: HEAD is not GET, and has no route.
    let head = world.client.request(Method::HEAD, "/v1/health").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.bytes().await.unwrap().len()), (404, 0));
    let huge = vec![b'x'; 10 * 1024 * 1024 + 1];
    let too_long = (413, json!({ "message": "Request Too Long" }));
    assert_eq!(answer(world.client.request(Method::POST, "/v1/apps").body(huge)).await, too_long);
}

#[tokio::test]
async fn a_token_says_who_somebody_is() {
    let world = World::start(options()).await;
    let token = world.client.token("user=ada").await;
    let me = world.client.read(&token, "/v1/me").await;
    assert_eq!((&me["id"], &me["name"], &me["groups"]), (&json!("ada"), &json!("Ada"), &json!(["builders"])));
    let query = "user=eve&groups=a,b&organisation=o&email=eve@example.org&name=Eve";
    let token = world.client.token(query).await;
    let me = world.client.read(&token, "/v1/me").await;
    assert_eq!(
        (&me["groups"], &me["organisation"], &me["email"]),
        (&json!(["a", "b"]), &json!("o"), &json!("eve@example.org"))
    );
    assert_eq!(world.client.post("/_local/token").await.status(), 400);
}
