//! One module for each route and verb, as in `src/routes`.

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
pub(crate) mod credentials;
mod health;
mod me;
mod openapi;
mod products;
mod public_catalogues;
