//! R3, R8, R10: what is on offer to whom.

use gatepass_app::approve::{self, ApproveRequest};
use gatepass_app::submit::Target;
use gatepass_app::{Idempotent, browse};
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::{Catalogue, Person, Plan, Product};
use gatepass_testkit::{World, ada, context, demo, grace, owen};
use jiff::SignedDuration;

use crate::asking::{asking_for, auto_approve, profile, said, slug, submit, weather};

fn public() -> Catalogue {
    Catalogue {
        audience: Audience { kind: AudienceKind::Public, groups: Vec::new() },
        id: slug("open-apis"),
        product_ids: vec![slug("weather-api")],
        plan_ids: vec![slug("free")],
        recommended_plan_id: None,
        ..demo::catalogues().remove(0)
    }
}

async fn catalogues(world: &World, viewer: Option<&Person>) -> Vec<String> {
    let seen = browse::catalogues(&world.store, viewer, 100, None).await.unwrap().items;
    seen.into_iter().map(|catalogue| catalogue.id.to_string()).collect()
}

// Covers R3.
#[tokio::test]
async fn everyone_sees_the_catalogues_presented_to_them() {
    let world = World::new().await;
    world.offer(public()).await;
    assert_eq!(catalogues(&world, None).await, ["open-apis"]);
    assert_eq!(catalogues(&world, Some(&ada())).await, ["open-apis", "public-apis"]);
    assert_eq!(catalogues(&world, Some(&grace())).await, ["open-apis", "partner-apis", "public-apis"]);
    for (viewer, id, seen) in [
        (None, "open-apis", "ok"),
        (None, "public-apis", "not-found"),
        (Some(&ada()), "public-apis", "ok"),
        (Some(&ada()), "partner-apis", "not-found"),
        (Some(&grace()), "partner-apis", "ok"),
        (Some(&ada()), "nowhere", "not-found"),
    ] {
        assert_eq!(said(&browse::catalogue(&world.store, viewer, &slug(id)).await), seen, "{id}");
    }
}

// Covers R10.
#[tokio::test]
async fn a_product_shows_exactly_the_plans_open_to_the_caller() {
    let world = World::new().await;
    world.offer(demo::plan("silver", "Silver")).await;
    let mut partners = demo::catalogues().remove(1);
    partners.product_ids.push(slug("weather-api"));
    partners.plan_ids = vec![slug("gold"), slug("silver")];
    world.offer(partners).await;
    for (who, plans, catalogues) in [
        (ada(), vec!["free", "gold"], vec!["public-apis"]),
        (grace(), vec!["free", "gold", "silver"], vec!["partner-apis", "public-apis"]),
    ] {
        let offer = browse::product(&world.store, &who, &slug("weather-api")).await.unwrap();
        assert_eq!(offer.plans.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), plans);
        assert_eq!(offer.catalogues.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), catalogues);
    }
    assert_eq!(said(&browse::product(&world.store, &ada(), &slug("fleet-api")).await), "not-found");
    assert_eq!(said(&browse::product(&world.store, &ada(), &slug("nothing")).await), "not-found");
}

// Covers R8.
#[tokio::test]
async fn what_is_not_published_is_invisible_everywhere() {
    let world = World::new().await;
    world.offer(Product { published: false, ..demo::products().remove(0) }).await;
    let shelf = browse::catalogue(&world.store, Some(&ada()), &slug("public-apis")).await.unwrap();
    assert_eq!(
        shelf.products.iter().map(|product| product.id.as_str()).collect::<Vec<_>>(),
        ["maps-api", "payments-api"]
    );
    assert_eq!(said(&browse::product(&world.store, &ada(), &slug("weather-api")).await), "not-found");
    let asked = asking_for(Target::New(profile("Storm warnings")), &["weather-api"], "gold");
    assert_eq!(said(&submit(&world.store, &ada(), &asked).await), "product-not-offered");
}

#[tokio::test]
async fn a_catalogue_may_name_what_is_gone_and_name_it_twice() {
    let world = World::new().await;
    let mut public = demo::catalogues().remove(0);
    public.product_ids = ["maps-api", "gone", "weather-api", "maps-api"].map(slug).to_vec();
    public.plan_ids = ["gone", "gold"].map(slug).to_vec();
    world.offer(public).await;
    let shelf = browse::catalogue(&world.store, Some(&ada()), &slug("public-apis")).await.unwrap();
    assert_eq!(
        shelf.products.iter().map(|product| product.id.as_str()).collect::<Vec<_>>(),
        ["maps-api", "weather-api"]
    );
    assert_eq!(shelf.catalogue.plan_ids, [slug("gold")]);
    let offer = browse::product(&world.store, &ada(), &slug("maps-api")).await.unwrap();
    assert_eq!(offer.catalogues, [(slug("public-apis"), vec![slug("gold")])]);
}

#[tokio::test]
async fn the_usual_wait_is_the_median_of_what_people_decided_lately() {
    let world = World::new().await;
    let usual = async || browse::usual_wait(&world.store, &slug("weather-api")).await.unwrap();
    // Decided by the policy: nobody waited.
    for app in ["Pier", "Quay", "Mole"] {
        let automatic = submit(&world.store, &ada(), &weather("free", app)).await.unwrap();
        auto_approve(&world.store, automatic.id).await;
    }
    let decided = async |hours: i64| {
        let app = format!("App of {hours}");
        let request = submit(&world.store, &ada(), &weather("gold", &app)).await.unwrap();
        let mut later = context();
        later.now = request.created_at.checked_add(SignedDuration::from_hours(hours)).unwrap();
        let (reviewer, all) = (owen().into(), ApproveRequest::default());
        approve::approve(&world.store, &mut later, &reviewer, request.id, &all, &Idempotent::Unkeyed).await.unwrap();
    };
    for hours in [1, 90, 2, 4] {
        decided(hours).await;
    }
    assert_eq!(usual().await, None, "four decisions are too few");
    decided(3).await;
    assert_eq!(usual().await, Some(SignedDuration::from_hours(3)));
}

#[tokio::test]
async fn a_plan_that_is_gone_is_not_recommended() {
    let world = World::new().await;
    let recommended = async || {
        let shelf = browse::catalogue(&world.store, None, &slug("open-apis")).await.unwrap();
        shelf.catalogue.content.recommended_plan_id
    };
    world.offer(Catalogue { recommended_plan_id: Some(slug("free")), ..public() }).await;
    assert_eq!(recommended().await, Some(slug("free")));
    world.withdraw_offer::<Plan>(&slug("free")).await;
    assert_eq!(recommended().await, None);
}
