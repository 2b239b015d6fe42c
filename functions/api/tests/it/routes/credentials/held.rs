//! A credential to try things on.

use gatepass_domain::Event;
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::ProductId;
use gatepass_domain::key::PlainKey;
use gatepass_provisioning::Outcome;
use gatepass_testkit::ada;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, id_of};

/// An app of Ada's with one credential.
pub(crate) struct Held<'a> {
    api: &'a Api,
    /// The request that brought the credential about.
    pub(crate) request: Value,
    /// The path of the credential.
    pub(crate) path: String,
}

impl<'a> Held<'a> {
    pub(crate) async fn under(api: &'a Api, plan: &str) -> Self {
        Self::of(api, &["weather-api"], plan).await
    }

    pub(crate) async fn of(api: &'a Api, products: &[&str], plan: &str) -> Self {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": products, "plan_id": plan,
            "new_app": { "name": "Storm warnings" },
        });
        let id = id_of(&api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).body);
        api.approve(&id).await;
        assert_eq!(api.provision(&id).await, Outcome::Provisioned);
        let request = api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200).body;
        let credential = request["credential_id"].as_str().unwrap();
        let path = format!("/v1/apps/{}/credentials/{credential}", id_of(&request["app"]));
        Self { api, request, path }
    }

    pub(crate) async fn rotate(&self, body: Value) -> Answer {
        self.api.post(&format!("{}/rotate", self.path)).by(&ada()).json(body).send().await
    }

    pub(crate) async fn reveal(&self) -> String {
        self.api.post(&format!("{}/reveal", self.path)).by(&ada()).send().await.expect(200).text("/key")
    }

    pub(crate) async fn listed(&self) -> Value {
        let (list, _) = self.path.rsplit_once('/').unwrap();
        self.api.get(list).by(&ada()).send().await.expect(200).items()[0].clone()
    }

    /// True when the authorizer lets the key through to the weather API now.
    pub(crate) async fn opens(&self, key: &str) -> bool {
        self.opens_product(key, "weather-api").await
    }

    /// Removes a product, as Ada.
    pub(crate) async fn remove(&self, product: &str) -> Answer {
        self.api.delete(&format!("{}/products/{product}", self.path)).by(&ada()).send().await
    }

    pub(crate) async fn opens_product(&self, key: &str, product: &str) -> bool {
        let digest = PlainKey::parse(key).unwrap().digest();
        let product: ProductId = product.parse().unwrap();
        let record = self.api.world.store.api_key(&digest).await.unwrap();
        record.is_some_and(|record| record.opens(&product, self.api.now()).is_ok())
    }

    /// Asks for more products under `plan` for the credential; gives the request.
    pub(crate) async fn extend(&self, products: &[&str], plan: &str) -> String {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": products, "plan_id": plan,
            "app_id": id_of(&self.request["app"]), "extends_credential_id": self.request["credential_id"],
        });
        self.api.post("/v1/access-requests").by(&ada()).json(body).send().await.expect(201).text("/id")
    }

    /// Asks for a product with a credential of its own.
    pub(crate) async fn ask_again(&self, product: &str) -> Answer {
        let body = json!({
            "catalogue_id": "public-apis", "product_ids": [product], "plan_id": "gold",
            "app_id": id_of(&self.request["app"]),
        });
        self.api.post("/v1/access-requests").by(&ada()).json(body).send().await
    }

    /// Asks for a change, `renew` or `change-plan`.
    pub(crate) async fn ask(&self, change: &str, body: Value) -> Answer {
        self.api.post(&format!("{}/{change}", self.path)).by(&ada()).json(body).send().await
    }

    /// Asks for a change, which Owen approves and `provision` carries out; gives its request.
    pub(crate) async fn change(&self, change: &str, body: Value) -> String {
        let id = id_of(&self.ask(change, body).await.expect(201).body);
        self.api.approve(&id).await;
        assert_eq!(self.api.provision(&id).await, Outcome::Provisioned);
        id
    }

    /// The end of the credential.
    pub(crate) async fn end(&self) -> Timestamp {
        self.listed().await["expires_at"].as_str().unwrap().parse().unwrap()
    }

    /// When a request for a change was approved.
    pub(crate) async fn approved_at(&self, id: &str) -> Timestamp {
        let request = self.api.get(&format!("/v1/access-requests/{id}")).by(&ada()).send().await.expect(200);
        request.text("/decided_at").parse().unwrap()
    }

    /// The events of the credential.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let id = self.request["credential_id"].as_str().unwrap().parse().unwrap();
        self.api.world.store.events_of(&Aggregate::Credential(id)).await.unwrap()
    }
}
