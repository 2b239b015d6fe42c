//! Filing a request: rules in their order, all or nothing.

use gatepass_app::Refused;
use gatepass_app::apps;
use gatepass_app::submit::{SubmitRequest, Target};
use gatepass_domain::access_request::{RequestKind, Status};
use gatepass_domain::event::Aggregate;
use gatepass_domain::plan::Limit;
use gatepass_domain::policy::{Review, Rule};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::{Catalogue, Plan, Product};
use gatepass_store::keys::Stage;
use gatepass_testkit::{World, ada, context, demo, grace};
use jiff::SignedDuration;

use crate::asking::{asking_for, create_app, profile, reject, said, slug, story, submit, weather};

// Covers R1, R4, R5, R6.
#[tokio::test]
async fn a_request_names_requester_products_plan_and_app_and_is_on_record() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let mut asked = asking_for(Target::Existing(app_id), &["weather-api", "maps-api"], "gold");
    asked.justification = Some("storms".into());
    world.table.faults.calls();
    let view = submit(&world.store, &ada(), &asked).await.unwrap();
    assert_eq!(world.table.faults.calls(), ["BatchGetItem", "TransactWriteItems"]);

    assert_eq!((view.kind, view.status, view.version), (RequestKind::New, Status::Pending, 1));
    assert_eq!((&view.requester, view.app.id, view.app.name.as_str()), (&ada(), app_id, "Storm warnings"));
    assert_eq!(view.product_ids, [slug("weather-api"), slug("maps-api")]);
    assert_eq!(view.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["Weather API", "Maps API"]);
    assert_eq!(
        (view.plan_id.as_str(), view.plan_name.as_str(), view.auth_method),
        ("gold", "Gold", AuthMethod::ApiKey)
    );
    assert_eq!(view.justification.as_deref(), Some("storms"));
    assert_eq!(view.created_at, context().now);
    assert_eq!(world.store.request(view.id).await.unwrap().unwrap().view(), view);
    assert_eq!(story(&world, view.id).await, ["AccessRequestSubmitted"]);
}

// Covers R7.
#[tokio::test]
async fn the_policy_is_decided_at_submit_and_frozen_with_its_inputs() {
    let world = World::new().await;
    for (plan, review, rule) in
        [("free", Review::Automatic, Rule::AutoApproveAlways), ("gold", Review::Manual, Rule::AutoApproveOff)]
    {
        let view = submit(&world.store, &ada(), &weather(plan, plan)).await.unwrap();
        assert_eq!((view.policy.review, view.policy.rule, view.policy.plan_version), (review, rule, 1));
        assert_eq!(view.policy.inputs.requester.groups, ada().groups);
        assert_eq!(view.policy.inputs.product_ids, view.product_ids);
        assert!(!view.policy.reasons.is_empty());
    }
}

/// R8, R15, R17, and their order: of two rules broken at once, the one that comes first is named.
#[tokio::test]
async fn the_first_rule_broken_is_named() {
    let world = World::new().await;
    world.offer(Product { published: false, ..demo::product("hidden-api", "Hidden", AuthMethod::ApiKey) }).await;
    world.offer(demo::plan("silver", "Silver")).await;
    let mut public = demo::catalogues().remove(0);
    public.product_ids.extend([slug("hidden-api"), slug("gone-api")]);
    public.plan_ids.push(slug("gone"));
    world.offer::<Catalogue>(public).await;
    let own = create_app(&world.store, &ada(), "Storm warnings").await;
    let graces = create_app(&world.store, &grace(), "Storm warnings").await;
    let existing = Target::Existing;
    let no_credential = |asked| SubmitRequest { extends_credential_id: Some(context().id()), ..asked };
    let elsewhere = |catalogue: &str, product: &str| SubmitRequest {
        wanted: vec![(slug(catalogue), slug(product))],
        ..asking_for(existing(own), &[], "gold")
    };
    for (asked, expected) in [
        (asking_for(existing(own), &["fleet-api"], "gold"), "product-not-offered"),
        (asking_for(existing(own), &["hidden-api"], "gold"), "product-not-offered"),
        (asking_for(existing(own), &["gone-api"], "gold"), "product-not-offered"),
        (elsewhere("partner-apis", "fleet-api"), "product-not-offered"),
        (elsewhere("nowhere", "weather-api"), "product-not-offered"),
        (asking_for(existing(own), &["weather-api"], "silver"), "plan-not-offered"),
        (asking_for(existing(own), &["weather-api"], "gone"), "plan-not-offered"),
        (asking_for(existing(own), &["weather-api", "fleet-api"], "silver"), "product-not-offered"),
        (asking_for(existing(own), &["weather-api", "payments-api"], "gold"), "mixed-authentication-methods"),
        (asking_for(existing(own), &["weather-api", "payments-api"], "silver"), "plan-not-offered"),
        (asking_for(existing(graces), &["weather-api", "payments-api"], "gold"), "mixed-authentication-methods"),
        (
            no_credential(asking_for(existing(own), &["weather-api", "payments-api"], "gold")),
            "mixed-authentication-methods",
        ),
        (no_credential(asking_for(existing(own), &["weather-api"], "gold")), "credential-not-compatible"),
        (no_credential(asking_for(existing(graces), &["weather-api"], "gold")), "credential-not-compatible"),
        (asking_for(existing(graces), &["weather-api"], "gold"), "app-not-usable"),
        (asking_for(existing(context().id()), &["weather-api"], "gold"), "app-not-usable"),
    ] {
        assert_eq!(said(&submit(&world.store, &ada(), &asked).await), expected, "{asked:?}");
    }
    assert!(world.store.requests_in(&Stage::OPEN).await.unwrap().is_empty(), "nothing is left of what was refused");
    let fleet = elsewhere("partner-apis", "fleet-api");
    let in_graces = SubmitRequest { target: existing(graces), ..fleet };
    assert_eq!(said(&submit(&world.store, &grace(), &in_graces).await), "ok", "grace is a partner");
}

/// A team mate sees an app, and may not ask on its behalf.
// Covers R17.
#[tokio::test]
async fn only_its_owner_asks_for_an_app() {
    use gatepass_domain::app::{Profile, Visibility};
    let world = World::new().await;
    let shared = Profile { visibility: Visibility::Team, team: Some("builders".into()), ..profile("Shared") };
    let app =
        apps::create(&world.store, &mut context(), &ada(), shared, &gatepass_app::Idempotent::Unkeyed).await.unwrap();
    let mate = gatepass_testkit::person("bob", &["builders"]);
    assert!(apps::get(&world.store, &mate, app.id).await.is_ok());
    let asked = asking_for(Target::Existing(app.id), &["weather-api"], "gold");
    assert_eq!(said(&submit(&world.store, &mate, &asked).await), "app-not-usable");
}

#[tokio::test]
async fn what_is_ill_formed_is_pointed_at() {
    let world = World::new().await;
    let asked = SubmitRequest {
        extends_credential_id: Some(context().id()),
        justification: Some("x".repeat(2001)),
        ..asking_for(Target::New(profile("")), &["weather-api", "maps-api", "weather-api"], "gold")
    };
    let Err(Refused::Invalid(faults)) = submit(&world.store, &ada(), &asked).await else { panic!("it is ill-formed") };
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/product_ids/2", "/justification", "/new_app/name", "/extends_credential_id"]);
    assert!(world.table.faults.calls().is_empty(), "nothing had to be read for it");
}

#[tokio::test]
async fn a_product_is_asked_for_once_per_app_and_the_other_request_is_named() {
    let world = World::new().await;
    let app_id = create_app(&world.store, &ada(), "Storm warnings").await;
    let ask = async |products: &[&str]| {
        submit(&world.store, &ada(), &asking_for(Target::Existing(app_id), products, "gold")).await
    };
    let first = ask(&["weather-api"]).await.unwrap();
    match ask(&["maps-api", "weather-api"]).await {
        Err(Refused::DuplicateAccess { conflicting }) => assert_eq!(conflicting, first.id),
        other => panic!("{other:?}"),
    }
    ask(&["maps-api"]).await.unwrap();
    // Another app may; and so may this one once the request is rejected.
    submit(&world.store, &ada(), &weather("gold", "Another")).await.unwrap();
    reject(&world.store, &gatepass_testkit::owen(), first.id).await.unwrap();
    ask(&["weather-api"]).await.unwrap();
}

// Covers R19.
#[tokio::test]
async fn a_new_app_comes_with_its_request_or_not_at_all() {
    let world = World::new().await;
    let view = submit(&world.store, &ada(), &weather("gold", "Storm warnings")).await.unwrap();
    let app = apps::get(&world.store, &ada(), view.app.id).await.unwrap();
    assert_eq!((app.profile.name.as_str(), &app.owner), ("Storm warnings", &ada().id));
    assert_eq!(world.store.events_of(&Aggregate::App(app.id)).await.unwrap().len(), 1);
    let again = submit(&world.store, &ada(), &asking_for(Target::Existing(app.id), &["weather-api"], "gold")).await;
    assert_eq!(said(&again), "duplicate-access", "the new app awaits what it was made for");

    for (asked, expected) in [
        (weather("gold", "STORM warnings"), "name-taken"),
        (asking_for(Target::New(profile("Other")), &["fleet-api"], "gold"), "product-not-offered"),
    ] {
        assert_eq!(said(&submit(&world.store, &ada(), &asked).await), expected);
    }
    assert_eq!(apps::list(&world.store, &ada(), 25, None).await.unwrap().items.len(), 1);
    assert_eq!(world.store.requests_in(&Stage::OPEN).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_allowance_is_counted_over_all_apps_and_says_when_there_is_one_again() {
    let world = World::new().await;
    let limit = Some(Limit { requests: 2, per_seconds: 60 });
    world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
    let first = submit(&world.store, &ada(), &weather("gold", "one")).await.unwrap();
    submit(&world.store, &ada(), &weather("gold", "two")).await.unwrap();
    match submit(&world.store, &ada(), &weather("gold", "three")).await {
        Err(Refused::QuotaExceeded { again, retry_after_seconds }) => {
            assert_eq!(again, context().now.checked_add(SignedDuration::from_secs(60)).unwrap());
            assert_eq!(retry_after_seconds, 60);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(apps::list(&world.store, &ada(), 25, None).await.unwrap().items.len(), 2, "no app is left behind");
    // Neither another person nor another plan is concerned; a rejection gives nothing back.
    submit(&world.store, &grace(), &weather("gold", "one")).await.unwrap();
    submit(&world.store, &ada(), &weather("free", "free")).await.unwrap();
    reject(&world.store, &gatepass_testkit::owen(), first.id).await.unwrap();
    assert_eq!(said(&submit(&world.store, &ada(), &weather("gold", "three")).await), "quota-exceeded");
}

#[tokio::test]
async fn a_refused_request_uses_no_allowance() {
    let world = World::new().await;
    let limit = Some(Limit { requests: 2, per_seconds: 60 });
    world.offer::<Plan>(Plan { request_allowance: limit, ..demo::plan("gold", "Gold") }).await;
    let view = submit(&world.store, &ada(), &weather("gold", "one")).await.unwrap();
    for _ in 0..3 {
        let again = asking_for(Target::Existing(view.app.id), &["weather-api"], "gold");
        assert_eq!(said(&submit(&world.store, &ada(), &again).await), "duplicate-access");
    }
    submit(&world.store, &ada(), &weather("gold", "two")).await.unwrap();
}
