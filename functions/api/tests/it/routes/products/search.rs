use gatepass_domain::Person;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Catalogue, Product};
use gatepass_testkit::{ada, demo, grace};

use crate::harness::{Answer, Api, id_of};

fn ids(answer: &Answer) -> Vec<String> {
    answer.items().iter().map(id_of).collect()
}

async fn search(api: &Api, who: &Person, query: &str) -> Vec<String> {
    ids(&api.get(&format!("/v1/products?{query}")).by(who).send().await.expect(200))
}

// Covers P43.
#[tokio::test]
async fn products_are_found_by_their_words_method_and_catalogue() {
    let api = Api::new().await;
    api.get("/v1/products").by(&grace()).send().await.expect(200).is("products_search");
    let all = search(&api, &grace(), "").await;
    assert!(all.contains(&"fleet-api".to_owned()) && all.is_sorted(), "{all:?}");
    assert_eq!(search(&api, &grace(), "q=WEATHER").await, ["weather-api"]);
    assert_eq!(search(&api, &grace(), "q=api+weather").await, ["weather-api"]);
    assert_eq!(search(&api, &grace(), "q=weather+fleet").await, [""; 0]);
    assert_eq!(search(&api, &grace(), "q=weather&auth_method=oauth2").await, [""; 0]);
    assert_eq!(search(&api, &grace(), "auth_method=oauth2").await, ["payments-api"]);
    assert_eq!(search(&api, &grace(), "catalogue_id=partner-apis").await, ["fleet-api"]);
}

/// Neither a catalogue for others nor a product that is not published can be found out.
#[tokio::test]
async fn a_search_finds_only_what_the_caller_may_see() {
    let api = Api::new().await;
    assert_eq!(search(&api, &ada(), "q=fleet").await, [""; 0]);
    assert_eq!(search(&api, &ada(), "catalogue_id=partner-apis").await, [""; 0]);
    assert_eq!(search(&api, &ada(), "catalogue_id=no-catalogue").await, [""; 0]);
    let mut weather = demo::products().into_iter().find(|product| product.id.as_str() == "weather-api").unwrap();
    weather.published = false;
    api.world.offer(weather).await;
    assert_eq!(search(&api, &ada(), "q=weather").await, [""; 0]);
    api.get("/v1/products").send().await.expect(401);
}

#[tokio::test]
async fn a_search_that_cannot_be_made_says_so() {
    let api = Api::new().await;
    let long = "a".repeat(201);
    for query in [format!("q={long}"), "auth_method=basic".to_owned(), "catalogue_id=No+slug".to_owned()] {
        api.get(&format!("/v1/products?{query}")).by(&ada()).send().await.problem(400, "invalid-parameter");
    }
    api.get(&format!("/v1/products?q={}", "a".repeat(200))).by(&ada()).send().await.expect(200);
}

/// 600 products in three catalogues, each in two of them: a page reads 500, and the search goes on behind them.
#[tokio::test]
async fn every_product_of_many_is_found_once_page_by_page() {
    let api = Api::new().await;
    let product = demo::products().swap_remove(0);
    let catalogue = demo::catalogues().swap_remove(0);
    let slugs: Vec<String> = (0..600).map(|n| format!("zone-{n:03}")).collect();
    for (n, slug) in slugs.iter().enumerate() {
        let auth_method = if n % 100 == 99 { AuthMethod::OAuth2 } else { AuthMethod::ApiKey };
        let name = format!("Zone {n}");
        api.world.offer(Product { id: slug.parse().unwrap(), name, auth_method, ..product.clone() }).await;
    }
    for half in 0..6 {
        let in_it = slugs.chunks(100).enumerate().filter(|(n, _)| *n == half || (n + 1) % 6 == half);
        let product_ids = in_it.flat_map(|(_, some)| some).map(|slug| slug.parse().unwrap()).collect();
        let id = format!("zones-{half}").parse().unwrap();
        api.world.offer(Catalogue { id, product_ids, ..catalogue.clone() }).await;
    }
    for (query, limit, expected) in [("q=zone", 100, 600), ("auth_method=oauth2&q=zone", 4, 6)] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/products?{query}&limit={limit}{cursor}");
            let page = api.get(&path).by(&ada()).send().await.expect(200);
            for item in page.items() {
                assert_eq!(item["catalogue_ids"].as_array().unwrap().len(), 2, "{item}");
            }
            assert!(page.items().len() <= limit);
            found.extend(ids(&page));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found.len(), expected, "{query} by {limit}");
        assert!(found.is_sorted_by(|one, other| one < other), "each once, in order");
    }
}
