//! Name constraints: for which names an authority may issue (RFC 5280 §4.2.1.10), all kinds of names.

use std::net::Ipv4Addr;

use super::certificate::{Cert, general_name};
use super::distinguished::{Distinguished, mail_addresses};
use super::name;
use crate::verify::der::{self, Element};

/// Comparisons of names with constraints in one path. Go and webpki end at the same number: 2,048 constraints on 2,048 names
/// would take seconds.
const COMPARISONS: usize = 250_000;

/// How many comparisons are left.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(COMPARISONS)
    }
}

/// Why a name breaks a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The constraints cannot be read, or are of a form that RFC 5280 forbids.
    Unreadable,
    /// This name, after its kind, lies outside of what is permitted or inside of what is excluded.
    Name(String),
    /// There are too many names and constraints to compare.
    TooMany,
}

/// The constraints of one authority.
#[derive(Debug)]
pub(super) struct Constraints {
    permitted: Vec<Base>,
    excluded: Vec<Base>,
}

/// What a subtree grows from.
#[derive(Debug)]
enum Base {
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask, of the same length.
    Ip(Vec<u8>, Vec<u8>),
    Directory(Distinguished),
    /// Of a kind that cannot be compared; its tag.
    Other(u8),
}

/// A name that a certificate presents.
#[derive(Debug)]
enum Presented {
    Dns(String),
    Email(String),
    Uri(String),
    Ip(Vec<u8>),
    Directory(Distinguished, String),
    Other(u8),
}

impl Constraints {
    /// Reads the extension's value. `None` for what clients refuse to read.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let mut both = Self {
            permitted: Vec::new(),
            excluded: Vec::new(),
        };
        let fields = der::sequence(value)?;
        if !fields.is_sorted_by(|one, next| one.tag < next.tag) {
            return None;
        }
        for field in &fields {
            match field.tag {
                0xa0 => both.permitted = bases(field)?,
                0xa1 => both.excluded = bases(field)?,
                _ => return None,
            }
        }
        (!fields.is_empty()).then_some(both)
    }

    /// Holds every name of `certificate` against the constraints.
    pub(super) fn check(&self, certificate: &Cert<'_>, budget: &mut Budget) -> Result<(), Broken> {
        for name in presented(certificate).ok_or(Broken::Unreadable)? {
            self.check_name(&name, budget)?;
        }
        Ok(())
    }

    fn check_name(&self, name: &Presented, budget: &mut Budget) -> Result<(), Broken> {
        let broken = || Broken::Name(name.in_words());
        for base in &self.excluded {
            spend(budget)?;
            if base.touches(name).ok_or_else(broken)? {
                return Err(broken());
            }
        }
        let mut of_its_kind = false;
        for base in &self.permitted {
            spend(budget)?;
            if !base.is_of_kind(name) {
                continue;
            }
            of_its_kind = true;
            if base.holds(name).ok_or_else(broken)? {
                return Ok(());
            }
        }
        if of_its_kind { Err(broken()) } else { Ok(()) }
    }
}

fn spend(budget: &mut Budget) -> Result<(), Broken> {
    budget.0 = budget.0.checked_sub(1).ok_or(Broken::TooMany)?;
    Ok(())
}

/// The bases of GeneralSubtrees, at least one. `minimum` and `maximum` must not be there (in DER 0, the default, is left out).
fn bases(field: &Element<'_>) -> Option<Vec<Base>> {
    let subtrees = der::elements(field.content).filter(|subtrees| !subtrees.is_empty())?;
    subtrees
        .iter()
        .map(|subtree| match der::sequence(subtree.whole)?.as_slice() {
            [base] => Base::read(base),
            _ => None,
        })
        .collect()
}

impl Base {
    fn read(base: &Element<'_>) -> Option<Self> {
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

    fn is_of_kind(&self, name: &Presented) -> bool {
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
    fn touches(&self, name: &Presented) -> Option<bool> {
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
    fn holds(&self, name: &Presented) -> Option<bool> {
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

/// The host of a URI, when it has one that is a name.
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    if host.starts_with('[') {
        return None;
    }
    let host = host.split(':').next()?.to_ascii_lowercase();
    (!host.is_empty() && host.parse::<Ipv4Addr>().is_err()).then_some(host)
}

/// Every name of a certificate to which constraints apply. `None` when its alternative names cannot be read.
fn presented(certificate: &Cert<'_>) -> Option<Vec<Presented>> {
    let mut all = Vec::new();
    let subject = Distinguished::read(certificate.subject_der())?;
    if !subject.is_empty() {
        all.push(Presented::Directory(subject, certificate.subject()));
    }
    let mails = mail_addresses(certificate.subject_der());
    all.extend(mails.iter().map(|mailbox| mailbox_of(mailbox)));
    let extension = certificate.extension(super::certificate::id::ALTERNATIVE_NAME);
    if extension.is_some() {
        for name in certificate.alternative_names()? {
            all.push(presented_name(&name));
        }
    }
    Some(all)
}

fn presented_name(name: &Element<'_>) -> Presented {
    let text = || String::from_utf8_lossy(name.content).into_owned();
    match name.tag {
        general_name::DNS => Presented::Dns(text().to_ascii_lowercase()),
        general_name::EMAIL => mailbox_of(&text()),
        general_name::URI => Presented::Uri(text()),
        general_name::IP => Presented::Ip(name.content.to_vec()),
        general_name::DIRECTORY => match Distinguished::read(name.content) {
            Some(read) => Presented::Directory(read, "a directory name".to_owned()),
            None => Presented::Other(name.tag),
        },
        other => Presented::Other(other),
    }
}

fn mailbox_of(text: &str) -> Presented {
    Presented::Email(match text.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
        None => text.to_owned(),
    })
}

impl Presented {
    fn in_words(&self) -> String {
        match self {
            Self::Dns(name) => format!("DNS:{name}"),
            Self::Email(name) => format!("email:{name}"),
            Self::Uri(name) => format!("URI:{name}"),
            Self::Ip(bytes) => match (
                <[u8; 4]>::try_from(&bytes[..]),
                <[u8; 16]>::try_from(&bytes[..]),
            ) {
                (Ok(v4), _) => format!("IP:{}", Ipv4Addr::from(v4)),
                (_, Ok(v6)) => format!("IP:{}", std::net::Ipv6Addr::from(v6)),
                _ => "IP:?".to_owned(),
            },
            Self::Directory(_, subject) => format!("DirName:{subject}"),
            Self::Other(tag) => format!("name of kind {}", tag & 0x1f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn empty_constraints_and_what_is_no_sequence_are_not_read() {
        assert!(Constraints::read(&[0x30, 0]).is_none());
        assert!(Constraints::read(&[0x30, 4, 0xa0, 0, 0xa1, 0]).is_none());
        assert!(Constraints::read(&[0x05, 0]).is_none());
    }

    #[test]
    fn permitted_and_excluded_stand_in_this_order_once_and_with_a_base() {
        let subtree = der::wrapped(
            der::SEQUENCE,
            &der::wrapped(general_name::DNS, b"a.example"),
        );
        let permitted = der::wrapped(0xa0, &subtree);
        let excluded = der::wrapped(0xa1, &subtree);
        let reads = |fields: &[&[u8]]| {
            Constraints::read(&der::wrapped(der::SEQUENCE, &fields.concat())).is_some()
        };
        assert!(reads(&[&permitted]));
        assert!(reads(&[&excluded]));
        assert!(reads(&[&permitted, &excluded]));
        assert!(!reads(&[&excluded, &permitted]));
        assert!(!reads(&[&permitted, &permitted]));
        assert!(!reads(&[&[0xa0, 0], &excluded]));
        assert!(!reads(&[&permitted, &[0xa1, 0]]));
    }
}
