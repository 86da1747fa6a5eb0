//! Where else a page may be had, as its answer says (Alt-Svc, RFC 7838).

use std::ops::Range;

use super::Hop;

impl Hop {
    /// Whether an alternative for HTTP/3 is announced, at whatever place. `clear` has none.
    #[must_use]
    pub fn announces_h3(&self) -> bool {
        let fields = self.values("alt-svc");
        fields
            .into_iter()
            .any(|field| h3_alternative(field).is_some())
    }
}

/// The bytes of the first alternative in a field (RFC 7838 §3) that is for HTTP/3, with its parameters.
#[must_use]
pub fn h3_alternative(field: &str) -> Option<Range<usize>> {
    let (mut quoted, mut escaped) = (false, false);
    let alternatives = field.split(|c| {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        c == ',' && !quoted
    });
    let mut from = 0;
    let mut placed = alternatives.map(|alternative| {
        let start = from;
        from += alternative.len() + 1;
        (start, alternative)
    });
    placed.find_map(|(start, alternative)| {
        let (name, _) = alternative.split_once('=')?;
        let start = start + (alternative.len() - alternative.trim_start().len());
        (name.trim() == "h3").then(|| start..start + alternative.trim().len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_where_it_stands() {
        let field = "h2=\"a,h3=b\" , h3 = \":8443\"; ma=60 ,h3=\":443\"";
        let bytes = h3_alternative(field).unwrap();
        assert_eq!(&field[bytes], "h3 = \":8443\"; ma=60");
    }

    #[test]
    fn an_alternative_is_for_http_3_by_its_own_name_alone() {
        for field in [
            "h3=\":443\"",
            "h2=\":443\"; ma=60, h3 = \":8443\"; persist=1",
            "h2=\"a\\\",b\", h3=\":443\"",
        ] {
            assert!(h3_alternative(field).is_some(), "{field}");
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
            assert_eq!(h3_alternative(field), None, "{field}");
        }
    }
}
