use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, grace, olga, owen};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Answer, Api, id_of};

fn ids(answer: &Answer) -> Vec<String> {
    answer.items().iter().map(id_of).collect()
}

/// R21, R34: automatic ones too.
#[tokio::test]
async fn owners_see_everybodys_requests_newest_first() {
    let api = Api::new().await;
    let adas = id_of(&api.request(&ada(), "weather-api", "gold", "Storm warnings").await);
    api.advance(SignedDuration::from_secs(1));
    let graces = id_of(&api.request(&grace(), "fleet-api", "free", "Fleet").await);
    let answer = api.get("/v1/admin/access-requests").by_owner(&owen()).send().await.expect(200);
    assert_eq!(ids(&answer), [graces, adas]);
    answer.is("admin_access_requests_list");
}

#[tokio::test]
async fn a_list_is_narrowed_by_status_and_one_thing_more() {
    let api = Api::new().await;
    let first = api.request(&ada(), "weather-api", "gold", "One").await;
    api.advance(SignedDuration::from_secs(1));
    let second = api.request(&ada(), "maps-api", "gold", "Two").await;
    api.advance(SignedDuration::from_secs(1));
    let third = api.request(&grace(), "weather-api", "gold", "Three").await;
    let [one, two, three] = [&first, &second, &third].map(id_of);
    api.approve(&two).await;
    let list = async |query: &str| {
        ids(&api.get(&format!("/v1/admin/access-requests?{query}")).by_owner(&owen()).send().await.expect(200))
    };
    assert_eq!(list("").await, [three.clone(), two.clone(), one.clone()]);
    assert_eq!(list("status=pending").await, [three.clone(), one.clone()]);
    assert_eq!(list("requester=ada").await, [two.clone(), one.clone()]);
    assert_eq!(list("requester=ada&status=approved").await, std::slice::from_ref(&two));
    assert_eq!(list("product_id=weather-api").await, [three, one.clone()]);
    assert_eq!(list("product_id=weather-api&status=approved").await, [""; 0]);
    assert_eq!(list(&format!("app_id={}", id_of(&first["app"]))).await, [one]);
    assert_eq!(list(&format!("app_id={}&status=approved", id_of(&second["app"]))).await, [two]);
    assert_eq!(list("requester=nobody").await, [""; 0]);
    assert_eq!(list("app_id=019351d0-0000-7000-8000-000000000000").await, [""; 0]);
}

#[tokio::test]
async fn two_filters_are_refused_with_the_combinations_that_there_are() {
    let api = Api::new().await;
    let app = "app_id=019351d0-0000-7000-8000-000000000000";
    for (query, parameter) in [
        (format!("product_id=weather-api&{app}"), "app_id"),
        ("product_id=weather-api&requester=ada".to_owned(), "requester"),
        (format!("{app}&requester=ada"), "requester"),
        (format!("product_id=weather-api&{app}&requester=ada&status=pending"), "app_id"),
    ] {
        let answer = api.get(&format!("/v1/admin/access-requests?{query}")).by_owner(&owen()).send().await;
        let answer = answer.problem(400, "invalid-parameter");
        assert_eq!(answer.text("/errors/0/parameter"), parameter);
        for name in ["`status`", "`product_id`", "`app_id`", "`requester`"] {
            assert!(answer.text("/detail").contains(name), "{:#}", answer.body);
        }
    }
    let answer = api.get(&format!("/v1/admin/access-requests?{app}&requester=ada")).by_owner(&owen()).send().await;
    answer.is("problem_two_filters");
}

#[tokio::test]
async fn a_filter_that_names_nothing_possible_is_refused() {
    let api = Api::new().await;
    for (query, parameter) in [
        ("product_id=Weather", "product_id"),
        ("app_id=1", "app_id"),
        ("status=open", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("person=ada", "person"),
    ] {
        let answer = api.get(&format!("/v1/admin/access-requests?{query}")).by_owner(&owen()).send().await;
        let answer = answer.problem(400, "invalid-parameter");
        assert_eq!(answer.text("/errors/0/parameter"), parameter, "{:#}", answer.body);
    }
}

#[tokio::test]
async fn every_row_comes_once_over_the_pages_and_their_cursors_are_bound() {
    let api = Api::new().await;
    let mut filed = Vec::new();
    for number in 0..7 {
        filed.insert(0, id_of(&api.request(&ada(), "weather-api", "gold", &format!("App {number}")).await));
        api.advance(SignedDuration::from_millis(5));
    }
    for filter in ["", "requester=ada&", "product_id=weather-api&", "status=pending&"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/admin/access-requests?{filter}limit=3{cursor}");
            let page = api.get(&path).by_owner(&owen()).send().await.expect(200);
            seen.extend(ids(&page));
            if page.body["next_cursor"] == json!(null) {
                break;
            }
            assert_eq!(page.items().len(), 3);
            cursor = format!("&cursor={}", page.text("/next_cursor"));
            let next = format!("/v1/admin/access-requests?{filter}limit=3{cursor}");
            api.get(&next).by_owner(&olga()).send().await.problem(400, "invalid-cursor");
            let elsewhere = format!("/v1/admin/access-requests?status=rejected&limit=3{cursor}");
            api.get(&elsewhere).by_owner(&owen()).send().await.problem(400, "invalid-cursor");
        }
        assert_eq!(seen, filed, "{filter}");
    }
}

#[tokio::test]
async fn requests_that_could_not_be_set_up_are_listed_alone() {
    let api = Api::new().await;
    let mut ids_by_app = Vec::new();
    for (product, app) in [("maps-api", "One"), ("maps-api", "Two"), ("payments-api", "Three"), ("maps-api", "Four")] {
        let id = id_of(&api.request(&ada(), product, "gold", app).await);
        api.advance(SignedDuration::from_secs(1));
        ids_by_app.push(id);
    }
    let [pending, queued, failed, provisioned] = ids_by_app.try_into().unwrap();
    for id in [&queued, &failed, &provisioned] {
        api.approve(id).await;
    }
    assert_eq!(api.provision(&provisioned).await, Outcome::Provisioned);
    assert_eq!(api.provision(&failed).await, Outcome::Failed);
    let list = async |query: &str| {
        ids(&api.get(&format!("/v1/admin/access-requests?{query}")).by_owner(&owen()).send().await.expect(200))
    };
    assert_eq!(list("provisioning=failed").await, [failed.as_str()]);
    assert_eq!(list("provisioning=queued").await, [queued.as_str()]);
    assert_eq!(list("provisioning=failed&status=approved").await, [failed.as_str()]);
    assert_eq!(list("provisioning=failed&status=pending").await, [""; 0]);
    assert_eq!(list("provisioning=failed&requester=ada").await, [failed.as_str()]);
    assert_eq!(list("provisioning=failed&requester=grace").await, [""; 0]);
    assert_eq!(list("provisioning=failed&product_id=payments-api").await, [failed.as_str()]);
    assert_eq!(list("provisioning=failed&product_id=maps-api").await, [""; 0]);
    assert_eq!(list("status=pending").await, [pending.as_str()]);
    let path = "/v1/admin/access-requests?provisioning=lost";
    api.get(path).by_owner(&owen()).send().await.problem(400, "invalid-parameter");
}
