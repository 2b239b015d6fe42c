//! A table with something on offer.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use gatepass_domain::catalogue::{Audience, AudienceKind};
use gatepass_domain::event::{Chain, EntitySubject};
use gatepass_domain::gateway::{Gateway, GatewayKind, Installation};
use gatepass_domain::outgoing::Outgoing;
use gatepass_domain::product::{AuthMethod, ProductStatus};
use gatepass_domain::{Actor, Catalogue, Context, Plan, Product, Versioned};
use gatepass_store::{Offering, Store, Transaction, keys};
use jiff::Timestamp;

use crate::table::Table;

/// A time in tests: `at("2026-11-23T12:00:00Z")`.
pub fn at(time: &str) -> Timestamp {
    time.parse().expect(time)
}

/// A context at noon, different from every other one.
pub fn context() -> Context {
    static SEED: AtomicU64 = AtomicU64::new(1);
    // Apart also from other processes: DynamoDB remembers the tokens of transactions for all of them.
    let process = u64::from(std::process::id()) << 32;
    Context::seeded(at("2026-11-23T12:00:00Z"), process | SEED.fetch_add(1, Ordering::Relaxed))
}

/// A table with the demo catalogue.
#[derive(Debug, Clone)]
pub struct World {
    /// The table.
    pub table: Table,
    /// The store on it.
    pub store: Store,
}

impl World {
    /// A table with the demo catalogue, as `local/demo.yaml` has it.
    pub async fn new() -> Self {
        Self::on(Table::new().await).await
    }

    /// The same in a table that is there.
    pub async fn on(table: Table) -> Self {
        let store = table.store();
        let world = Self { table, store };
        for product in demo::products() {
            world.offer(product).await;
        }
        for plan in demo::plans() {
            world.offer(plan).await;
        }
        for catalogue in demo::catalogues() {
            world.offer(catalogue).await;
        }
        world.store.put_cursor_key("signs cursors".into()).await.expect("the table can be written");
        world.table.faults.calls();
        world
    }

    /// Takes the key of cursors away: it is as before the first run of the schedule.
    pub async fn without_cursor_key(&self) {
        let key = keys::cursor_key();
        let delete = self.table.client.delete_item().table_name(&self.table.name);
        let delete = delete.key("PK", AttributeValue::S(key.pk)).key("SK", AttributeValue::S(key.sk));
        delete.send().await.expect("the table can be written");
    }

    /// Puts something on offer, or changes what is.
    pub async fn offer<T: Offering>(&self, content: T) -> Versioned<T> {
        let mut context = context();
        let standing = self.store.offering::<T>(content.id()).await.expect("the table can be read");
        let before = standing.as_ref().map(|(before, _)| before.clone());
        let (entity, mut chain, detail) = match standing {
            Some((before, chain)) => {
                let entity = before.revised(content, context.now);
                let subject = EntitySubject::changed(entity.id(), entity.version, &before.content, &entity.content);
                (entity, chain, T::updated(subject))
            }
            None => {
                let entity = Versioned::first(content, context.now);
                let subject = EntitySubject::created(entity.id(), entity.version, &entity.content);
                (entity, Chain::default(), T::created(subject))
            }
        };
        let event = chain.append(&mut context, entity.aggregate(), &Actor::system("test"), detail, None);
        let transaction = Transaction::new(&mut context).offering(&entity, before.as_ref(), &event, chain);
        self.store.commit(transaction).await.expect("the offering can be written");
        entity
    }

    /// Takes something off offer.
    pub async fn withdraw_offer<T: Offering>(&self, id: &T::Id) {
        let mut context = context();
        let standing = self.store.offering::<T>(id).await.expect("the table can be read");
        let (entity, mut chain) = standing.expect("it is on offer");
        let detail = T::deleted(EntitySubject::deleted(id, entity.version, &entity.content));
        let event = chain.append(&mut context, entity.aggregate(), &Actor::system("test"), detail, None);
        let transaction = Transaction::new(&mut context).without_offering(&entity, &event);
        self.store.commit(transaction).await.expect("the offering can be deleted");
    }
}

/// The demo catalogue.
pub mod demo {
    use super::*;

    fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().expect(text)
    }

    /// An installation with the gateways that `products` use.
    pub fn installation() -> Installation {
        Installation { gateways: vec![GatewayKind::Builtin, GatewayKind::OAuth2Dcr], outgoing: Outgoing::Public }
    }

    fn gateway(auth_method: AuthMethod) -> Gateway {
        match auth_method {
            AuthMethod::ApiKey => Gateway::builtin(),
            AuthMethod::OAuth2 => Gateway::OAuth2Dcr {
                issuer: "https://id.example.com".into(),
                initial_access_token_secret: None,
                scopes: vec!["payments:write".into()],
            },
        }
    }

    /// A product with one owner: keys at the built-in gateway, or clients at an identity provider.
    pub fn product(id: &str, name: &str, auth_method: AuthMethod) -> Product {
        Product {
            id: slug(id),
            name: name.into(),
            description: String::new(),
            auth_method,
            gateway: gateway(auth_method),
            owners: vec![format!("{id}-owner@example.com")],
            approver_groups: Vec::new(),
            documentation_url: None,
            published: true,
            status: ProductStatus::Stable,
            sunset_on: None,
            support: None,
        }
    }

    /// `weather-api`, `maps-api`, `payments-api` and `fleet-api`.
    pub fn products() -> Vec<Product> {
        vec![
            product("weather-api", "Weather API", AuthMethod::ApiKey),
            product("maps-api", "Maps API", AuthMethod::ApiKey),
            product("payments-api", "Payments API", AuthMethod::OAuth2),
            product("fleet-api", "Fleet API", AuthMethod::ApiKey),
        ]
    }

    /// A plan without limits that owners review.
    pub fn plan(id: &str, name: &str) -> Plan {
        let plan = serde_json::json!({ "id": id, "name": name });
        serde_json::from_value(plan).expect("id and name are enough")
    }

    /// `free` (automatic, 50 requests for access a day) and `gold` (reviewed).
    pub fn plans() -> Vec<Plan> {
        let limit = |requests, per_seconds| Some(gatepass_domain::plan::Limit { requests, per_seconds });
        vec![
            Plan {
                auto_approve: true,
                rate_limit: limit(25, 1),
                key_expires_in_seconds: Some(30 * 86_400),
                request_allowance: limit(50, 86_400),
                ..plan("free", "Free")
            },
            Plan { rate_limit: limit(100, 1), ..plan("gold", "Gold") },
        ]
    }

    /// `public-apis` for everyone and `partner-apis` for the group `partners`.
    pub fn catalogues() -> Vec<Catalogue> {
        let catalogue = |id: &str, kind, groups: &[&str], products: &[&str]| Catalogue {
            id: slug(id),
            name: id.into(),
            description: String::new(),
            audience: Audience { kind, groups: groups.iter().map(ToString::to_string).collect() },
            product_ids: products.iter().map(|id| slug(id)).collect(),
            plan_ids: vec![slug("free"), slug("gold")],
            recommended_plan_id: None,
        };
        let public = ["weather-api", "maps-api", "payments-api"];
        vec![
            catalogue("public-apis", AudienceKind::Everyone, &[], &public),
            catalogue("partner-apis", AudienceKind::Groups, &["partners"], &["fleet-api"]),
        ]
    }
}
