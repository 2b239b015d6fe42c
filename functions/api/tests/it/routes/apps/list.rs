use gatepass_domain::Person;
use gatepass_testkit::{ada, grace, person};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::Api;

fn of_harbour(person: Person) -> Person {
    Person { organisation: Some("Harbour Ltd".into()), ..person }
}

/// R19
#[tokio::test]
async fn people_see_their_own_apps_and_those_shared_with_them() {
    let api = Api::new().await;
    let ada = of_harbour(ada());
    for body in [
        json!({ "name": "Mine" }),
        json!({ "name": "Ours", "visibility": "team", "team": "builders" }),
        json!({ "name": "Everyone's", "visibility": "organisation" }),
    ] {
        api.post("/v1/apps").by(&ada).json(body).send().await.expect(201);
        api.advance(SignedDuration::from_secs(1));
    }
    let seen_by = async |who: &Person| -> Vec<String> {
        let apps = api.get("/v1/apps").by(who).send().await.expect(200);
        apps.items().iter().map(|app| app["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen_by(&ada).await, ["Everyone's", "Ours", "Mine"]);
    assert_eq!(seen_by(&person("bob", &["builders"])).await, ["Ours"]);
    assert_eq!(seen_by(&of_harbour(grace())).await, ["Everyone's"]);
    assert_eq!(seen_by(&of_harbour(person("bob", &["builders"]))).await, ["Everyone's", "Ours"]);
    assert_eq!(seen_by(&grace()).await, [""; 0]);
    api.get("/v1/apps").by(&person("bob", &["builders"])).send().await.is("apps_list");
}
