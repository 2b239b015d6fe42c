//! `/v1/admin/credentials/{id}`

mod resume;
mod revoke;
mod suspend;

use gatepass_testkit::{ada, owen};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

/// Owen does something to the credential of the access.
async fn owen_does(api: &Api, what: &str, access: &Value) -> Answer {
    let path = format!("/v1/admin/credentials/{}/{what}", access["credential_id"].as_str().unwrap());
    api.post(&path).by_owner(&owen()).json(json!({ "reason": "Seen in public" })).send().await
}

/// The answer to Ada when she asks for the key.
async fn reveal(api: &Api, access: &Value) -> Answer {
    let (app, credential) = (id_of(&access["app"]), access["credential_id"].as_str().unwrap());
    api.post(&format!("/v1/apps/{app}/credentials/{credential}/reveal")).by(&ada()).send().await
}
