//! Products: APIs that one can ask for, and the gateway that guards them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::gateway::{Gateway, GatewayKind, OverLimit};
use crate::id::ProductId;
use crate::mail_address::is_mail_address;
use crate::person::Person;
use crate::text::{FieldError, ValidationErrors};
use crate::web_address::{self, Fragment};

/// An API that people can request access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// Client-chosen slug.
    pub id: ProductId,
    /// Display name, 1 to 100 characters.
    #[schema(example = "Weather API", min_length = 1, max_length = 100)]
    pub name: String,
    /// The description of the API, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Authentication method. Products of one request must have the same.
    pub auth_method: AuthMethod,
    /// The gateway at which access is provisioned.
    pub gateway: Gateway,
    /// Mail addresses of its API Owners, at most 20. They are notified of requests.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Groups whose members decide on requests for it, at most 20. Without any, administrators alone decide.
    #[serde(default)]
    #[schema(example = json!(["payments-team"]), max_items = 20)]
    pub approver_groups: Vec<String>,
    /// Its documentation: an `https` address of at most 512 bytes, or an `http` address on loopback.
    #[serde(default)]
    pub documentation_url: Option<String>,
    /// True when others than the owners see it.
    #[serde(default)]
    pub published: bool,
    /// How far its consumers can rely on it.
    #[serde(default)]
    pub status: ProductStatus,
    /// The day from which a deprecated product may stop working.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2027-06-30")]
    pub sunset_on: Option<Date>,
    /// The place to ask for help: a mail address, or an `https` address of at most 512 bytes.
    #[serde(default)]
    #[schema(example = "weather-support@example.com")]
    pub support: Option<String>,
}

/// How far the consumers of a product can rely on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// It changes in compatible ways only.
    #[default]
    Stable,
    /// It may change in incompatible ways.
    Beta,
    /// It still works, and new consumers should choose another one.
    Deprecated,
}

/// An authentication method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A key in the `x-api-key` header.
    ApiKey,
    /// OAuth 2.0 client credentials at an identity provider.
    #[serde(rename = "oauth2")]
    OAuth2,
}

impl AuthMethod {
    /// The name used in the API and in mails.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::OAuth2 => "oauth2",
        }
    }
}

/// The most groups that approve requests for a product. Each has a row by which their products are found.
pub const MAX_APPROVER_GROUPS: usize = 20;

impl Product {
    /// True when `person` is in one of the groups that decide on requests for it.
    pub fn has_approver(&self, person: &Person) -> bool {
        self.approver_groups.iter().any(|group| person.belongs_to(group))
    }

    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// Every fault at once, each with a JSON pointer.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = ValidationErrors::default();
        errors.name(&self.name, "/name", 100);
        errors.text(&self.description, "/description", 2000);
        errors.require(self.owners.len() <= 20, "/owners", "must hold at most 20 mail addresses");
        for (index, owner) in self.owners.iter().enumerate() {
            errors.require(
                is_mail_address(owner),
                &format!("/owners/{index}"),
                "must be exactly one mail address, such as `team@example.com`",
            );
        }
        let most = MAX_APPROVER_GROUPS;
        let fault = format!("must hold at most {most} groups");
        errors.require(self.approver_groups.len() <= most, "/approver_groups", &fault);
        errors.names(&self.approver_groups, "/approver_groups", 255);
        errors.distinct(&self.approver_groups, "/approver_groups", "must not repeat a group");
        if let Some(Err(detail)) =
            self.documentation_url.as_deref().map(|url| web_address::check(url, Fragment::Allowed))
        {
            errors.require(false, "/documentation_url", &detail);
        }
        if let Some(support) = self.support.as_deref().filter(|support| !is_mail_address(support)) {
            errors.require(
                web_address::check(support, Fragment::Allowed).is_ok(),
                "/support",
                "must be a mail address such as `help@example.com`, or an address that begins with `https://`",
            );
        }
        errors.require(
            self.sunset_on.is_none() || self.status == ProductStatus::Deprecated,
            "/sunset_on",
            "goes with the status `deprecated`",
        );
        self.gateway.check(&mut errors);
        let (kind, serves) = (self.gateway.kind(), self.gateway.kind().auth_method());
        errors.require(
            serves == self.auth_method,
            "/gateway/kind",
            &format!("`{}` goes with the authentication method `{}`", kind.as_str(), serves.as_str()),
        );
        errors.into_result()
    }
}
