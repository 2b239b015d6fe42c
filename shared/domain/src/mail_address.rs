//! Mail addresses that people and issuers give.

/// Tells whether `text` is exactly one mail address that can plausibly be written to: a dot-atom (RFC 5322, section
/// 3.4.1), `@`, and a domain name of two labels or more, in ASCII, at most 254 bytes.
///
/// Display names, lists, quoted local parts and address literals are refused, which is more than the mail service
/// refuses: it would take `victim@example.com,second@example.com` for one recipient.
pub fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= 254 && is_dot_atom(local) && is_domain(domain)
}

fn is_dot_atom(local: &str) -> bool {
    let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit_once('.').map(|(_, top)| top);
    domain.split('.').all(is_label) && top.is_some_and(|top| !top.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plausible_address_is_accepted() {
        for good in ["ada@example.com", "a.b+c@mail.example.co.uk", "o'hara_7@xn--exmple-cua.com", "A@B.EXAMPLE"] {
            assert!(is_mail_address(good), "{good}");
        }
    }

    #[test]
    fn lists_markup_and_line_breaks_are_refused() {
        let long = format!("{}@example.com", "x".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "ada@@example.com",
            "victim@example.com,second@example.com",
            "victim@example.com;second@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada @example.com",
            " ada@example.com",
            "Ada <ada@example.com>",
            "<script>@example.com",
            "<script>@x",
            "ada@exa_mple.com",
            "ada@-example.com",
            "ada@example..com",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            ".ada@example.com",
            "ada.@example.com",
            "\"a b\"@example.com",
            "ädä@example.com",
            "ada@exämple.com",
            "ada\u{200b}@example.com",
            &long,
        ] {
            assert!(!is_mail_address(bad), "{bad:?}");
        }
    }
}
