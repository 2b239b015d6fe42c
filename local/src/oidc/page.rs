//! The sign-in page: plain HTML, no script.

use super::authorize::Request;
use crate::people::Person;

/// In the portal's colours, since people come from there and go back there.
const STYLE: &str = "\
    :root{color-scheme:light dark}\
    body{margin:0;font:1.0625rem/1.6 system-ui,sans-serif;\
    background:light-dark(oklch(98.6% .004 165),oklch(18.5% .012 175));\
    color:light-dark(oklch(24% .025 175),oklch(94% .008 165))}\
    main{max-width:24rem;margin:14vh auto;padding:0 1.25rem}\
    h1{margin:0 0 .5rem;font:400 2.25rem/1.1 Georgia,serif;letter-spacing:-.018em}\
    p{margin:0 0 1.5rem}\
    button{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;width:100%;margin:0 0 .5rem;\
    padding:.8rem 1rem;border:1px solid light-dark(oklch(64% .02 165),oklch(56% .02 175));border-radius:.375rem;\
    background:light-dark(white,oklch(22% .014 175));color:inherit;font:inherit;cursor:pointer}\
    button:hover{border-color:light-dark(oklch(41% .078 172),oklch(82% .1 168))}\
    small{opacity:.8}";

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
