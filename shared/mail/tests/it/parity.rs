//! The two bodies of a mail say the same.

use gatepass_mail::render;

use crate::mails::situations;

/// The words of an HTML body as a person reads them, with a link's target after its text.
fn words_of_html(html: &str) -> String {
    let (_, body) = html.split_once("</head>").unwrap();
    let mut text = String::new();
    let mut target = None;
    for piece in body.split('<').skip(1) {
        let (tag, content) = piece.split_once('>').unwrap();
        if let Some(href) = tag.strip_prefix("a href=\"") {
            target = href.strip_suffix('"').map(|href| format!(": {href}"));
        }
        if tag == "/a" {
            text.push_str(&target.take().unwrap());
        }
        if !matches!(tag, "/a" | "/strong") {
            text.push(' ');
        }
        text.push_str(content);
    }
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
    {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text body, without the marks of lists and quotes.
fn words_of_text(text: &str) -> String {
    let lines = text.lines().map(|line| line.strip_prefix("- ").or(line.strip_prefix("> ")).unwrap_or(line));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[test]
fn text_and_html_say_the_same_words_in_the_same_order() {
    for (name, kind, context) in situations() {
        let mail = render(kind, &context, None).unwrap();
        assert_eq!(words_of_text(&mail.text), words_of_html(&mail.html), "{name}");
    }
}

#[test]
fn html_declares_its_language_and_is_titled_by_the_subject() {
    for (name, kind, context) in situations() {
        let mail = render(kind, &context, None).unwrap();
        assert!(mail.html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        let title = mail.subject.replace('"', "&quot;");
        assert!(mail.html.contains(&format!("<title>{title}</title>")), "{name}");
    }
}
