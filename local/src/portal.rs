//! The portal's files.

use std::path::{Path, PathBuf};

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use percent_encoding::percent_decode_str;

/// The page at `/` until a portal is built.
const WELCOME: &str = include_str!("welcome.html");

/// The folder of the built files whose names change with their content.
const HASHED: &str = "assets/";

/// The sources from which the portal's pages may load: their own origin, which here is the issuer's too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A directory of files.
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    directory: PathBuf,
}

impl Portal {
    /// The files in `directory`, which need not exist.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The file that `path` names. A path whose last part has no dot is a page of the portal's own, which its
    /// `index.html` shows.
    pub(crate) async fn serve(&self, path: &str) -> Response {
        let Some(relative) = relative(path) else { return not_found() };
        let is_page = !relative.rsplit('/').next().unwrap_or_default().contains('.');
        let wanted = if is_page { "index.html" } else { relative.as_str() };
        match self.read(wanted).await {
            Some(bytes) => file(wanted, bytes),
            None if is_page && relative.is_empty() => Html(WELCOME).into_response(),
            None => not_found(),
        }
    }

    async fn read(&self, relative: &str) -> Option<Vec<u8>> {
        let (directory, path) = (self.directory.clone(), self.directory.join(relative));
        tokio::task::spawn_blocking(move || {
            // What a symbolic link leads to must be in the directory too.
            let path = path.canonicalize().ok()?;
            let inside = path.starts_with(directory.canonicalize().ok()?);
            if inside && path.is_file() { std::fs::read(path).ok() } else { None }
        })
        .await
        .ok()?
    }
}

/// The path below the directory; `None` for one that could lead out of it, or to a hidden file.
fn relative(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let relative = decoded.strip_prefix('/')?;
    let harmless = |part: &str| !part.starts_with('.') && !part.contains(['\\', '\0', ':']);
    let whole = relative.is_empty() || relative.split('/').all(|part| !part.is_empty() && harmless(part));
    let directory = relative.strip_suffix('/');
    let directory = directory.filter(|parts| parts.split('/').all(|part| !part.is_empty() && harmless(part)));
    if whole { Some(relative.to_owned()) } else { directory.map(str::to_owned) }
}

fn file(name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type(name)),
        (
            header::CACHE_CONTROL,
            if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" },
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, bytes).into_response()
}

fn content_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        for (path, safe) in [
            ("/", Some("")),
            ("/assets/app.js", Some("assets/app.js")),
            ("/apps/", Some("apps")),
            ("/a%20b.txt", Some("a b.txt")),
            ("/../secret", None),
            ("/%2e%2e/secret", None),
            ("/assets/..%2f..%2fsecret", None),
            ("/..%5csecret", None),
            ("//etc/passwd", None),
            ("/.git/config", None),
            ("/a\0", None),
            ("/%ff", None),
        ] {
            assert_eq!(relative(path).as_deref(), safe, "{path}");
        }
    }

    #[test]
    fn pages_have_the_policy_that_is_deployed() {
        let template = include_str!("../../infra/portal.yaml");
        let words: Vec<_> = template.split_whitespace().collect();
        let deployed = POLICY.replace("connect-src 'self'", "connect-src 'self' ${SignInOrigins}");
        assert!(words.join(" ").contains(&deployed), "infra/portal.yaml has another than {deployed}");
    }

    #[tokio::test]
    async fn pages_show_the_index_and_files_themselves() {
        let dir = tempfile::tempdir().unwrap();
        let portal = Portal::new(dir.path().join("portal"));
        assert_eq!(portal.serve("/").await.status(), 200, "the welcome page");
        assert_eq!(portal.serve("/apps").await.status(), 404);
        std::fs::create_dir(dir.path().join("portal")).unwrap();
        std::fs::write(dir.path().join("portal/index.html"), "x").unwrap();
        std::fs::write(dir.path().join("secret.txt"), "x").unwrap();
        std::os::unix::fs::symlink("../secret.txt", dir.path().join("portal/link.txt")).unwrap();
        std::fs::create_dir(dir.path().join("portal/assets")).unwrap();
        std::fs::write(dir.path().join("portal/assets/app-C0ffee.js"), "x").unwrap();
        let page = portal.serve("/apps/1").await;
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["cache-control"], "no-cache", "it names the assets of the latest build");
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let asset = portal.serve("/assets/app-C0ffee.js").await;
        assert!(asset.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(portal.serve("/gone.js").await.status(), 404);
        assert_eq!(portal.serve("/link.txt").await.status(), 404);
    }
}
