//! One module for each route and verb, as in `src/routes`.

mod access_requests;
mod admin_access_requests;
mod admin_offerings;
mod admin_settings;
mod apps;
mod cart;
mod catalogues;
mod credentials;
mod health;
mod me;
mod openapi;
mod products;
mod public_catalogues;
