//! Does a certificate name the server? RFC 9525 §6: alternative names only, never the common name.

use std::net::IpAddr;

use super::certificate::{Cert, general_name};

/// Whether an alternative name of the leaf is the server's. `None` when `server` is neither a name nor an address.
pub(in crate::verify) fn matches(leaf: &Cert<'_>, server: &str) -> Option<bool> {
    let names = leaf.alternative_names().unwrap_or_default();
    let of_kind = |kind: u8| {
        let own = names.iter().filter(move |name| name.tag == kind);
        own.map(|name| name.content)
    };
    if let Ok(address) = server.parse::<IpAddr>() {
        let wanted = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        return Some(of_kind(general_name::IP).any(|bytes| bytes == wanted));
    }
    let server = server
        .strip_suffix('.')
        .unwrap_or(server)
        .to_ascii_lowercase();
    if !is_host(&server) {
        return None;
    }
    Some(of_kind(general_name::DNS).any(|presented| {
        std::str::from_utf8(presented).is_ok_and(|presented| is_for(presented, &server))
    }))
}

/// Whether a presented name is for `server`, which is in lower case.
fn is_for(presented: &str, server: &str) -> bool {
    let presented = presented.to_ascii_lowercase();
    if !is_presentable(&presented) {
        return false;
    }
    match presented.strip_prefix("*.") {
        None => presented == server,
        Some(parent) => {
            let below = server.split_once('.');
            below.is_some_and(|(_, rest)| rest == parent) && !is_registry(parent)
        }
    }
}

/// Whether names directly below belong to many owners, so that browsers take no wildcard there: `com`, `co.uk`.
pub(super) fn is_registry(parent: &str) -> bool {
    let single = !parent.contains('.');
    let known = psl::suffix(parent.as_bytes()).is_some_and(|suffix| {
        suffix.as_bytes() == parent.as_bytes() && suffix.typ() == Some(psl::Type::Icann)
    });
    single || known
}

/// Whether a name in a certificate is a host, or one below a `*.`, in lower or upper case.
pub(super) fn is_presentable(name: &str) -> bool {
    is_host(name.strip_prefix("*.").unwrap_or(name))
}

/// Whether it is a host name as clients take it: letters, digits, hyphens, and underscores, which are in use although RFC 1123
/// does not have them. Not an address, and no final dot.
pub(super) fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(label) && !name.rsplit('.').next().is_some_and(numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label_on_the_left() {
        assert!(is_for("*.example.com", "foo.example.com"));
        assert!(is_for("*.Example.com", "foo.example.com"));
        assert!(!is_for("*.example.com", "example.com"));
        assert!(!is_for("*.example.com", "a.b.example.com"));
        assert!(!is_for("f*.example.com", "foo.example.com"));
        assert!(!is_for("foo.*.com", "foo.example.com"));
        assert!(!is_for(
            "xn--*-1b3c148a.example.com",
            "xn--bliss-1b3c148a.example.com"
        ));
    }

    #[test]
    fn a_wildcard_below_a_registry_stands_for_nothing() {
        assert!(!is_for("*.com", "example.com"));
        assert!(!is_for("*.co.uk", "example.co.uk"));
        assert!(!is_for("*", "localhost"));
        assert!(is_for("*.github.io", "doorstep.github.io"));
    }

    #[test]
    fn single_labels_and_underscores_match_as_they_are() {
        assert!(is_for("localhost", "localhost"));
        assert!(is_for("foo_bar.example.com", "foo_bar.example.com"));
        assert!(!is_for("example.com.", "example.com"));
        assert!(!is_for("192.0.2.1", "192.0.2.1"));
    }
}
