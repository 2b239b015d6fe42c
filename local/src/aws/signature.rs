//! Signature Version 4: whoever calls the local AWS endpoint proves that they know the secret of this run.
//!
//! The port is open to every process and, by tricks, to every web page of this machine; behind it are all data, and
//! KMS decrypts the keys of credentials.
//! See "AWS Signature Version 4 for API requests" in the IAM user guide.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::fresh::fresh_bytes;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The encoding of a canonical path: all but unreserved characters and `/`. Services other than S3 encode twice.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The secret access key of one run, whatever the access key id.
#[derive(Clone)]
pub(crate) struct RunSecret(String);

impl RunSecret {
    /// A secret that nobody has known before.
    pub(crate) fn fresh() -> Self {
        Self(URL_SAFE_NO_PAD.encode(fresh_bytes::<32>()))
    }

    /// The secret access key, for an SDK client.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a request was signed with this secret.
    pub(super) fn has_signed(&self, parts: &Parts, body: &[u8]) -> bool {
        self.signature(parts, body)
            .is_some_and(|(given, expected)| verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok())
    }

    /// The signature that the request carries, and the one that it should; `None` when it is not signed in full.
    fn signature(&self, parts: &Parts, body: &[u8]) -> Option<(String, String)> {
        let authorization = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let fields = authorization.strip_prefix(ALGORITHM)?.trim();
        let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let (credential, signed, given) = (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
        if !signed.split(';').any(|name| name == "host") {
            return None;
        }
        // Before the scope: the access key id, which may have slashes of its own.
        let mut from_end = credential.rmatch_indices('/').map(|(at, _)| at);
        let scope = credential.get(from_end.nth(3)? + 1..)?;
        let time = parts.headers.get("x-amz-date")?.to_str().ok()?;
        let canonical = canonical_request(parts, signed, body)?;
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
        let first = format!("AWS4{}", self.0).into_bytes();
        let key = scope.split('/').fold(first, |key, part| hmac(&key, part));
        Some((given.to_owned(), hex(&hmac(&key, &to_sign))))
    }
}

fn canonical_request(parts: &Parts, signed: &str, body: &[u8]) -> Option<String> {
    let path = utf8_percent_encode(parts.uri.path(), IN_PATH);
    let mut query: Vec<_> = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let query: Vec<_> =
        query.into_iter().map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }).collect();
    let headers = signed.split(';').map(|name| canonical_header(&parts.headers, name)).collect::<Option<String>>()?;
    let hash = hex(digest(&SHA256, body).as_ref());
    Some(format!("{}\n{path}\n{}\n{headers}\n{signed}\n{hash}", parts.method, query.join("&")))
}

/// `name:value`, with one space wherever there were several, and its line break.
fn canonical_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().ok());
    let values = values.collect::<Option<Vec<_>>>().filter(|values| !values.is_empty())?;
    let values: Vec<_> = values.into_iter().map(|v| v.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    Some(format!("{name}:{}\n", values.join(",")))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    /// The example of "Create a signed AWS API request" in the IAM user guide.
    #[test]
    fn the_example_of_the_user_guide_is_signed() {
        let secret = RunSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into());
        let request = |query: &str, secret_of: &str| {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date, Signature={secret_of}"
            );
            let request = Request::get(format!("https://iam.amazonaws.com/?{query}"))
                .header("host", "iam.amazonaws.com")
                .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
                .header("x-amz-date", "20150830T123600Z")
                .header("authorization", authorization);
            request.body(()).unwrap().into_parts().0
        };
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let list_users = "Action=ListUsers&Version=2010-05-08";
        assert!(secret.has_signed(&request(list_users, signature), b""));
        assert!(secret.has_signed(&request("Version=2010-05-08&Action=ListUsers", signature), b""));
        assert!(!secret.has_signed(&request("Action=ListRoles&Version=2010-05-08", signature), b""));
        assert!(!secret.has_signed(&request(list_users, signature), b"body"));
        assert!(!secret.has_signed(&request(list_users, ""), b""));
        assert!(!RunSecret::fresh().has_signed(&request(list_users, signature), b""));
        let mut unsigned = request(list_users, signature);
        unsigned.headers.remove(header::AUTHORIZATION);
        assert!(!secret.has_signed(&unsigned, b""));
    }
}
