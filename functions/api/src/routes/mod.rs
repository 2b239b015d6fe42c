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

use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::state::Api;

/// All of them, one entry for each endpoint.
pub(crate) fn all() -> Vec<UtoipaMethodRouter<Api>> {
    vec![
        routes!(health::get::get),
        routes!(openapi::get::get),
        routes!(me::get::get),
        routes!(public_catalogues::list::list),
        routes!(public_catalogues::get::get),
        routes!(catalogues::list::list),
        routes!(catalogues::get::get),
        routes!(products::get::get),
        routes!(apps::create::create),
        routes!(apps::list::list),
        routes!(apps::get::get),
        routes!(apps::edit::edit),
        routes!(apps::delete::delete),
        routes!(cart::get::get),
        routes!(cart::clear::clear),
        routes!(cart::put_item::put_item),
        routes!(cart::remove_item::remove_item),
        routes!(cart::submit::submit),
        routes!(access_requests::submit::submit),
        routes!(access_requests::list::list),
        routes!(access_requests::get::get),
        routes!(access_requests::withdraw::withdraw),
        routes!(credentials::list::list),
        routes!(credentials::reveal::reveal),
        routes!(admin_access_requests::list::list),
        routes!(admin_access_requests::get::get),
        routes!(admin_access_requests::approve::approve),
        routes!(admin_access_requests::reject::reject),
        routes!(admin_access_requests::retry::retry),
        routes!(admin_access_requests::revoke::revoke),
        routes!(admin_access_requests::decide::decide),
        routes!(admin_apps::list::list),
        routes!(admin_apps::get::get),
        routes!(admin_apps::reassign::reassign),
        routes!(admin_apps::grant::grant),
        routes!(admin_credentials::suspend::suspend),
        routes!(admin_credentials::resume::resume),
        routes!(admin_credentials::revoke::revoke),
        routes!(admin_offerings::catalogues::create),
        routes!(admin_offerings::catalogues::list),
        routes!(admin_offerings::catalogues::get),
        routes!(admin_offerings::catalogues::put),
        routes!(admin_offerings::catalogues::delete),
        routes!(admin_offerings::catalogues::usage),
        routes!(admin_offerings::products::create),
        routes!(admin_offerings::products::list),
        routes!(admin_offerings::products::get),
        routes!(admin_offerings::products::put),
        routes!(admin_offerings::products::delete),
        routes!(admin_offerings::products::usage),
        routes!(admin_offerings::plans::create),
        routes!(admin_offerings::plans::list),
        routes!(admin_offerings::plans::get),
        routes!(admin_offerings::plans::put),
        routes!(admin_offerings::plans::delete),
        routes!(admin_offerings::plans::usage),
        routes!(admin_policy::evaluate::evaluate),
        routes!(admin_statistics::get::get),
        routes!(admin_settings::get::get),
        routes!(admin_settings::put::put),
    ]
}
