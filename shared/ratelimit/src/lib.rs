//! The limits of plans, as an API tells its callers.
//!
//! An authorizer of API Gateway cannot answer 429. For a product with `over_limit: forward` it lets a call that is over
//! the limit through, with the verdict in its context; [`RateLimitLayer`] around the API's service answers 429 then, and
//! tells every caller what is left of the limits. An API that is written in another language does the same with
//! the members that [`Verdict`] lists.
//!
//! ```
//! use std::collections::HashMap;
//! use std::convert::Infallible;
//! use gatepass_ratelimit::{AuthorizerContext, RateLimitLayer};
//! # use tower::{Layer, ServiceExt, service_fn};
//! # use http::{Request, Response};
//!
//! async fn storms(_: Request<String>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new("storms".to_owned()))
//! }
//! # async fn example() -> Result<(), Infallible> {
//! let api = RateLimitLayer.layer(service_fn(storms));
//! // With `lambda_http` the context is `request.request_context().authorizer()`, in its member `lambda`.
//! let context = HashMap::from([("over_limit".to_owned(), "rate_limit".to_owned())]);
//! let mut request = Request::new(String::new());
//! request.extensions_mut().insert(AuthorizerContext(context));
//! assert_eq!(api.oneshot(request).await?.status(), 429);
//! # Ok(())
//! # }
//! # futures_util::FutureExt::now_or_never(example()).unwrap().unwrap();
//! ```

mod layer;
mod verdict;

pub use layer::{AuthorizerContext, RateLimit, RateLimitLayer};
pub use verdict::{LimitName, Standing, Verdict};
