//! Other people's texts, made harmless for a place in a mail.
//!
//! Names come from identity providers and may hold anything. A line break in one would let it
//! continue as a line of ours; a bidirectional control would let it show the text around it in
//! another order (Unicode TR 36, section 2.6).

/// On one line: white space of any kind becomes a single space, controls go.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .map(|word| word.chars().filter(|c| !is_bidi_control(*c)).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ")
}

/// On as many lines as it has, without empty lines around it; other controls go.
pub(crate) fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    let kept: String =
        text.chars().filter(|c| *c == '\n' || !c.is_control()).filter(|c| !is_bidi_control(*c)).collect();
    kept.trim().to_owned()
}

/// Every line after `> `, as mail readers quote.
pub(crate) fn quoted(text: &str) -> String {
    let quoted: Vec<_> = text.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    quoted.join("\n")
}

/// The longest display name in a mail, in characters; what is longer is cut.
const MAX_NAME: usize = 60;

/// A display name, which its owner edits: on one line, without addresses of web pages, cut to 60 characters.
/// Double quotes become single ones, so that the name cannot end the quotes around it.
pub(crate) fn display_name(text: &str) -> String {
    let words: Vec<_> = one_line(text).split(' ').filter(|word| !is_link(word)).map(str::to_owned).collect();
    let name = words.join(" ").replace(['"', '\u{201c}', '\u{201d}', '\u{201e}'], "'");
    match name.chars().count() {
        0 => "(no name)".to_owned(),
        1..=MAX_NAME => name,
        _ => format!("{}…", name.chars().take(MAX_NAME - 1).collect::<String>().trim_end()),
    }
}

/// Tells what a mail reader would turn into a link to a web page: a scheme, `www.`, or a host name. A mail
/// address is none.
fn is_link(word: &str) -> bool {
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.contains("www.") || lower.starts_with("mailto:") {
        return true;
    }
    let is_host = |text: &str| {
        let labels: Vec<_> = text.split('.').collect();
        let is_name = |label: &&str| {
            // A top-level domain in another script may be written in ASCII, as in `xn--p1ai`.
            label.starts_with("xn--") || label.len() >= 2 && label.chars().all(char::is_alphabetic)
        };
        let is_address = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
        let is_named = labels.len() > 1 && labels.last().is_some_and(is_name);
        (is_named || is_address) && labels.iter().all(|label| !label.is_empty())
    };
    let outside = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '@');
    lower.split(outside).any(|part| match part.trim_matches('.').rsplit_once('@') {
        Some((local, host)) => is_host(host) && (local.is_empty() || lower.contains('/')),
        None => is_host(part.trim_matches('.')),
    })
}

/// Embeddings, overrides and isolates.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_one_line() {
        for (hostile, harmless) in [
            ("Ada", "Ada"),
            ("  Ada \t Lovelace ", "Ada Lovelace"),
            ("Ada\r\nBcc: all@example.com", "Ada Bcc: all@example.com"),
            ("Ada\u{2028}Owen\u{85}Olga\0Grace", "Ada Owen Olga Grace"),
            ("\u{202e}adA\u{202c}", "adA"),
            ("李 \u{200d}雷", "李 \u{200d}雷"),
            ("\n\u{202e}\n", ""),
        ] {
            assert_eq!(one_line(hostile), harmless, "{hostile:?}");
        }
    }

    #[test]
    fn a_display_name_holds_no_link_and_no_quotes_and_is_short() {
        for (hostile, harmless) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("J. R. R. Tolkien Jr.", "J. R. R. Tolkien Jr."),
            ("ada@example.com", "ada@example.com"),
            ("URGENT account review https://evil.example/x", "URGENT account review"),
            ("Ada (evil.example/x) HTTP://EVIL.EXAMPLE", "Ada"),
            ("Ada www.evil", "Ada"),
            ("Ada <evil.example>", "Ada"),
            ("Ada evil.xn--p1ai xn--e1afmkfd.xn--p1ai/x", "Ada"),
            ("Ada 203.0.113.7 203.0.113.7/login", "Ada"),
            ("Ada 3.0.1", "Ada 3.0.1"),
            ("Ada @evil.example x@evil.example/x", "Ada"),
            ("Ada\" has left. \u{201c}Eve\u{201d}", "Ada' has left. 'Eve'"),
            ("evil.example", "(no name)"),
            (" \u{202e} ", "(no name)"),
        ] {
            assert_eq!(display_name(hostile), harmless, "{hostile:?}");
        }
        let long = display_name(&"é".repeat(61));
        assert_eq!((long.chars().count(), long.chars().last()), (60, Some('…')));
        assert_eq!(display_name(&"é".repeat(60)), "é".repeat(60));
    }

    #[test]
    fn a_text_keeps_its_lines_and_nothing_else() {
        assert_eq!(lines("\r\none\r\ntwo\rthree\u{2029}\tfour\u{7}\n\n"), "one\ntwo\nthree\n four");
        assert_eq!(quoted("one\n\ntwo"), "> one\n>\n> two");
    }
}
