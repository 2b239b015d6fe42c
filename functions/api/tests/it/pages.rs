//! Every list is paged, by the number of its rows and by its size.

use std::collections::BTreeSet;

use gatepass_domain::Person;
use gatepass_testkit::{ada, grace, owen, person};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

/// Walks a list page by page; gives its rows and the size of its largest page.
async fn walk(api: &Api, path: &str, limit: usize, who: &Person) -> (Vec<Value>, usize) {
    let (mut rows, mut largest, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = api.get(&format!("{path}?limit={limit}{cursor}")).by(who).send().await.expect(200);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= limit, "{path}: {} rows", items.len());
        rows.extend(items.iter().cloned());
        largest = largest.max(page.body.to_string().len());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (rows, largest),
        }
    }
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(id_of).collect()
}

/// Those who use a thing are named in one answer, at most 100 of them.
#[test]
fn every_list_of_the_document_takes_a_limit_and_a_cursor() {
    let document = gatepass_api::document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let answer = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let is_list = answer.as_str().is_some_and(|name| name.contains("/Listed_"));
        if is_list && !path.ends_with("/usage") {
            let parameters = item["get"]["parameters"].as_array().unwrap();
            let names: BTreeSet<_> = parameters.iter().filter_map(|one| one["name"].as_str()).collect();
            assert!(names.contains("limit") && names.contains("cursor"), "{path} is not paged");
        }
    }
}

#[tokio::test]
async fn apps_are_listed_page_by_page_each_once() {
    let api = Api::new().await;
    let (ada, bob) = (person("ada", &["builders", "divers"]), person("bob", &["builders", "divers"]));
    let mut expected = Vec::new();
    for n in 0..9 {
        let (owner, team) = if n % 2 == 0 { (&ada, "builders") } else { (&bob, "divers") };
        let body = match n % 3 {
            0 if owner.id == ada.id => json!({ "name": format!("App {n}") }),
            _ => json!({ "name": format!("App {n}"), "visibility": "team", "team": team }),
        };
        expected.insert(0, id_of(&api.post("/v1/apps").by(owner).json(body).send().await.expect(201).body));
    }
    for limit in [1, 2, 4, 9, 100] {
        assert_eq!(ids(&walk(&api, "/v1/apps", limit, &ada).await.0), expected, "by {limit}");
        assert_eq!(ids(&walk(&api, "/v1/admin/apps", limit, owen().person()).await.0), expected, "by {limit}");
    }
    let apart = walk(&api, "/v1/apps", 1, &person("eve", &[])).await.0;
    assert_eq!(apart, Vec::<Value>::new());
}

#[tokio::test]
async fn credentials_and_offerings_are_listed_page_by_page() {
    let api = Api::new().await;
    let app = api.app(&ada(), "Storm warnings").await;
    for product in ["weather-api", "maps-api"] {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": [product], "plan_id": "gold", "app_id": app,
        });
        let id = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
        api.approve(&id).await;
        api.provision(&id).await;
    }
    for (path, who) in [
        (format!("/v1/apps/{app}/credentials"), ada()),
        ("/v1/catalogues".to_owned(), grace()),
        ("/v1/admin/catalogues".to_owned(), owen().person().clone()),
        ("/v1/admin/products".to_owned(), owen().person().clone()),
        ("/v1/admin/plans".to_owned(), owen().person().clone()),
    ] {
        let whole = walk(&api, &path, 100, &who).await.0;
        assert!(whole.len() >= 2, "{path}: {}", whole.len());
        assert_eq!(walk(&api, &path, 1, &who).await.0, whole, "{path}");
    }
    let path = format!("/v1/admin/apps/{app}");
    let first = api.get(&format!("{path}?limit=1")).by_owner(&owen()).send().await.expect(200);
    let cursor = first.text("/next_cursor");
    let second = api.get(&format!("{path}?limit=1&cursor={cursor}")).by_owner(&owen()).send().await.expect(200);
    assert_ne!(first.body["credentials"][0]["id"], second.body["credentials"][0]["id"]);
    assert_eq!(second.body["next_cursor"], Value::Null);
}

/// A visitor's page goes on where it ended, whoever asks.
#[tokio::test]
async fn public_catalogues_are_paged_without_a_caller() {
    let api = Api::new().await;
    for id in ["harbour", "lighthouse"] {
        let body = json!({ "id": id, "name": "Harbour", "audience": { "kind": "public" } });
        api.post("/v1/admin/catalogues").by_owner(&owen()).json(body).send().await.expect(201);
    }
    let whole = api.get("/v1/public/catalogues").send().await.expect(200);
    let first = api.get("/v1/public/catalogues?limit=1").send().await.expect(200);
    let cursor = first.text("/next_cursor");
    let second = api.get(&format!("/v1/public/catalogues?limit=100&cursor={cursor}")).send().await.expect(200);
    let rows = |answer: &Answer| answer.body["items"].as_array().unwrap().clone();
    assert_eq!(rows(&whole), [rows(&first), rows(&second)].concat());
    // A cursor is for its list alone.
    api.get(&format!("/v1/catalogues?cursor={cursor}")).by(&ada()).send().await.problem(400, "invalid-cursor");
}

/// 90 apps with texts as long as they may be make 1.5 MB.
#[tokio::test]
async fn a_page_ends_before_it_is_larger_than_1_mb() {
    let api = Api::new().await;
    let description = "\u{1f6a2}".repeat(2000);
    let uris: Vec<_> = (0..20).map(|n| format!("https://example.com/{n}/{}", "a".repeat(480))).collect();
    let people = [person("ada", &["builders"]), person("bob", &["builders"])];
    for n in 0..90 {
        let body = json!({
            "name": format!("App {n}"), "description": description, "redirect_uris": uris,
            "visibility": "team", "team": "builders",
        });
        api.post("/v1/apps").by(&people[n % 2]).json(body).send().await.expect(201);
    }
    for (path, who) in [("/v1/apps", &people[0]), ("/v1/admin/apps", owen().person())] {
        let (rows, largest) = walk(&api, path, 100, who).await;
        assert_eq!(ids(&rows).into_iter().collect::<BTreeSet<_>>().len(), 90, "{path}");
        assert!(largest < 1_000_000, "{path}: {largest} bytes");
        assert!(largest > 400_000, "{path}: pages are not smaller than they need be: {largest} bytes");
    }
}

/// Answers that are not paged name everything by its id, and hold as much of it as fits.
#[tokio::test]
async fn a_catalogue_with_long_texts_is_answered_below_1_mb() {
    let api = Api::new().await;
    let text = "\u{1f6a2}".repeat(2000);
    let names: Vec<_> = (0..80).map(|n| format!("ship-{n}")).collect();
    for name in &names {
        let product = json!({
            "id": name, "name": name, "description": text, "auth_method": "api_key",
            "gateway": { "kind": "builtin" }, "owners": ["owen@example.com"], "published": true,
        });
        api.post("/v1/admin/products").by_owner(&owen()).json(product).send().await.expect(201);
        let plan = json!({ "id": name, "name": name, "description": text });
        api.post("/v1/admin/plans").by_owner(&owen()).json(plan).send().await.expect(201);
    }
    let fleet = json!({
        "id": "fleet", "name": "Fleet", "audience": { "kind": "public" }, "product_ids": names, "plan_ids": names,
    });
    api.post("/v1/admin/catalogues").by_owner(&owen()).json(fleet).send().await.expect(201);
    let catalogue = api.get("/v1/catalogues/fleet").by(&ada()).send().await.expect(200);
    let product = api.get("/v1/products/ship-7").by(&ada()).send().await.expect(200);
    let seen = api.get("/v1/public/catalogues/fleet").send().await.expect(200);
    for (answer, list) in [(&catalogue, "products"), (&seen, "plans"), (&product, "plans")] {
        let bytes = answer.body.to_string().len();
        assert!((400_000..1_000_000).contains(&bytes), "{list}: {bytes} bytes");
        assert_eq!(answer.body["more"], true, "{list}");
        assert!((40..80).contains(&answer.body[list].as_array().unwrap().len()), "{list}");
    }
    assert_eq!(catalogue.body["product_ids"].as_array().unwrap().len(), 80);
    let small = api.get("/v1/catalogues/public-apis").by(&ada()).send().await.expect(200);
    assert_eq!(small.body["more"], false);
}

#[tokio::test]
async fn the_history_of_a_request_is_paged_newest_page_first() {
    let api = Api::new().await;
    let body = json!({
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "new_app": { "name": "Storm warnings" },
    });
    let id = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
    api.approve(&id).await;
    api.provision(&id).await;
    for (path, who) in [("/v1/access-requests", ada()), ("/v1/admin/access-requests", owen().person().clone())] {
        let path = format!("{path}/{id}");
        let types = |answer: &Answer| -> Vec<String> {
            let history = answer.body["history"].as_array().unwrap();
            history.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect()
        };
        let whole = api.get(&path).by(&who).send().await.expect(200);
        assert_eq!(types(&whole), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]);
        assert_eq!(whole.body["next_cursor"], Value::Null);
        let newest = api.get(&format!("{path}?limit=2")).by(&who).send().await.expect(200);
        assert_eq!(types(&newest), ["AccessRequestApproved", "AccessProvisioned"]);
        let older = format!("{path}?limit=2&cursor={}", newest.text("/next_cursor"));
        let older = api.get(&older).by(&who).send().await.expect(200);
        assert_eq!(types(&older), ["AccessRequestSubmitted"]);
        assert_eq!(older.body["next_cursor"], Value::Null);
    }
}
