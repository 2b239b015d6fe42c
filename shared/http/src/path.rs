//! Ids in paths.

use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId, RequestId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Required};

use crate::problem::Problem;

/// An id that occurs in paths.
pub trait PathId: FromStr {
    /// The kind of thing that it names, for messages: `access request`.
    const NOUN: &'static str;

    /// Its schema in the OpenAPI document.
    fn schema() -> RefOr<Schema>;
}

macro_rules! uuids {
    ($($id:ident, $noun:literal;)*) => {$(
        impl PathId for $id {
            const NOUN: &'static str = $noun;

            fn schema() -> RefOr<Schema> {
                let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
                ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
            }
        }
    )*};
}

macro_rules! slugs {
    ($($id:ident, $noun:literal;)*) => {$(
        impl PathId for $id {
            const NOUN: &'static str = $noun;

            fn schema() -> RefOr<Schema> {
                Ref::from_schema_name(stringify!($id)).into()
            }
        }
    )*};
}

uuids! {
    RequestId, "access request";
    AppId, "app";
    CredentialId, "credential";
}

slugs! {
    CatalogueId, "catalogue";
    ProductId, "product";
    PlanId, "plan";
}

/// The parameter `{id}` of a path, not yet parsed: a malformed id names something that does not exist, and that is
/// answered after the body was checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Id<T>(String, PhantomData<fn() -> T>);

impl<T: PathId> Id<T> {
    /// The id.
    ///
    /// # Errors
    /// 404 `not-found` for a malformed one.
    pub fn parse(&self) -> Result<T, Problem> {
        self.0.parse().map_err(|_| Problem::not_found(T::NOUN))
    }
}

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        PathParams::from_request_parts(parts, state).await.map(|PathParams(id)| id)
    }
}

impl<T: PathId> IntoParams for Id<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter::<T>("id")]
    }
}

/// The parameter `{name}` of a path, in the OpenAPI document.
pub fn path_parameter<T: PathId>(name: &str) -> Parameter {
    let path = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
    path.required(Required::True).schema(Some(T::schema())).build()
}

/// All parameters of a path, by their names.
#[derive(Debug, Clone)]
pub struct PathParams<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(params)| Self(params)).map_err(|_| Problem::not_found("address"))
    }
}
