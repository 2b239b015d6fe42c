use gatepass_provisioning::Outcome;
use gatepass_testkit::{ada, owen};
use serde_json::json;

use super::{owen_does, reveal};
use crate::harness::{Api, id_of};

/// Every request behind it is revoked, so that what it opened can be asked for again.
#[tokio::test]
async fn a_revoked_credential_takes_every_request_behind_it_with_it() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let app = id_of(&access["app"]);
    let extension = json!({
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": app,
        "extends_credential_id": access["credential_id"],
    });
    let more = api.post("/v1/access-requests").by(&ada()).json(&extension).send().await.expect(201).body;
    api.approve(&id_of(&more)).await;
    assert_eq!(api.provision(&id_of(&more)).await, Outcome::Provisioned);

    let answer = owen_does(&api, "revoke", &access).await.expect(200);
    answer.is("admin_credentials_revoke");
    reveal(&api, &access).await.problem(409, "credential-not-active");
    for request in [&access, &more] {
        let path = format!("/v1/admin/access-requests/{}", id_of(request));
        let standing = api.get(&path).by_owner(&owen()).send().await.expect(200).body;
        assert_eq!(standing["provisioning"]["status"], "revoked");
        assert_eq!(standing["reason"], "Seen in public");
    }
    owen_does(&api, "revoke", &access).await.problem(409, "already-revoked");
    let again = json!({ "catalogue_id": "public-apis", "product_ids": ["weather-api", "maps-api"], "plan_id": "gold", "app_id": app });
    api.post("/v1/access-requests").by(&ada()).json(again).send().await.expect(201);
}

/// Broken off after the keys were closed, it is finished by doing it again.
#[tokio::test]
async fn a_revocation_that_was_broken_off_is_finished() {
    let api = Api::new().await;
    let access = api.access(&ada(), "weather-api", "gold", "Storm warnings").await;
    let held = api.world.table.faults.hold("TransactWriteItems", 1);
    let broken = {
        let revoking = owen_does(&api, "revoke", &access);
        tokio::pin!(revoking);
        tokio::select! { _ = &mut revoking => true, () = held.arrived() => false }
    };
    assert!(!broken, "it stopped before the request was revoked");
    reveal(&api, &access).await.problem(409, "credential-not-active");
    owen_does(&api, "revoke", &access).await.expect(200);
    let standing = api.world.request(id_of(&access).parse().unwrap()).await;
    assert_eq!(serde_json::to_value(standing.provisioning.status).unwrap(), "revoked");
}
