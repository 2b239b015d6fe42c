//! Every route: one directory per resource, one file per verb.

mod access_requests;
mod admin_access_requests;
mod admin_apps;
mod admin_credentials;
mod admin_gateways;
mod admin_offerings;
mod admin_openapi;
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

use std::sync::LazyLock;

use pastey::paste;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::endpoint::Endpoint;
use crate::state::Api;

/// The endpoints of the handler at a path: `endpoint!([] apps::create::create)`.
macro_rules! endpoint {
    ([$($module:tt)*] $next:ident :: $($rest:tt)+) => { endpoint!([$($module)* $next ::] $($rest)+) };
    ([$($module:tt)*] $handler:ident) => {
        paste! { Endpoint::of::<$($module)* [<__path_ $handler>], _, _>($($module)* $handler) }
    };
}

/// The handlers, for two lists: the endpoints that are served, and those that are documented.
///
/// They are two because the documented one brings the schemas of everything that endpoints take and answer. No
/// function needs those: one that makes them to find its own endpoint takes twice as long to start, and twice the
/// memory.
macro_rules! endpoints {
    ($($($segment:ident)::+,)*) => {
        /// All endpoints as they are served.
        fn served() -> Vec<Endpoint> {
            let mut endpoints = Vec::new();
            $(endpoints.extend(endpoint!([] $($segment)::+));)*
            endpoints
        }

        /// All endpoints as they are documented, in the same order.
        pub(crate) fn documented() -> Vec<UtoipaMethodRouter<Api>> {
            vec![$(routes!($($segment)::+)),*]
        }
    };
}

/// Every endpoint, in the order of the document.
pub fn endpoints() -> &'static [Endpoint] {
    static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(served);
    &ENDPOINTS
}

endpoints! {
    health::get::get,
    openapi::get::get,
    me::get::get,
    public_catalogues::list::list,
    public_catalogues::get::get,
    catalogues::list::list,
    catalogues::get::get,
    products::search::search,
    products::get::get,
    products::openapi::openapi,
    apps::create::create,
    apps::list::list,
    apps::get::get,
    apps::edit::edit,
    apps::delete::delete,
    cart::get::get,
    cart::clear::clear,
    cart::put_item::put_item,
    cart::remove_item::remove_item,
    cart::submit::submit,
    access_requests::submit::submit,
    access_requests::list::list,
    access_requests::get::get,
    access_requests::withdraw::withdraw,
    access_requests::remind::remind,
    credentials::list::list,
    credentials::reveal::reveal,
    credentials::rotate::rotate,
    credentials::renew::renew,
    credentials::change_plan::change_plan,
    credentials::revoke::revoke,
    credentials::remove_product::remove_product,
    admin_access_requests::list::list,
    admin_access_requests::get::get,
    admin_access_requests::approve::approve,
    admin_access_requests::reject::reject,
    admin_access_requests::retry::retry,
    admin_access_requests::revoke::revoke,
    admin_access_requests::decide::decide,
    admin_apps::list::list,
    admin_apps::get::get,
    admin_apps::reassign::reassign,
    admin_apps::grant::grant,
    admin_apps::bring_key::bring_key,
    admin_credentials::suspend::suspend,
    admin_credentials::resume::resume,
    admin_credentials::revoke::revoke,
    admin_offerings::catalogues::create,
    admin_offerings::catalogues::list,
    admin_offerings::catalogues::get,
    admin_offerings::catalogues::put,
    admin_offerings::catalogues::delete,
    admin_offerings::catalogues::usage,
    admin_offerings::products::create,
    admin_offerings::products::list,
    admin_offerings::products::get,
    admin_offerings::products::put,
    admin_offerings::products::delete,
    admin_offerings::products::usage,
    admin_openapi::get::get,
    admin_openapi::put::put,
    admin_openapi::delete::delete,
    admin_offerings::plans::create,
    admin_offerings::plans::list,
    admin_offerings::plans::get,
    admin_offerings::plans::put,
    admin_offerings::plans::delete,
    admin_offerings::plans::usage,
    admin_gateways::list::list,
    admin_policy::evaluate::evaluate,
    admin_statistics::get::get,
    admin_settings::get::get,
    admin_settings::put::put,
}
