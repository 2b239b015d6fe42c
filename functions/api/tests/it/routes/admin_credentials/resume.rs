use gatepass_testkit::ada;

use super::{owen_does, reveal};
use crate::harness::Api;

#[tokio::test]
async fn a_resumed_credential_is_as_it_was() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let key = reveal(&api, &access).await.expect(200).text("/key");
    owen_does(&api, "suspend", &access).await.expect(200);
    owen_does(&api, "resume", &access).await.expect(200).is("admin_credentials_resume");
    assert_eq!(reveal(&api, &access).await.expect(200).text("/key"), key);
    owen_does(&api, "resume", &access).await.problem(409, "credential-not-suspended");
}

#[tokio::test]
async fn what_was_revoked_is_not_resumed() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    owen_does(&api, "suspend", &access).await.expect(200);
    owen_does(&api, "revoke", &access).await.expect(200);
    let answer = owen_does(&api, "resume", &access).await.problem(409, "credential-not-suspended");
    assert!(answer.text("/detail").contains("revoked"));
}
