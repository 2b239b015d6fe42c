//! Rows that this version of Gatepass cannot read.

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Plan;
use gatepass_domain::access_request::Status;
use gatepass_store::keys::{self, Key};
use gatepass_store::{Filter, Offering};
use gatepass_testkit::{Table, World, ada};

use crate::samples::{filed, listing, slug};

/// Makes an attribute of an item one that nobody understands.
async fn spoil(table: &Table, key: &Key, attribute: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = table.client.update_item().table_name(&table.name).key("PK", text(&key.pk)).key("SK", text(&key.sk));
    let update = update.update_expression("SET #name = :nonsense").expression_attribute_names("#name", attribute);
    update.expression_attribute_values(":nonsense", text("nonsense")).send().await.unwrap();
}

#[tokio::test]
async fn a_request_that_cannot_be_read_does_not_take_the_list_with_it() {
    let table = Table::new().await;
    let store = table.store();
    let [first, bad, last] = [filed(&store).await, filed(&store).await, filed(&store).await];
    spoil(&table, &keys::request(bad.facts().id), "created_at").await;
    let mut readable = [first.facts().id, last.facts().id];
    readable.sort();
    let filters = [Filter::Everything, Filter::Requester(ada().id), Filter::Product(slug("weather-api"))];
    for filter in &filters {
        for status in [None, Some(Status::Pending)] {
            // One row a page: the page that would have held the bad row holds the next one.
            let mut ids = Vec::new();
            let mut after = None;
            loop {
                let page = store.requests(filter, &listing(status, 1, after.as_ref())).await.unwrap();
                ids.extend(page.items.iter().map(|request| request.facts().id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            ids.sort();
            assert_eq!(ids, readable, "{filter:?} {status:?}");
        }
    }
    assert!(store.request(bad.facts().id).await.is_err(), "read by its id, it is reported");
}

#[tokio::test]
async fn an_offering_that_cannot_be_read_does_not_take_the_list_with_it() {
    let world = World::new().await;
    spoil(&world.table, &Plan::key(&slug("gold")), "created_at").await;
    let plans = world.store.all_offerings::<Plan>().await.unwrap();
    assert_eq!(plans.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free"]);
    let found = world.store.offerings::<Plan>(&[slug("gold"), slug("free")]).await.unwrap();
    assert_eq!(found.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free"]);
}
