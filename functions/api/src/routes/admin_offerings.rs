//! Catalogues, products and plans, for API Owners (R29–R32).
//!
//! The three are managed in the same way, by the same verbs: one macro writes them out.

/// The endpoints of one kind of offering, as the module `$module`.
macro_rules! endpoints {
    (
        $(#[$doc:meta])*
        mod $module:ident, $entity:ident, $id:ident, $name:literal, $list:literal, $one:literal,
        $create_id:literal, $list_id:literal, $get_id:literal, $put_id:literal
    ) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use axum::Json;
            use axum::extract::{Extension, State};
            use gatepass_app::{Refused, offerings};
            use gatepass_domain::id::$id;
            use gatepass_domain::text::Invalid;
            use gatepass_domain::{Actor, $entity, Versioned};
            use gatepass_http::{ExchangeId, Id, IfMatch, JsonBody, Keyed, Listed, Owner, Problem, Reply, Tagged, created};
            use gatepass_store::Answer;

            use crate::routes::problems::{Changing, Reading, Writing};
            use crate::state::Api;

            /// Creates one, under a slug of the owner's choice.
            #[utoipa::path(post, path = $list, tag = "admin: offerings", operation_id = $create_id, security(("bearer" = [])),
                params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$")), request_body = $entity,
                responses((status = 201, body = Versioned<$entity>, headers(("Location" = String))), Writing))]
            pub(crate) async fn create(
                State(api): State<Api>,
                Owner(owner): Owner,
                Extension(exchange): Extension<ExchangeId>,
                keyed: Keyed,
                JsonBody { value, bytes }: JsonBody<$entity>,
            ) -> Result<Reply, Problem> {
                let idempotent = keyed.idempotent(&owner.person().id, &bytes, answer);
                let mut context = api.context(&exchange)?;
                let by = Actor::from(owner.person());
                Reply::to(offerings::create(&api.store, &mut context, &by, value, &idempotent).await, answer)
            }

            fn answer(entity: &Versioned<$entity>) -> Answer {
                created(entity, format!("{}/{}", $list, entity.id))
            }

            /// All of them, by slug.
            #[utoipa::path(get, path = $list, tag = "admin: offerings", operation_id = $list_id, security(("bearer" = [])),
                responses((status = 200, body = Listed<Versioned<$entity>>), Reading))]
            pub(crate) async fn list(
                State(api): State<Api>,
                Owner(owner): Owner,
            ) -> Result<Json<Listed<Versioned<$entity>>>, Problem> {
                Ok(Json(Listed { items: offerings::list(&api.store, &owner).await?, next_cursor: None }))
            }

            /// One of them.
            #[utoipa::path(get, path = $one, tag = "admin: offerings", operation_id = $get_id, security(("bearer" = [])),
                params(("id" = $id, Path)),
                responses((status = 200, body = Versioned<$entity>, headers(("ETag" = String))), Reading))]
            pub(crate) async fn get(
                State(api): State<Api>,
                Owner(owner): Owner,
                id: Id,
            ) -> Result<Tagged<Versioned<$entity>>, Problem> {
                let entity = offerings::get::<$entity>(&api.store, &owner, &id.slug($name)?).await?;
                Ok(Tagged { version: entity.version, entity })
            }

            /// Changes one: takes what GET gave, less `version`, `created_at` and `updated_at`.
            #[utoipa::path(put, path = $one, tag = "admin: offerings", operation_id = $put_id, security(("bearer" = [])),
                params(("id" = $id, Path), ("If-Match" = String, Header, pattern = "^([*]|\"[0-9]+\")$")), request_body = $entity,
                responses((status = 200, body = Versioned<$entity>, headers(("ETag" = String))), Changing))]
            pub(crate) async fn put(
                State(api): State<Api>,
                Owner(owner): Owner,
                Extension(exchange): Extension<ExchangeId>,
                id: Id,
                IfMatch(precondition): IfMatch,
                JsonBody { value, .. }: JsonBody<$entity>,
            ) -> Result<Tagged<Versioned<$entity>>, Problem> {
                if id.slug::<$id>($name)? != value.id {
                    let fault = Invalid::new("/id", "must be the id in the path: an id is for ever");
                    return Err(Refused::Invalid(vec![fault]).into());
                }
                let mut context = api.context(&exchange)?;
                let entity = offerings::replace(&api.store, &mut context, &owner, precondition, value).await?;
                Ok(Tagged { version: entity.version, entity })
            }
        }
    };
}

endpoints! {
    /// Catalogues.
    mod catalogues, Catalogue, CatalogueId, "catalogue", "/v1/admin/catalogues", "/v1/admin/catalogues/{id}",
    "admin_create_catalogue", "admin_list_catalogues", "admin_get_catalogue", "admin_put_catalogue"
}
endpoints! {
    /// Products.
    mod products, Product, ProductId, "product", "/v1/admin/products", "/v1/admin/products/{id}",
    "admin_create_product", "admin_list_products", "admin_get_product", "admin_put_product"
}
endpoints! {
    /// Plans: "Auto approve access request" is `auto_approve` (R31).
    mod plans, Plan, PlanId, "plan", "/v1/admin/plans", "/v1/admin/plans/{id}",
    "admin_create_plan", "admin_list_plans", "admin_get_plan", "admin_put_plan"
}
