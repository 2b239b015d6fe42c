//! The rules that a request must keep, and the order in which they are checked.

use gatepass_domain::catalogue::AudienceKind;
use gatepass_domain::credential::{
    Closed, Credential, CredentialStatus, ExpiryReason, Grant, GrantStatus, KeyRecord, Notices,
};
use gatepass_domain::product::AuthMethod;
use gatepass_domain::rule::{check_extension, check_offer, offers_product, one_auth_method, one_plan};
use gatepass_domain::{Catalogue, Plan, Product, Versioned, Violation};
use jiff::{SignedDuration, Timestamp};

use crate::samples::{catalogue, context, noon, person, plan, product, slug, slugs, versioned};

fn everyone() -> Catalogue {
    catalogue(AudienceKind::Everyone, &[], &["weather-api", "maps-api"], &["free", "gold"])
}

/// The result of the rules for ada, a product and a plan.
fn asked(
    catalogue: Option<&Catalogue>,
    product: (&str, Option<&Product>),
    plan: (&str, bool),
) -> Result<(), &'static str> {
    let catalogue_id = slug("public-apis");
    let ada = person("ada", &["builders"]);
    match check_offer(&ada, (&catalogue_id, catalogue), (&slug(product.0), product.1), (&slug(plan.0), plan.1)) {
        Ok(offered) => {
            assert_eq!(Some(offered), product.1);
            Ok(())
        }
        Err(violation) => Err(violation.slug()),
    }
}

// Covers R8.
#[test]
fn products_and_plans_come_only_from_a_catalogue_presented_to_the_caller() {
    let weather = product("weather-api", AuthMethod::ApiKey);
    let hidden = Product { published: false, ..weather.clone() };
    let fleet = product("fleet-api", AuthMethod::ApiKey);
    let partners = catalogue(AudienceKind::Groups, &["partners"], &["weather-api"], &["free"]);
    let builders = catalogue(AudienceKind::Groups, &["partners", "builders"], &["weather-api"], &["free"]);
    let free = ("free", true);
    for (catalogue, asked_for, plan, said) in [
        (Some(&everyone()), ("weather-api", Some(&weather)), free, Ok(())),
        (Some(&builders), ("weather-api", Some(&weather)), free, Ok(())),
        (Some(&partners), ("weather-api", Some(&weather)), free, Err("product-not-offered")),
        (Some(&everyone()), ("fleet-api", Some(&fleet)), free, Err("product-not-offered")),
        (Some(&everyone()), ("weather-api", Some(&hidden)), free, Err("product-not-offered")),
        (Some(&everyone()), ("weather-api", None), free, Err("product-not-offered")),
        (None, ("weather-api", Some(&weather)), free, Err("product-not-offered")),
        (Some(&everyone()), ("weather-api", Some(&weather)), ("silver", true), Err("plan-not-offered")),
        (Some(&everyone()), ("weather-api", Some(&weather)), ("free", false), Err("plan-not-offered")),
        // The product comes first.
        (Some(&everyone()), ("fleet-api", Some(&fleet)), ("silver", true), Err("product-not-offered")),
    ] {
        assert_eq!(asked(catalogue, asked_for, plan), said, "{asked_for:?} {plan:?}");
    }
}

// Covers R3.
#[test]
fn a_catalogue_is_presented_to_its_audience_alone() {
    let weather = product("weather-api", AuthMethod::ApiKey);
    let of = |kind, groups: &[&str]| catalogue(kind, groups, &["weather-api"], &[]);
    let ada = person("ada", &["builders"]);
    for (catalogue, to_ada, to_anyone) in [
        (of(AudienceKind::Public, &[]), true, true),
        (of(AudienceKind::Everyone, &[]), true, false),
        (of(AudienceKind::Groups, &["builders"]), true, false),
        (of(AudienceKind::Groups, &["build"]), false, false),
        (of(AudienceKind::Groups, &[]), false, false),
    ] {
        assert_eq!(offers_product(&catalogue, &weather, Some(&ada)), to_ada, "{:?}", catalogue.audience);
        assert_eq!(offers_product(&catalogue, &weather, None), to_anyone, "{:?}", catalogue.audience);
    }
}

// Covers R15.
#[test]
fn all_products_must_use_the_same_authentication_method() {
    let (weather, maps) = (product("weather-api", AuthMethod::ApiKey), product("maps-api", AuthMethod::ApiKey));
    let payments = product("payments-api", AuthMethod::OAuth2);
    assert_eq!(one_auth_method([&weather, &maps]), Ok(AuthMethod::ApiKey));
    assert_eq!(one_auth_method([&payments]), Ok(AuthMethod::OAuth2));
    assert_eq!(one_auth_method([&weather, &maps, &payments]), Err(Violation::MixedAuthenticationMethods));
    assert_eq!(one_auth_method([]), Err(Violation::EmptyCart));
}

// Covers R16.
#[test]
fn a_single_plan_is_selected() {
    let plans = slugs(&["gold", "gold", "free"]);
    assert_eq!(one_plan(&plans[..2]), Ok(&plans[0]));
    assert_eq!(one_plan(&plans), Err(Violation::MixedPlans { held: slug("gold"), asked: slug("free") }));
    assert_eq!(one_plan([]), Err(Violation::EmptyCart));
}

fn credential(plan: &str, products: &[&str]) -> Versioned<Credential> {
    let mut context = context(3);
    let (id, app_id, request_id) = (context.id(), context.id(), context.id());
    let grant = |id: &&str| Grant {
        product_id: slug(id),
        status: GrantStatus::Active,
        held_by: vec![request_id],
        ends_at: None,
    };
    versioned(Credential {
        id,
        app_id,
        request_id,
        auth_method: AuthMethod::ApiKey,
        prefix: "gp_abcd".into(),
        last_four: "wxyz".into(),
        grants: products.iter().map(grant).collect(),
        plan_id: slug(plan),
        status: CredentialStatus::Active,
        keys: Vec::new(),
        expires_at: None,
        keys_end_at: None,
        suspension: None,
        resumption: None,
        notices: Notices::default(),
        revealed: None,
        expires_because: None,
    })
}

#[test]
fn a_credential_is_extended_by_what_fits_it() {
    let check = |credential: Option<&Versioned<Credential>>, plan: &str, method, products: &[&str]| {
        check_extension(credential, &slug(plan), method, &slugs(products), noon())
            .map_err(|violation| violation.to_string())
    };
    let gold = credential("gold", &["weather-api"]);
    let key = AuthMethod::ApiKey;
    assert_eq!(check(Some(&gold), "gold", key, &["maps-api"]), Ok(()));
    let mut suspended = gold.clone();
    suspended.content.status = CredentialStatus::Suspended;
    let mut expired = gold.clone();
    expired.content.expires_at = Some(noon());
    for (what, refused) in [
        ("no such credential", check(None, "gold", key, &["maps-api"])),
        ("not active", check(Some(&suspended), "gold", key, &["maps-api"])),
        ("has expired", check(Some(&expired), "gold", key, &["maps-api"])),
        ("another plan", check(Some(&gold), "free", key, &["maps-api"])),
        ("another authentication method", check(Some(&gold), "gold", AuthMethod::OAuth2, &["maps-api"])),
        ("already opens", check(Some(&gold), "gold", key, &["maps-api", "weather-api"])),
    ] {
        let said = refused.unwrap_err();
        assert!(said.contains(what), "{said}");
    }
    let mut taken_back = gold.clone();
    taken_back.content.grants[0].status = GrantStatus::Revoked;
    assert_eq!(
        check(Some(&taken_back), "gold", key, &["weather-api"]),
        Ok(()),
        "what was taken back may be asked for again"
    );
}

#[test]
fn an_extended_credential_opens_each_product_once() {
    let mut credential = credential("gold", &["weather-api", "maps-api"]).content;
    credential.grants[1].status = GrantStatus::Revoked;
    credential.grants[1].held_by.clear();
    let extended = credential.extended(&slugs(&["maps-api", "fleet-api"]), context(4).id(), None);
    for id in ["weather-api", "maps-api", "fleet-api"] {
        assert!(extended.opens(&slug(id)), "{id}");
    }
    assert_eq!(extended.grants.len(), 3);
}

#[test]
fn a_credential_that_opens_nothing_any_more_is_revoked() {
    let credential = credential("gold", &["weather-api", "maps-api"]).content;
    let (first, extension) = (credential.request_id, context(4).id());
    let extended = credential.extended(&slugs(&["fleet-api"]), extension, None);
    let less = extended.without(first);
    assert!(!less.opens(&slug("weather-api")) && !less.opens(&slug("maps-api")) && less.opens(&slug("fleet-api")));
    assert_eq!(less.status, CredentialStatus::Active);
    assert_eq!(less.without(extension).status, CredentialStatus::Revoked);
}

/// H1: two extensions may ask for the same product before either is provisioned.
#[test]
fn a_product_stays_open_until_every_request_behind_it_is_revoked() {
    let credential = credential("gold", &["weather-api"]).content;
    let (one, other, never_provisioned) = (context(4).id(), context(5).id(), context(6).id());
    let shared = credential.extended(&slugs(&["maps-api"]), one, None).extended(&slugs(&["maps-api"]), other, None);
    assert_eq!(shared.clone().without(never_provisioned), shared, "a request that holds nothing closes nothing");
    let less = shared.without(one);
    assert!(less.opens(&slug("maps-api")), "the other extension stands");
    assert!(!less.without(other).opens(&slug("maps-api")));
}

#[test]
fn a_key_opens_what_was_granted_while_it_lives() {
    let credential = credential("gold", &["weather-api"]).content;
    let end = noon().checked_add(SignedDuration::from_secs(10)).unwrap();
    let record = KeyRecord {
        digest: gatepass_domain::key::KeyDigest("digest".into()),
        credential_id: credential.id,
        app_id: credential.app_id,
        plan_id: credential.plan_id,
        status: CredentialStatus::Active,
        not_after: Some(end),
        grants: credential.grants,
        sealed: Some("sealed".into()),
    };
    let weather = slug("weather-api");
    let before_end = end.checked_sub(SignedDuration::from_millis(1)).unwrap();
    assert_eq!(record.opens(&weather, noon()), Ok(()));
    assert_eq!(record.opens(&weather, before_end), Ok(()));
    assert_eq!(record.opens(&weather, end), Err(Closed::Expired));
    assert_eq!(record.opens(&slug("maps-api"), noon()), Err(Closed::OtherProduct));
    let mut for_a_time = record.clone();
    for_a_time.grants[0].ends_at = Some(before_end);
    assert_eq!(for_a_time.opens(&weather, noon()), Ok(()));
    assert_eq!(for_a_time.opens(&weather, before_end), Err(Closed::AccessEnded));
    for status in [CredentialStatus::Suspended, CredentialStatus::Expired, CredentialStatus::Revoked] {
        assert_eq!(KeyRecord { status, ..record.clone() }.opens(&weather, noon()), Err(Closed::NotActive));
    }
    let mut revoked = record;
    revoked.grants[0].status = GrantStatus::Revoked;
    assert_eq!(revoked.opens(&weather, noon()), Err(Closed::OtherProduct));
}

/// In seconds from noon.
fn end_in(seconds: i64) -> Timestamp {
    noon().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

#[test]
fn a_credential_ends_with_its_keys_or_with_the_last_access_and_says_which() {
    let ends = |key: Option<u64>, access: Option<u64>| {
        let plan = Plan { key_expires_in_seconds: key, access_expires_in_seconds: access, ..plan("gold") };
        let credential = credential("silver", &["weather-api"]).content.under_plan(&versioned(plan), noon());
        (credential.expires_at, credential.expires_because)
    };
    assert_eq!(ends(None, None), (None, None));
    assert_eq!(ends(Some(60), None), (Some(end_in(60)), Some(ExpiryReason::Key)));
    assert_eq!(ends(None, Some(90)), (Some(end_in(90)), Some(ExpiryReason::Access)));
    assert_eq!(ends(Some(60), Some(90)), (Some(end_in(60)), Some(ExpiryReason::Key)));
    assert_eq!(ends(Some(60), Some(60)), (Some(end_in(60)), Some(ExpiryReason::Key)));
}

// Covers P10.
#[test]
fn access_to_each_product_ends_by_itself() {
    let access = |seconds| Plan { access_expires_in_seconds: Some(seconds), ..plan("gold") };
    let first = credential("gold", &["weather-api"]).content.under_plan(&versioned(access(100)), noon());
    let extended = first.clone().extended(&slugs(&["maps-api"]), context(4).id(), Some(end_in(150)));
    assert_eq!((first.expires_at, extended.expires_at), (Some(end_in(100)), Some(end_in(150))), "with the last");
    assert_eq!(extended.next_end(), Some(end_in(100)));
    assert_eq!(extended.status_at(end_in(100)), CredentialStatus::Active);
    assert_eq!(extended.ended_products(end_in(99)), []);
    assert_eq!(extended.ended_products(end_in(100)), slugs(&["weather-api"]));
    assert_eq!(extended.ended_products(end_in(150)), [], "all of it has ended");
    assert_eq!(extended.clone().as_of(end_in(100)).open_products(), slugs(&["maps-api"]));
    let less = extended.clone().without_product(&slug("maps-api"));
    assert_eq!((less.expires_at, less.status), (Some(end_in(100)), CredentialStatus::Active));
    let unlimited = extended.clone().extended(&slugs(&["fleet-api"]), context(5).id(), None);
    assert_eq!((unlimited.expires_at, unlimited.next_end()), (None, Some(end_in(100))));
    let longer = extended.clone().extended(&slugs(&["weather-api"]), context(6).id(), Some(end_in(120)));
    assert_eq!(longer.next_end(), Some(end_in(120)), "the later of both ends");
    let renewed = extended.renewed(&access(100), end_in(50));
    assert_eq!(
        (renewed.next_end(), renewed.expires_at),
        (Some(end_in(200)), Some(end_in(250))),
        "each from its own end"
    );
}
