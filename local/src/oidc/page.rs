//! The sign-in page: plain HTML, no script.

use super::authorize::Request;
use crate::people::Person;

const STYLE: &str = "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem;\
    color-scheme:light dark}h1{font-size:1.5rem}button{display:flex;justify-content:space-between;gap:1rem;width:100%;\
    margin:.5rem 0;padding:.8rem 1rem;font:inherit;border:1px solid;border-radius:.5rem;background:none;cursor:pointer}\
    small{opacity:.75}";

/// The page on which somebody chooses who they are.
pub(super) fn sign_in(request: &Request) -> String {
    let fields = [
        ("client_id", Some(&request.client_id)),
        ("redirect_uri", Some(&request.redirect_uri)),
        ("response_type", Some(&request.response_type)),
        ("scope", Some(&request.scope)),
        ("state", request.state.as_ref()),
        ("nonce", request.nonce.as_ref()),
        ("code_challenge", Some(&request.code_challenge)),
        ("code_challenge_method", Some(&request.code_challenge_method)),
    ];
    let mut hidden = String::new();
    for (name, value) in fields {
        if let Some(value) = value {
            hidden.push_str(&format!("<input type=hidden name={name} value=\"{}\">\n", escape(value)));
        }
    }
    let mut people = String::new();
    for Person { user, name, groups, .. } in Person::demo() {
        let groups = groups.join(", ");
        people.push_str(&format!(
            "<button name=user value=\"{user}\"><strong>{name}</strong> <small>{groups}</small></button>\n"
        ));
    }
    let form = format!("<form method=post action=authorize>\n{hidden}{people}</form>");
    document(
        "Sign in",
        &format!("<h1>Who are you today?</h1>\n<p>The people of the demonstration need no password.</p>\n{form}"),
    )
}

/// A page that says what is wrong.
pub(super) fn problem(text: &str) -> String {
    document("Cannot sign in", &format!("<h1>This does not work</h1>\n<p>{}</p>", escape(text)))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n\
         <title>{title} · Gatepass local</title>\n<style>{STYLE}</style>\n<main>\n{body}\n</main>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_the_address_goes_out_escaped() {
        let request = Request { state: Some("\"><script>".into()), ..Request::default() };
        let page = sign_in(&request);
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;\""));
        assert!(!page.contains("<script>"));
    }
}
