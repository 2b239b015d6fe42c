//! Rows that this version of Gatepass cannot read.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::Plan;
use gatepass_domain::access_request::Status;
use gatepass_domain::event::Aggregate;
use gatepass_store::keys::{self, Key};
use gatepass_store::{Filter, Holdings, Offering, StoreError, WhichApps};
use gatepass_testkit::{Table, World, ada};

use crate::samples::{create_app, filed, listing, slug};

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
    let page = world.store.offerings_page::<Plan>(10, None).await.unwrap();
    assert_eq!(page.items.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free"]);
    let found = world.store.offerings_to_list::<Plan>(&[slug("gold"), slug("free")]).await.unwrap();
    assert_eq!(found.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["free"]);
}

/// A catalogue that names it must not be told that there is no such plan.
#[tokio::test]
async fn an_offering_that_cannot_be_read_is_not_missing() {
    let world = World::new().await;
    spoil(&world.table, &Plan::key(&slug("gold")), "created_at").await;
    let found = world.store.offerings::<Plan>(&[slug("gold"), slug("free")]).await;
    assert!(matches!(found, Err(StoreError::Unreadable { .. })), "{found:?}");
}

#[tokio::test]
async fn an_app_that_cannot_be_read_does_not_take_the_lists_with_it() {
    let table = Table::new().await;
    let store = table.store();
    let bad = create_app(&store, &ada(), "Bad").await.unwrap();
    let good = create_app(&store, &ada(), "Good").await.unwrap();
    spoil(&table, &keys::app(bad), "created_at").await;
    let lists = [
        store.apps(&WhichApps::All, 10, None).await,
        store.apps(&WhichApps::Of(ada().id), 10, None).await,
        store.apps_seen_by(&ada(), 10, None).await,
    ];
    for page in lists {
        assert_eq!(page.unwrap().items.iter().map(|app| app.id).collect::<Vec<_>>(), [good]);
    }
}

#[tokio::test]
async fn a_receipt_that_cannot_be_read_does_not_stop_the_sweeper() {
    let table = Table::new().await;
    let store = table.store();
    let filed = filed(&store).await;
    let event = store.events_of(&Aggregate::Request(filed.facts().id)).await.unwrap().remove(0);
    let item = HashMap::from(
        [("PK", "PUB#2026-11-23T12:00"), ("SK", "2026-11-23T12:00:00.000Z#bad"), ("ids", "nonsense")]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))),
    );
    table.client.put_item().table_name(&table.name).set_item(Some(item)).send().await.unwrap();
    store.put_receipts(&[event.id], event.occurred_at).await.unwrap();
    assert_eq!(store.published(std::slice::from_ref(&event)).await.unwrap(), HashSet::from([event.id]));
}

/// A person at the cap is not kept from asking by a request that nobody can read.
#[tokio::test]
async fn a_request_that_cannot_be_read_does_not_count_against_the_cap() {
    let table = Table::new().await;
    let store = table.store();
    let [good, bad] = [filed(&store).await, filed(&store).await];
    spoil(&table, &keys::request(bad.facts().id), "created_at").await;
    let holdings = Holdings::default().with(Some(good.facts().id)).with(Some(bad.facts().id));
    assert_eq!(store.holdings_against(holdings, 2).await.unwrap().pending(), 1);
}
