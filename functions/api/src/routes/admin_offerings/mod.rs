//! Catalogues, products and plans, for API Owners.
//!
//! The three are managed in the same way, by the same verbs: one macro writes them out.

mod response;

use gatepass_http::UsedBy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The requests that need an offering, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// At most 100 requests.
    items: Vec<UsedBy>,
    /// Always `null`: there is one page.
    next_cursor: Option<String>,
    /// True when more requests need the offering than `items` names.
    more: bool,
}

/// The treatment of requests that need what is deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForceParam {
    /// True to reject and revoke the requests that need it, instead of refusing the deletion.
    #[serde(default)]
    force: bool,
}

/// The endpoints of one kind of offering, as the module `$module`.
macro_rules! endpoints {
    (
        $(#[$doc:meta])*
        mod $module:ident, $entity:ident, $response:ident, $id:ident, $list:literal, $one:literal,
        $usage:literal,
        $create_id:literal, $list_id:literal, $get_id:literal, $put_id:literal, $delete_id:literal, $usage_id:literal
    ) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use axum::Json;
            use axum::extract::State;
            use axum::http::StatusCode;
            use gatepass_app::delete_offering::{self, InUse, Progress};
            use gatepass_app::{Refused, offerings};
            use gatepass_domain::id::$id;
            use gatepass_domain::text::FieldError;
            use gatepass_domain::{Actor, $entity, Versioned};
            use gatepass_http::{Answer, Id, IdempotencyKey, IfMatch, JsonBody, Listed, NoFilter, OptionalIfMatch, Owner, PageQuery, Params, Problem, Reply, RequestContext, Tagged, created};

            use super::response::$response;
            use super::{ForceParam, Usage, UsedBy};
            use crate::state::Api;

            /// Creates a catalogue, a product or a plan, under a slug that the caller chooses.
            #[utoipa::path(post, path = $list, tag = "admin: offerings", operation_id = $create_id, security(("bearer" = ["administrator"])),
                params(IdempotencyKey), request_body = $entity,
                responses((status = 201, body = $response, headers(("Location" = String), ("ETag" = String)))))]
            pub(crate) async fn create(
                State(api): State<Api>,
                Owner(owner): Owner,
                RequestContext(mut context): RequestContext,
                key: IdempotencyKey,
                JsonBody { value, bytes }: JsonBody<$entity>,
            ) -> Result<Reply, Problem> {
                let idempotent = key.idempotent(&owner.person().id, &bytes);
                let by = Actor::from(owner.person());
                Reply::to(offerings::create(&api.store, &api.installation, &mut context, &by, value, &idempotent).await, answer)
            }

            fn answer(entity: &Versioned<$entity>) -> Answer {
                created(&$response::from(entity.clone()), format!("{}/{}", $list, entity.id)).tagged(entity.version)
            }

            /// A page of the catalogues, products or plans, by slug.
            #[utoipa::path(get, path = $list, tag = "admin: offerings", operation_id = $list_id, security(("bearer" = ["administrator"])),
                params(PageQuery<NoFilter>), responses((status = 200, body = Listed<$response>)))]
            pub(crate) async fn list(
                State(api): State<Api>,
                Owner(owner): Owner,
                query: PageQuery<NoFilter>,
            ) -> Result<Json<Listed<$response>>, Problem> {
                let (store, owner) = (&api.store, &owner);
                let load =
                    |limit, after: Option<_>| async move { offerings::list(store, owner, limit, after.as_ref()).await };
                api.page(&owner.person().id, &query, load, $response::from).await
            }

            /// One catalogue, product or plan.
            #[utoipa::path(get, path = $one, tag = "admin: offerings", operation_id = $get_id, security(("bearer" = ["administrator"])),
                params(Id<$id>),
                responses((status = 200, body = $response, headers(("ETag" = String)))))]
            pub(crate) async fn get(
                State(api): State<Api>,
                Owner(owner): Owner,
                id: Id<$id>,
            ) -> Result<Tagged<$response>, Problem> {
                let entity = $response::from(offerings::get::<$entity>(&api.store, &owner, &id.parse()?).await?);
                Ok(Tagged { version: entity.version, entity })
            }

            /// Replaces a catalogue, a product or a plan. The body is what GET returned, without `version`, `created_at` and `updated_at`.
            #[utoipa::path(put, path = $one, tag = "admin: offerings", operation_id = $put_id, security(("bearer" = ["administrator"])),
                params(Id<$id>, IfMatch), request_body = $entity,
                responses((status = 200, body = $response, headers(("ETag" = String)))))]
            pub(crate) async fn put(
                State(api): State<Api>,
                Owner(owner): Owner,
                RequestContext(mut context): RequestContext,
                id: Id<$id>,
                IfMatch(precondition): IfMatch,
                JsonBody { value, .. }: JsonBody<$entity>,
            ) -> Result<Tagged<$response>, Problem> {
                if id.parse()? != value.id {
                    let fault = FieldError::new("/id", "must be the id in the path: an id is for ever");
                    return Err(Refused::Invalid(vec![fault]).into());
                }
                let entity = offerings::replace(&api.store, &api.installation, &mut context, &owner, precondition, value).await?;
                let entity = $response::from(entity);
                Ok(Tagged { version: entity.version, entity })
            }

            /// Deletes a catalogue, a product or a plan that no request needs. With `force`, the requests that need it are rejected or revoked first: when there
            /// are many, the answer is 202, and the deletion goes on in the background until the offering is gone.
            #[utoipa::path(delete, path = $one, tag = "admin: offerings", operation_id = $delete_id, security(("bearer" = ["administrator"])),
                params(Id<$id>, ForceParam, OptionalIfMatch),
                responses((status = 204), (status = 202, description = "The deletion goes on in the background.")))]
            pub(crate) async fn delete(
                State(api): State<Api>,
                Owner(owner): Owner,
                RequestContext(mut context): RequestContext,
                id: Id<$id>,
                Params(ForceParam { force }): Params<ForceParam>,
                OptionalIfMatch(precondition): OptionalIfMatch,
            ) -> Result<StatusCode, Problem> {
                let in_use = if force { InUse::Force } else { InUse::Keep };
                let id = id.parse()?;
                let deletion = delete_offering::delete::<$entity>(&api.store, &mut context, &owner, &id, precondition, in_use);
                Ok(match deletion.await? {
                    Progress::Finished => StatusCode::NO_CONTENT,
                    Progress::More => StatusCode::ACCEPTED,
                })
            }

            /// The requests that wait for one or give access by it, and would be ended if it were deleted: the newest 100.
            #[utoipa::path(get, path = $usage, tag = "admin: offerings", operation_id = $usage_id, security(("bearer" = ["administrator"])),
                params(Id<$id>), responses((status = 200, body = Usage)))]
            pub(crate) async fn usage(
                State(api): State<Api>,
                Owner(owner): Owner,
                RequestContext(context): RequestContext,
                id: Id<$id>,
            ) -> Result<Json<Usage>, Problem> {
                let id = id.parse()?;
                let usage = offerings::usage::<$entity>(&api.store, context.now, &owner, &id).await?;
                let offerings::Usage { items, more } = usage;
                let items = items.iter().map(UsedBy::from).collect();
                Ok(Json(Usage { items, next_cursor: None, more }))
            }
        }
    };
}

endpoints! {
    /// Catalogues.
    mod catalogues, Catalogue, CatalogueResponse, CatalogueId, "/v1/admin/catalogues", "/v1/admin/catalogues/{id}", "/v1/admin/catalogues/{id}/usage",
    "admin_create_catalogue", "admin_list_catalogues", "admin_get_catalogue", "admin_put_catalogue", "admin_delete_catalogue", "admin_catalogue_usage"
}
endpoints! {
    /// Products.
    mod products, Product, ProductResponse, ProductId, "/v1/admin/products", "/v1/admin/products/{id}", "/v1/admin/products/{id}/usage",
    "admin_create_product", "admin_list_products", "admin_get_product", "admin_put_product", "admin_delete_product", "admin_product_usage"
}
endpoints! {
    /// Plans: "Auto approve access request" is `auto_approve`.
    mod plans, Plan, PlanResponse, PlanId, "/v1/admin/plans", "/v1/admin/plans/{id}", "/v1/admin/plans/{id}/usage",
    "admin_create_plan", "admin_list_plans", "admin_get_plan", "admin_put_plan", "admin_delete_plan", "admin_plan_usage"
}
