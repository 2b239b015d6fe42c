//! R11–R16, R20: the cart, against a model of it, and when things go wrong.

use gatepass_app::cart::SubmitCart;
use gatepass_app::submit::Target;
use gatepass_app::{Idempotent, Precondition, Refused, cart, settings};
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::product::AuthMethod;
use gatepass_domain::settings::AccessFlow;
use gatepass_domain::{Catalogue, Plan, Product, Settings};
use gatepass_store::Store;
use gatepass_store::keys::Stage;
use gatepass_testkit::{Fault, World, ada, context, demo, grace, owen};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::asking::{profile, said, slug};

async fn put(store: &Store, product: &str, plan: &str) -> Result<cart::FilledCart, Refused> {
    cart::put(store, &mut context(), &ada(), slug(product), slug("public-apis"), slug(plan)).await
}

async fn remove(store: &Store, product: &str) -> Result<(), Refused> {
    cart::remove(store, &mut context(), &ada(), &slug(product)).await
}

fn order(target: Target) -> SubmitCart {
    SubmitCart { target, extends_credential_id: None, justification: None, precondition: Precondition::Any }
}

async fn submit(store: &Store, app: &str) -> Result<AccessRequestView, Refused> {
    let target = Target::New(profile(app));
    cart::submit(store, &mut context(), &ada(), order(target), &Idempotent::Unkeyed).await.map(|request| request.view())
}

/// The products in ada's cart, in order, with the plan of each.
async fn held(store: &Store) -> Vec<(String, String)> {
    let cart = cart::get(store, context().now, &ada()).await.unwrap();
    cart.stored.cart.items.iter().map(|item| (item.product_id.to_string(), item.plan_id.to_string())).collect()
}

/// The steps of a person with a cart.
#[derive(Debug, Clone)]
enum Step {
    Put(&'static str, &'static str),
    Remove(&'static str),
    Clear,
    Submit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let product = || prop::sample::select(vec!["weather-api", "maps-api", "payments-api", "fleet-api"]);
    let step = prop_oneof![
        6 => (product(), prop::sample::select(vec!["free", "gold"])).prop_map(|(product, plan)| Step::Put(product, plan)),
        2 => product().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => Just(Step::Submit),
    ];
    prop::collection::vec(step, 1..12)
}

/// The expected result of a step: the word for it; `cart` is what it leaves behind.
fn expected(cart: &mut Vec<(String, String)>, step: &Step) -> &'static str {
    let is_payments = |product: &str| product == "payments-api";
    match step {
        Step::Put("fleet-api", _) => "product-not-offered",
        Step::Put(product, plan) => {
            let others: Vec<_> = cart.iter().filter(|(held, _)| held != product).collect();
            if others.iter().any(|(held, _)| is_payments(held) != is_payments(product)) {
                "mixed-authentication-methods"
            } else if others.iter().any(|(_, held)| held != plan) {
                "mixed-plans"
            } else {
                match cart.iter_mut().find(|(held, _)| held == product) {
                    Some(item) => (*plan).clone_into(&mut item.1),
                    None => cart.push(((*product).to_owned(), (*plan).to_owned())),
                }
                "ok"
            }
        }
        Step::Remove(product) => {
            let before = cart.len();
            cart.retain(|(held, _)| held != product);
            if cart.len() < before { "ok" } else { "not-found" }
        }
        Step::Clear => {
            cart.clear();
            "ok"
        }
        Step::Submit if cart.is_empty() => "empty-cart",
        Step::Submit => {
            cart.clear();
            "ok"
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is done in whatever order, the cart is as the rules say, and what is refused changes nothing.
    // Covers R15, R16.
    #[test]
    fn a_cart_keeps_the_rules_whatever_is_done(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let store = &world.store;
            let mut model = Vec::new();
            for (n, step) in steps.iter().enumerate() {
                let said = match step {
                    Step::Put(product, plan) => said(&put(store, product, plan).await),
                    Step::Remove(product) => said(&remove(store, product).await),
                    Step::Clear => said(&cart::clear(store, &mut context(), &ada()).await),
                    Step::Submit => said(&submit(store, &format!("app {n}")).await),
                };
                prop_assert_eq!(said, expected(&mut model, step), "{:?}", step);
                prop_assert_eq!(&held(store).await, &model, "after {:?}", step);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn faults_of_the_table_neither_lose_nor_double_anything() {
    for fault in [Fault::TransactionConflict, Fault::LostReply, Fault::Throttle] {
        let world = World::new().await;
        let store = &world.store;
        let next = || world.table.faults.plan("TransactWriteItems", fault, 1);
        next();
        put(store, "weather-api", "gold").await.unwrap();
        next();
        put(store, "maps-api", "gold").await.unwrap();
        assert_eq!(held(store).await.len(), 2, "{fault:?}");
        next();
        remove(store, "maps-api").await.unwrap();
        next();
        submit(store, "Storm warnings").await.unwrap();
        assert!(world.table.faults.are_over());
        assert_eq!(
            (held(store).await.len(), store.requests_in(&Stage::OPEN).await.unwrap().len()),
            (0, 1),
            "{fault:?}"
        );
    }
}

/// In two tabs: neither loses what the other has put in.
#[tokio::test]
async fn products_put_in_at_once_are_all_in() {
    let world = World::new().await;
    let store = &world.store;
    let (one, other) = tokio::join!(put(store, "weather-api", "gold"), put(store, "maps-api", "gold"));
    assert_eq!((said(&one), said(&other)), ("ok", "ok"));
    assert_eq!(held(store).await.len(), 2);
    // Under different plans, one is too late.
    let world = World::new().await;
    let (one, other) = tokio::join!(put(&world.store, "weather-api", "gold"), put(&world.store, "maps-api", "free"));
    let mut said = [said(&one), said(&other)];
    said.sort_unstable();
    assert_eq!(said, ["mixed-plans", "ok"]);
}

/// An item that got into the cart while it was being submitted is in the request, or still in the cart.
#[tokio::test]
async fn what_is_put_in_during_a_submit_is_not_lost() {
    let world = World::new().await;
    let store = &world.store;
    put(store, "weather-api", "gold").await.unwrap();
    let held_back = world.table.faults.hold("TransactWriteItems", 0);
    let overtake = async {
        held_back.arrived().await;
        put(store, "maps-api", "gold").await.unwrap();
        held_back.release();
    };
    let (submitted, ()) = tokio::join!(submit(store, "Storm warnings"), overtake);
    assert_eq!(submitted.unwrap().product_ids, [slug("weather-api"), slug("maps-api")]);
    assert_eq!(held(store).await, []);
}

#[tokio::test]
async fn a_cart_ends_30_days_after_it_was_last_touched() {
    let world = World::new().await;
    let after = |days: i64| {
        let mut context = context();
        context.now = context.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        context
    };
    let put = async |days: i64, product: &str| {
        cart::put(&world.store, &mut after(days), &ada(), slug(product), slug("public-apis"), slug("gold")).await
    };
    let count = async |days: i64| cart::get(&world.store, after(days).now, &ada()).await.unwrap().items.len();
    put(0, "weather-api").await.unwrap();
    put(29, "maps-api").await.unwrap();
    assert_eq!((count(58).await, count(59).await), (2, 0));
    let target = Target::New(profile("Storm warnings"));
    let late = cart::submit(&world.store, &mut after(59), &ada(), order(target), &Idempotent::Unkeyed).await;
    assert_eq!(said(&late), "empty-cart");
    // The next one begins anew, although the table may not have removed the old one yet.
    put(60, "maps-api").await.unwrap();
    assert_eq!(count(60).await, 1);
}

#[tokio::test]
async fn a_cart_holds_twenty_products() {
    let world = World::new().await;
    let ids: Vec<_> = (0..21).map(|n| format!("api-{n}")).collect();
    for id in &ids {
        let product = demo::product(id, id, AuthMethod::ApiKey);
        world.offer(Product { published: true, ..product }).await;
    }
    let products = ids.iter().map(|id| slug(id)).collect();
    world.offer(Catalogue { product_ids: products, ..demo::catalogues().remove(0) }).await;
    for id in &ids[..20] {
        put(&world.store, id, "gold").await.unwrap();
    }
    assert_eq!(said(&put(&world.store, &ids[20], "gold").await), "cart-full");
    put(&world.store, &ids[0], "gold").await.unwrap();
    assert_eq!(submit(&world.store, "Everything").await.unwrap().product_ids.len(), 20);
}

/// R8: a cart may be filled from several catalogues, each of which must offer what it is said to.
#[tokio::test]
async fn products_of_several_catalogues_fit_in_one_cart() {
    let world = World::new().await;
    let put = async |product: &str, catalogue: &str| {
        cart::put(&world.store, &mut context(), &grace(), slug(product), slug(catalogue), slug("gold")).await
    };
    put("weather-api", "public-apis").await.unwrap();
    put("fleet-api", "partner-apis").await.unwrap();
    assert_eq!(said(&put("maps-api", "partner-apis").await), "product-not-offered");
    let target = Target::New(profile("Harbour"));
    let asked = cart::submit(&world.store, &mut context(), &grace(), order(target), &Idempotent::Unkeyed).await;
    let catalogues: Vec<_> =
        asked.unwrap().view().items.into_iter().map(|item| item.catalogue_id.to_string()).collect();
    assert_eq!(catalogues, ["public-apis", "partner-apis"]);
}

/// Whoever saw the cart before it was cleared must not take the next one for it.
#[tokio::test]
async fn a_cart_that_is_cleared_and_refilled_has_another_version() {
    let world = World::new().await;
    let store = &world.store;
    let first = put(store, "weather-api", "gold").await.unwrap().stored.version;
    cart::clear(store, &mut context(), &ada()).await.unwrap();
    let second = put(store, "maps-api", "gold").await.unwrap().stored.version;
    submit(store, "Storm warnings").await.unwrap();
    let third = put(store, "maps-api", "gold").await.unwrap().stored.version;
    assert!(first < second && second < third, "{first} {second} {third}");
}

#[tokio::test]
async fn a_cart_takes_nothing_where_it_could_not_be_submitted() {
    let world = World::new().await;
    let settings = Settings { access_flow: AccessFlow::Direct, ..Settings::default() };
    settings::put(&world.store, &mut context(), &owen(), Precondition::Any, &settings).await.unwrap();
    let refused = put(&world.store, "weather-api", "gold").await.unwrap_err();
    assert!(matches!(refused, Refused::FlowDisabled(_)), "{refused}");
}

#[tokio::test]
async fn a_plan_that_was_deleted_is_named_as_the_plan() {
    let world = World::new().await;
    put(&world.store, "weather-api", "gold").await.unwrap();
    world.withdraw_offer::<Plan>(&slug("gold")).await;
    let refused = submit(&world.store, "Storm warnings").await.unwrap_err();
    assert_eq!(refused.to_string(), "No longer available: the plan `gold`. Ask for the products with another plan.");
}
