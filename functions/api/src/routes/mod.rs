//! Every route: one directory a resource, one file a verb.

mod access_requests;
mod admin_access_requests;
mod admin_apps;
mod admin_credentials;
mod admin_offerings;
mod admin_policy;
mod admin_settings;
mod admin_statistics;
mod apps;
mod cart;
mod catalogues;
mod credentials;
mod health;
mod me;
mod openapi;
mod products;
mod public_catalogues;

use axum::routing::{delete, get, patch, post, put};
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::document::Endpoint;
use crate::state::Api;

/// Method, path and handler of each endpoint, for two lists: what is served, and what is documented.
///
/// They are two because the documented one brings the schemas of everything that endpoints take and answer. No
/// function needs those; one that had to make them to find its own endpoint would be half as large again.
macro_rules! endpoints {
    ($($method:ident $path:literal => $($handler:ident)::+,)*) => {
        /// All endpoints as they are served.
        pub(crate) fn served() -> Vec<Endpoint> {
            vec![$(Endpoint::new(stringify!($method), $path, $method($($handler)::+))),*]
        }

        /// All endpoints as they are documented, in the same order.
        pub(crate) fn documented() -> Vec<UtoipaMethodRouter<Api>> {
            vec![$(routes!($($handler)::+)),*]
        }
    };
}

endpoints! {
    get "/v1/health" => health::get::get,
    get "/v1/openapi.json" => openapi::get::get,
    get "/v1/me" => me::get::get,
    get "/v1/public/catalogues" => public_catalogues::list::list,
    get "/v1/public/catalogues/{id}" => public_catalogues::get::get,
    get "/v1/catalogues" => catalogues::list::list,
    get "/v1/catalogues/{id}" => catalogues::get::get,
    get "/v1/products/{id}" => products::get::get,
    post "/v1/apps" => apps::create::create,
    get "/v1/apps" => apps::list::list,
    get "/v1/apps/{id}" => apps::get::get,
    patch "/v1/apps/{id}" => apps::edit::edit,
    delete "/v1/apps/{id}" => apps::delete::delete,
    get "/v1/cart" => cart::get::get,
    delete "/v1/cart" => cart::clear::clear,
    put "/v1/cart/items/{product_id}" => cart::put_item::put_item,
    delete "/v1/cart/items/{product_id}" => cart::remove_item::remove_item,
    post "/v1/cart/submit" => cart::submit::submit,
    post "/v1/access-requests" => access_requests::submit::submit,
    get "/v1/access-requests" => access_requests::list::list,
    get "/v1/access-requests/{id}" => access_requests::get::get,
    post "/v1/access-requests/{id}/withdraw" => access_requests::withdraw::withdraw,
    get "/v1/apps/{id}/credentials" => credentials::list::list,
    post "/v1/apps/{id}/credentials/{cid}/reveal" => credentials::reveal::reveal,
    get "/v1/admin/access-requests" => admin_access_requests::list::list,
    get "/v1/admin/access-requests/{id}" => admin_access_requests::get::get,
    post "/v1/admin/access-requests/{id}/approve" => admin_access_requests::approve::approve,
    post "/v1/admin/access-requests/{id}/reject" => admin_access_requests::reject::reject,
    post "/v1/admin/access-requests/{id}/retry" => admin_access_requests::retry::retry,
    post "/v1/admin/access-requests/{id}/revoke" => admin_access_requests::revoke::revoke,
    post "/v1/admin/access-requests/decide" => admin_access_requests::decide::decide,
    get "/v1/admin/apps" => admin_apps::list::list,
    get "/v1/admin/apps/{id}" => admin_apps::get::get,
    post "/v1/admin/apps/{id}/owner" => admin_apps::reassign::reassign,
    post "/v1/admin/apps/{id}/grants" => admin_apps::grant::grant,
    post "/v1/admin/credentials/{id}/suspend" => admin_credentials::suspend::suspend,
    post "/v1/admin/credentials/{id}/resume" => admin_credentials::resume::resume,
    post "/v1/admin/credentials/{id}/revoke" => admin_credentials::revoke::revoke,
    post "/v1/admin/catalogues" => admin_offerings::catalogues::create,
    get "/v1/admin/catalogues" => admin_offerings::catalogues::list,
    get "/v1/admin/catalogues/{id}" => admin_offerings::catalogues::get,
    put "/v1/admin/catalogues/{id}" => admin_offerings::catalogues::put,
    delete "/v1/admin/catalogues/{id}" => admin_offerings::catalogues::delete,
    get "/v1/admin/catalogues/{id}/usage" => admin_offerings::catalogues::usage,
    post "/v1/admin/products" => admin_offerings::products::create,
    get "/v1/admin/products" => admin_offerings::products::list,
    get "/v1/admin/products/{id}" => admin_offerings::products::get,
    put "/v1/admin/products/{id}" => admin_offerings::products::put,
    delete "/v1/admin/products/{id}" => admin_offerings::products::delete,
    get "/v1/admin/products/{id}/usage" => admin_offerings::products::usage,
    post "/v1/admin/plans" => admin_offerings::plans::create,
    get "/v1/admin/plans" => admin_offerings::plans::list,
    get "/v1/admin/plans/{id}" => admin_offerings::plans::get,
    put "/v1/admin/plans/{id}" => admin_offerings::plans::put,
    delete "/v1/admin/plans/{id}" => admin_offerings::plans::delete,
    get "/v1/admin/plans/{id}/usage" => admin_offerings::plans::usage,
    post "/v1/admin/policy/evaluate" => admin_policy::evaluate::evaluate,
    get "/v1/admin/statistics" => admin_statistics::get::get,
    get "/v1/admin/settings" => admin_settings::get::get,
    put "/v1/admin/settings" => admin_settings::put::put,
}
