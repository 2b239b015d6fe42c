//! The check of `Host` and `Origin` that stands before every port of the stack.
//!
//! A page of any site can send requests to a loopback address, and read the answers once its own name points there (DNS
//! rebinding). Both show in these headers, which a page cannot forge.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::gateway::message;

/// Lets requests through that are for this machine on `port`, and come from no page of another site.
pub(crate) async fn only_local_callers(State(port): State<u16>, request: Request, next: Next) -> Response {
    if !host_is_local(request.headers(), request.uri(), port) {
        return message(StatusCode::FORBIDDEN, "This address answers to localhost alone");
    }
    if !origin_is_local(request.headers()) {
        return message(StatusCode::FORBIDDEN, "Pages of other sites cannot use this address");
    }
    next.run(request).await
}

fn host_is_local(headers: &HeaderMap, uri: &Uri, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    };
    let named = |host: &str| is_local_name(host.strip_suffix(&format!(":{port}")).unwrap_or(""));
    host.is_some_and(named) && uri.authority().is_none_or(|authority| named(authority.as_str()))
}

/// Pages served from another port of this machine, such as those of a development server, are welcome.
fn origin_is_local(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
    let host = authority.map(|authority| authority.rsplit_once(':').map_or(authority, |(host, _)| host));
    host.is_some_and(is_local_name)
}

fn is_local_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_host_is_this_machine_on_this_port() {
        let is_local = |host: &str| host_is_local(&with(header::HOST, host), &Uri::from_static("/"), 3000);
        for good in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:3000"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["localhost", "localhost:3001", "evil.example:3000", "127.0.0.1.evil.example:3000", "", ":3000"] {
            assert!(!is_local(bad), "{bad}");
        }
        assert!(!host_is_local(&HeaderMap::new(), &Uri::from_static("/"), 3000));
        let absolute = Uri::from_static("http://evil.example:3000/");
        assert!(!host_is_local(&with(header::HOST, "localhost:3000"), &absolute, 3000));
    }

    #[test]
    fn pages_of_other_sites_are_turned_away() {
        let is_local = |origin: &str| origin_is_local(&with(header::ORIGIN, origin));
        assert!(origin_is_local(&HeaderMap::new()));
        for good in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:3000", "http://localhost"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["null", "https://evil.example", "http://evil.example:3000", "http://localhost.evil.example"] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
