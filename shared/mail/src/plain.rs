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
    fn a_text_keeps_its_lines_and_nothing_else() {
        assert_eq!(lines("\r\none\r\ntwo\rthree\u{2029}\tfour\u{7}\n\n"), "one\ntwo\nthree\n four");
        assert_eq!(quoted("one\n\ntwo"), "> one\n>\n> two");
    }
}
