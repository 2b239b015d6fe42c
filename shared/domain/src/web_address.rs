//! Addresses of web pages that people enter: where OAuth 2.0 sends users back to, and where documentation is.

use url::{Host, SyntaxViolation, Url};

/// The longest address, in bytes.
pub const MOST_BYTES: usize = 512;

/// The parts of an address that are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fragment {
    /// `#section` may follow.
    Allowed,
    /// Redirect URIs have none (RFC 6749, section 3.1.2).
    Forbidden,
}

/// Parses `text` as browsers do (WHATWG URL), and accepts it only where they need not repair it.
///
/// # Errors
/// The fault and the remedy, to follow the name of the field.
pub fn check(text: &str, fragment: Fragment) -> Result<(), String> {
    if text.len() > MOST_BYTES {
        return Err(format!("must have at most {MOST_BYTES} bytes"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must have no spaces, control characters or letters beyond ASCII: percent-encode them".into());
    }
    let repaired = std::cell::Cell::new(false);
    let note = |_: SyntaxViolation| repaired.set(true);
    let parsed = Url::options().syntax_violation_callback(Some(&note)).parse(text);
    let Some(url) = parsed.ok().filter(|_| !repaired.get()) else {
        return Err("must be an absolute address such as `https://example.com/path`, without a user name".into());
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err("must begin with `https://`; `http://` is for localhost only".into()),
    }
    if fragment == Fragment::Forbidden && url.fragment().is_some() {
        return Err("must not have a fragment (`#…`)".into());
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_accepted_and_http_on_loopback() {
        for good in [
            "https://example.com",
            "https://example.com/back?x=1&y=%20",
            "https://xn--exmple-cua.com:8443/a/b",
            "https://[2001:db8::1]/",
            "http://localhost:3000/back",
            "http://127.0.0.1/back",
            "http://[::1]:5173/",
        ] {
            assert_eq!(check(good, Fragment::Forbidden), Ok(()), "{good}");
        }
        assert_eq!(check("https://example.com/#part", Fragment::Allowed), Ok(()));
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("https://example.com/{}", "x".repeat(MOST_BYTES));
        for bad in [
            "",
            "example.com",
            "/back",
            "//example.com/back",
            "https:example.com",
            "https:/example.com",
            "https://",
            "https://exa mple.com",
            "https://example.com/a b",
            "https://example.com/\r\nX: y",
            "https://example.com/\u{202e}",
            "https://exämple.com/",
            "https://example.com\\@evil.example/",
            "https://bank.example@evil.example/",
            "https://ada:secret@example.com/",
            "https://example.com/<script>",
            "https://example.com/%zz",
            "https://1.2.3.999/",
            "https://example.com:99999/",
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "javascript:alert(1)",
            "JavaScript://example.com/%0aalert(1)",
            "data:text/html,x",
            "ftp://example.com/",
            "com.example.app:/back",
            "file:///etc/passwd",
            &long,
        ] {
            assert!(check(bad, Fragment::Allowed).is_err(), "{bad}");
        }
        assert!(check("https://example.com/#part", Fragment::Forbidden).is_err());
        assert!(check("https://example.com/#", Fragment::Forbidden).is_err());
    }
}
