//! CAA records as zone files write them (RFC 8659 §4.1), and what of one a judgement needs.

/// One property of a CAA set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Whether an authority that does not know the tag must not issue (flag 128).
    pub critical: bool,
    /// The tag in lower case.
    pub tag: String,
    /// The value.
    pub value: String,
}

impl Property {
    /// Reads the presentation format; `None` for what is none, such as the generic form of unreadable data.
    #[must_use]
    pub fn read(data: &str) -> Option<Self> {
        let (flags, rest) = data.split_once(' ')?;
        let (tag, value) = rest.split_once(' ')?;
        let flags: u8 = flags.parse().ok()?;
        Some(Self {
            critical: flags & 128 > 0,
            tag: tag.to_ascii_lowercase(),
            value: unquoted(value),
        })
    }

    /// The authority that an `issue` or `issuewild` property names, in lower case: empty for none, and for a value that does
    /// not follow the grammar of RFC 8659 §4.2.
    #[must_use]
    pub fn issuer(&self) -> String {
        let (name, parameters) = self.value.split_once(';').unwrap_or((&self.value, ""));
        let name = name.trim_matches([' ', '\t']).to_ascii_lowercase();
        if name.split('.').all(is_label) && are_parameters(parameters) {
            name
        } else {
            String::new()
        }
    }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty()
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `tag=value` between semicolons, or nothing at all.
fn are_parameters(text: &str) -> bool {
    let parameter = |text: &str| {
        let (tag, value) = text.split_once('=').unwrap_or(("", ""));
        let tag = tag.trim_matches([' ', '\t']);
        let value = value.trim_matches([' ', '\t']);
        is_label(tag)
            && value
                .bytes()
                .all(|byte| matches!(byte, b'!'..=b':' | b'<'..=b'~'))
    };
    let text = text.trim_matches([' ', '\t']);
    text.is_empty() || text.trim_end_matches(';').split(';').all(parameter)
}

/// The bytes of a quoted character string as text.
fn unquoted(text: &str) -> String {
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            '\\' => plain.push(escaped(&mut rest)),
            other => plain.push(other),
        }
    }
    plain
}

/// What stands behind a backslash: three digits are the number of a byte, none of which the grammar has.
fn escaped(rest: &mut std::str::Chars<'_>) -> char {
    match rest.next() {
        Some(digit) if digit.is_ascii_digit() => {
            rest.nth(1);
            char::REPLACEMENT_CHARACTER
        }
        Some(other) => other,
        None => '\\',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(data: &str) -> String {
        Property::read(data).unwrap().issuer()
    }

    #[test]
    fn the_issuer_stands_before_the_parameters() {
        assert_eq!(issuer("0 issue \"CA.example\""), "ca.example");
        assert_eq!(
            issuer("0 issue \" ca.example ; account=230123 \""),
            "ca.example"
        );
        assert_eq!(issuer("0 issue \"ca.example; a=1; b=2;\""), "ca.example");
        assert_eq!(
            issuer("0 issue \"ca.example;validationmethods=dns-01,http-01\""),
            "ca.example"
        );
    }

    #[test]
    fn nobody_is_named_by_a_semicolon_or_by_what_breaks_the_grammar() {
        assert_eq!(issuer("0 issue \";\""), "");
        assert_eq!(issuer("0 issue \"\""), "");
        assert_eq!(issuer("0 issue \"%%%%%\""), "");
        assert_eq!(issuer("0 issue \"ca.example account=1\""), "");
        assert_eq!(issuer("0 issue \"ca.example; account\""), "");
        assert_eq!(issuer("0 issue \"ca.example\\000\""), "");
    }

    #[test]
    fn a_flag_of_128_makes_a_property_critical() {
        let read = |data: &str| Property::read(data).unwrap();
        assert!(read("128 Tbs \"unknown\"").critical);
        assert_eq!(read("128 Tbs \"unknown\"").tag, "tbs");
        assert!(!read("1 issue \"ca.example\"").critical);
        assert_eq!(Property::read("\\# 3 010203"), None);
    }
}
