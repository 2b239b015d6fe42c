use gatepass_domain::Catalogue;
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_testkit::demo;
use serde_json::json;

use crate::harness::Api;

/// The catalogue `public-apis` for anyone, signed in or not.
pub(super) async fn open_to_anyone(api: &Api) {
    let audience = Audience { kind: AudienceKind::Public, groups: Vec::new() };
    api.world.offer(Catalogue { audience, ..demo::catalogues().swap_remove(0) }).await;
}

#[tokio::test]
async fn only_what_is_for_anyone_is_shown_without_a_token() {
    let api = Api::new().await;
    let answer = api.get("/v1/public/catalogues").send().await.expect(200);
    assert_eq!(answer.body, json!({ "items": [], "next_cursor": null }));
    open_to_anyone(&api).await;
    api.get("/v1/public/catalogues").send().await.expect(200).is("public_catalogues_list");
}
