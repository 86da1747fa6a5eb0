//! What a subtree of names grows from, and which names lie in it.

use super::super::certificate::general_name;
use super::super::distinguished::Distinguished;
use super::super::name;
use super::presented::{Presented, host_of};
use crate::verify::der::Element;

/// What a subtree grows from.
#[derive(Debug)]
pub(super) enum Base {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask, of the same length.
    Ip(Vec<u8>, Vec<u8>),
    Directory(Distinguished),
    /// Of a kind that cannot be compared; its tag.
    Other(u8),
}

impl Base {
    pub(super) fn read(base: &Element<'_>) -> Option<Self> {
        let text = || {
            let text = std::str::from_utf8(base.content).ok()?;
            text.is_ascii().then(|| text.to_ascii_lowercase())
        };
        match base.tag {
            general_name::DNS => {
                let text = text()?;
                let host = text.strip_prefix('.').unwrap_or(&text);
                let sound = text.is_empty() || name::is_host(host);
                sound.then_some(Self::Dns(text))
            }
            // The local part of a mailbox is compared with regard to case.
            general_name::EMAIL => {
                let exact = std::str::from_utf8(base.content).ok()?;
                match exact.rsplit_once('@') {
                    Some((local, host)) => {
                        let host = host.to_ascii_lowercase();
                        let sound = is_local_part(local) && name::is_host(&host);
                        sound.then(|| Self::Email(format!("{local}@{host}")))
                    }
                    None => text()
                        .filter(|text| is_host_or_domain(text))
                        .map(Self::Email),
                }
            }
            general_name::URI => text().filter(|text| is_host_or_domain(text)).map(Self::Uri),
            general_name::IP => range(base.content),
            general_name::DIRECTORY => Distinguished::read(base.content).map(Self::Directory),
            other => Some(Self::Other(other)),
        }
    }

    pub(super) fn is_of_kind(&self, name: &Presented) -> bool {
        match (self, name) {
            (Self::Dns(_), Presented::Dns(_))
            | (Self::Email(_), Presented::Email(_))
            | (Self::Uri(_), Presented::Uri(_))
            | (Self::Ip(..), Presented::Ip(_))
            | (Self::Directory(_), Presented::Directory(..)) => true,
            (Self::Other(own), Presented::Other(presented)) => own == presented,
            _ => false,
        }
    }

    /// Whether some name that `name` stands for lies in the subtree. `None` when that cannot be told.
    pub(super) fn touches(&self, name: &Presented) -> Option<bool> {
        match (self, name) {
            (Self::Dns(base), Presented::Dns(dns)) => {
                if !name::is_presentable(dns) {
                    return None;
                }
                let Some(parent) = dns.strip_prefix("*.") else {
                    return Some(is_below(dns, base));
                };
                // A wildcard stands for any name one label below its parent.
                let beside = base.split_once('.').is_some_and(|(_, rest)| rest == parent);
                Some(beside || is_below(parent, base))
            }
            _ if self.is_of_kind(name) => self.holds(name),
            _ => Some(false),
        }
    }

    /// Whether all names that `name` stands for lie in the subtree. `None` when that cannot be told.
    pub(super) fn holds(&self, name: &Presented) -> Option<bool> {
        match (self, name) {
            (Self::Dns(base), Presented::Dns(dns)) => name::is_presentable(dns)
                .then(|| is_below(dns.strip_prefix("*.").unwrap_or(dns), base)),
            (Self::Email(base), Presented::Email(mailbox)) => {
                let (_, host) = mailbox.rsplit_once('@')?;
                Some(match (base.contains('@'), base.strip_prefix('.')) {
                    (true, _) => mailbox == base,
                    (_, Some(_)) => host.ends_with(base.as_str()),
                    _ => host == base,
                })
            }
            (Self::Uri(base), Presented::Uri(uri)) => {
                let host = host_of(uri)?;
                Some(match base.strip_prefix('.') {
                    Some(_) => host.ends_with(base.as_str()),
                    None => host == *base,
                })
            }
            (Self::Ip(address, mask), Presented::Ip(bytes)) => {
                if bytes.len() != 4 && bytes.len() != 16 {
                    return None;
                }
                let masked = bytes.iter().zip(mask).map(|(byte, mask)| byte & mask);
                let base = address.iter().zip(mask).map(|(byte, mask)| byte & mask);
                Some(bytes.len() == address.len() && masked.eq(base))
            }
            (Self::Directory(base), Presented::Directory(own, _)) => Some(own.is_within(base)),
            _ => None,
        }
    }
}

/// A host, or with a leading dot all below one.
fn is_host_or_domain(base: &str) -> bool {
    name::is_host(base.strip_prefix('.').unwrap_or(base))
}

/// What may stand before the `@` of a mailbox; a constraint knows no wildcards.
fn is_local_part(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'*'))
}

/// Whether `host` is `base` or below it. A base with a leading dot, which is not allowed but in use, means "below" only.
fn is_below(host: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    if base.starts_with('.') {
        return host.ends_with(base);
    }
    let above = host.strip_suffix(base);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// An address and its mask. The mask must be one of RFC 4632, ones before zeros.
fn range(bytes: &[u8]) -> Option<Base> {
    if bytes.len() != 8 && bytes.len() != 32 {
        return None;
    }
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let leading = mask
        .iter()
        .fold((0, true), |(count, going), byte| match going {
            true => (count + byte.leading_ones(), *byte == 0xff),
            false => (count, false),
        });
    (leading.0 == ones).then(|| Base::Ip(address.to_vec(), mask.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::presented::mailbox_of;
    use super::*;
    use crate::verify::der;

    fn dns(base: &str) -> Base {
        let element = der::wrapped(general_name::DNS, base.as_bytes());
        Base::read(&der::element(&element).unwrap().0).unwrap()
    }

    fn presented(name: &str) -> Presented {
        Presented::Dns(name.to_owned())
    }

    #[test]
    fn a_dns_subtree_holds_the_name_itself_and_what_is_below_it() {
        let base = dns("Example.com");
        assert_eq!(base.holds(&presented("example.com")), Some(true));
        assert_eq!(base.holds(&presented("a.example.com")), Some(true));
        assert_eq!(base.holds(&presented("*.example.com")), Some(true));
        assert_eq!(base.holds(&presented("notexample.com")), Some(false));
        assert_eq!(base.holds(&presented(".example.com")), None);
        assert_eq!(dns("").holds(&presented("any.example")), Some(true));
    }

    #[test]
    fn a_wildcard_is_excluded_when_it_might_stand_for_an_excluded_name() {
        let base = dns("foo.example.com");
        assert_eq!(base.touches(&presented("*.example.com")), Some(true));
        assert_eq!(base.touches(&presented("*.foo.example.com")), Some(true));
        assert_eq!(base.touches(&presented("*.com")), Some(false));
        assert_eq!(base.holds(&presented("*.example.com")), Some(false));
    }

    #[test]
    fn bases_of_a_wrong_form_are_not_read() {
        let read = |tag: u8, content: &[u8]| {
            let element = der::wrapped(tag, content);
            Base::read(&der::element(&element).unwrap().0).is_some()
        };
        assert!(!read(general_name::DNS, b"*.example.com"));
        assert!(read(general_name::DNS, b".example.com"));
        assert!(!read(general_name::IP, &[192, 0, 2, 0]));
        assert!(!read(general_name::IP, &[192, 0, 2, 0, 255, 0, 255, 0]));
        assert!(read(general_name::IP, &[192, 0, 2, 0, 255, 255, 255, 0]));
        for sound in ["example.com", ".example.com", "Joe@example.com"] {
            assert!(read(general_name::EMAIL, sound.as_bytes()), "{sound}");
        }
        for wrong in [
            "*@example.com",
            "@example.com",
            "not a mailbox",
            "a@b@c",
            "",
        ] {
            assert!(!read(general_name::EMAIL, wrong.as_bytes()), "{wrong}");
        }
        for sound in ["example.com", ".example.com"] {
            assert!(read(general_name::URI, sound.as_bytes()), "{sound}");
        }
        for wrong in ["192.0.2.1", "https://example.com/", "*.example.com", ""] {
            assert!(!read(general_name::URI, wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn mailboxes_and_uris_are_limited_by_host_or_domain() {
        let email = |base: &str| Base::Email(base.to_owned());
        let mailbox = mailbox_of("Joe@Mail.example");
        assert_eq!(email("mail.example").holds(&mailbox), Some(true));
        assert_eq!(email(".example").holds(&mailbox), Some(true));
        assert_eq!(email("example").holds(&mailbox), Some(false));
        assert_eq!(email("Joe@mail.example").holds(&mailbox), Some(true));
        assert_eq!(email("joe@mail.example").holds(&mailbox), Some(false));
        let uri = Presented::Uri("https://user@a.example:1/x".to_owned());
        assert_eq!(Base::Uri(".example".to_owned()).holds(&uri), Some(true));
        assert_eq!(Base::Uri("example".to_owned()).holds(&uri), Some(false));
        let address = Presented::Uri("https://192.0.2.1/".to_owned());
        assert_eq!(Base::Uri("example".to_owned()).holds(&address), None);
    }
}
