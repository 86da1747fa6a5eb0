//! Where else a page may be had, as its answer says (Alt-Svc, RFC 7838).

use super::Hop;

impl Hop {
    /// Whether an alternative for HTTP/3 is announced, at whatever place. `clear` has none.
    #[must_use]
    pub fn announces_h3(&self) -> bool {
        let fields = self.values("alt-svc");
        fields.into_iter().any(has_h3)
    }
}

/// Whether one of the alternatives (RFC 7838 §3) is for HTTP/3.
fn has_h3(field: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    let alternatives = field.split(|c| {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        c == ',' && !quoted
    });
    let mut names = alternatives.filter_map(|alternative| alternative.split_once('='));
    names.any(|(name, _)| name.trim() == "h3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_is_for_http_3_by_its_own_name_alone() {
        for field in [
            "h3=\":443\"",
            "h2=\":443\"; ma=60, h3 = \":8443\"; persist=1",
            "h2=\"a\\\",b\", h3=\":443\"",
        ] {
            assert!(has_h3(field), "{field}");
        }
        for field in [
            "",
            "clear",
            "h3",
            "h3-29=\":443\"",
            "H3=\":443\"",
            "h2=\":443\"; h3=1",
            "h2=\"a,h3=b:443\"",
            "h2=\"a\\\",h3=b\"",
        ] {
            assert!(!has_h3(field), "{field}");
        }
    }
}
