//! Domain names as they stand in a report.

use std::fmt::{self, Write};
use std::str::FromStr;

use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use super::rr_type::{RrType, UnknownRrType};

/// An absolute domain name, compared without regard to case and written in lower case with its final dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Name);

impl DnsName {
    /// The root, `.`.
    #[must_use]
    pub fn root() -> Self {
        Self(Name::root())
    }

    /// The name for the wire.
    #[must_use]
    pub fn as_wire(&self) -> &Name {
        &self.0
    }

    /// How many labels the name has; the root has none.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.0.iter().count()
    }

    /// Whether this name is `other` or below it.
    #[must_use]
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        other.0.zone_of(&self.0)
    }

    /// Whether this name is below `other`, and not the same.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self != other && self.is_at_or_below(other)
    }

    /// The ancestor that has `labels` labels; the name itself when it has no more than that.
    #[must_use]
    pub fn with_labels(&self, labels: usize) -> Self {
        Self(self.0.trim_to(labels))
    }

    /// The name at or above this one that can be registered, by the public suffix list; none for a suffix itself.
    #[must_use]
    pub fn registrable(&self) -> Option<Self> {
        psl::domain_str(&self.without_dot())?.parse().ok()
    }

    /// The other one of a registrable name and its `www`; none for any other name.
    #[must_use]
    pub fn twin(&self) -> Option<Self> {
        let own = self.without_dot();
        let registrable = psl::domain_str(&own)?;
        let other = match own.strip_prefix("www.") {
            Some(bare) if bare == registrable => bare.to_owned(),
            _ if own == registrable => format!("www.{own}"),
            _ => return None,
        };
        other.parse().ok()
    }

    /// The name without its final dot, as users and certificates write it; the root stays `.`.
    #[must_use]
    pub fn without_dot(&self) -> String {
        let absolute = self.to_string();
        match absolute.strip_suffix('.') {
            Some(relative) if !relative.is_empty() => relative.to_owned(),
            _ => absolute,
        }
    }
}

impl From<Name> for DnsName {
    fn from(name: Name) -> Self {
        let mut name = name.to_lowercase();
        name.set_fqdn(true);
        Self(name)
    }
}

/// Why a text is no domain name (RFC 1035 §2.3.4, §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// Two dots stand side by side, or one in front.
    #[error("a label is empty")]
    EmptyLabel,
    /// A backslash is followed by neither a character nor a number from 0 to 255.
    #[error("a backslash is followed by nothing that it could stand for")]
    Escape,
    /// A label or the whole is too long.
    #[error("a name has at most 253 characters, in labels of at most 63")]
    TooLong,
}

impl FromStr for DnsName {
    type Err = NameError;

    /// Reads the form of zone files: `\.` is a dot within a label, `\046` a byte by its decimal number.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => return Err(NameError::Empty),
            "." => return Ok(Self::root()),
            _ => {}
        }
        let mut labels: Vec<Vec<u8>> = vec![Vec::new()];
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let label = labels.last_mut().ok_or(NameError::Empty)?;
            match byte {
                b'.' if label.is_empty() => return Err(NameError::EmptyLabel),
                b'.' => labels.push(Vec::new()),
                b'\\' => label.push(escaped(&mut bytes).ok_or(NameError::Escape)?),
                other => label.push(other),
            }
        }
        // The final dot leaves an empty label behind.
        labels.pop_if(|last| last.is_empty());
        let name = Name::from_labels(labels.iter().map(Vec::as_slice));
        name.map(Self::from).map_err(|_| NameError::TooLong)
    }
}

/// What stands behind a backslash.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let first = bytes.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, bytes.next()?, bytes.next()?];
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for label in &self.0 {
            match std::str::from_utf8(label) {
                Ok(text) if text.bytes().all(is_plain) => f.write_str(text)?,
                _ => write_escaped(f, label)?,
            }
            f.write_str(".")?;
        }
        if self.0.is_root() {
            f.write_str(".")
        } else {
            Ok(())
        }
    }
}

/// What a label of a host or a service is made of.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'*' | b'/')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, label: &[u8]) -> fmt::Result {
    for byte in label {
        match byte {
            plain if is_plain(*plain) => f.write_char(char::from(*plain))?,
            b'!'..=b'~' => write!(f, "\\{}", char::from(*byte))?,
            other => write!(f, "\\{other:03}")?,
        }
    }
    Ok(())
}

impl Serialize for DnsName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DnsName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for DnsName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DnsName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "description": "an absolute domain name, with its final dot" })
    }
}

/// A name in wire format without compression, such as the data of a DNAME record.
#[must_use]
pub fn uncompressed(data: &[u8]) -> Option<Name> {
    let mut decoder = BinDecoder::new(data);
    let mut name = Name::read(&mut decoder).ok()?;
    name.set_fqdn(true);
    decoder.is_empty().then_some(name)
}

/// What a DNAME at `owner` makes of a name below it (RFC 6672 §2.2); `None` when it is not below, or becomes too long.
#[must_use]
pub fn substituted(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    let (all, own) = (name.iter().count(), owner.iter().count());
    if !owner.zone_of(name) || all == own {
        return None;
    }
    let labels = name.iter().take(all - own).chain(target.iter());
    Name::from_labels(labels).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_lower_case_with_its_final_dot() {
        assert_eq!(
            "WWW.Example".parse::<DnsName>().unwrap().to_string(),
            "www.example."
        );
    }

    #[test]
    fn the_root_keeps_its_dot_everywhere() {
        assert_eq!(DnsName::root().without_dot(), ".");
        assert_eq!(DnsName::root().label_count(), 0);
    }

    #[test]
    fn a_name_is_at_but_not_below_itself() {
        let name: DnsName = "example.com".parse().unwrap();
        assert!(name.is_at_or_below(&name) && !name.is_below(&name));
        assert!(name.is_below(&"com".parse().unwrap()));
        assert!(!name.is_at_or_below(&"ample.com".parse().unwrap()));
    }

    #[test]
    fn only_a_registrable_name_and_its_www_are_twins() {
        let twin = |name: &str| {
            let twin = name.parse::<DnsName>().unwrap().twin();
            twin.map(|twin| twin.to_string())
        };
        assert_eq!(twin("example.com").as_deref(), Some("www.example.com."));
        assert_eq!(twin("www.example.co.uk").as_deref(), Some("example.co.uk."));
        for none in ["com", "co.uk", "shop.example.com", "www.shop.example.com"] {
            assert_eq!(twin(none), None, "{none}");
        }
    }

    #[test]
    fn every_label_of_the_wire_survives_a_report() {
        for byte in 0..=255 {
            let odd = Name::from_labels([[b'a', byte, b'z'].as_slice(), b"example"]).unwrap();
            let name = DnsName::from(odd);
            let read: Result<DnsName, _> = name.to_string().parse();
            assert!(read.is_ok_and(|read| read == name), "{byte}: {name}");
        }
    }

    #[test]
    fn a_dname_replaces_the_end_of_names_below_it() {
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let made = |text| substituted(&name(text), &name("old.example."), &name("new.test."));
        assert_eq!(made("a.b.old.example."), Some(name("a.b.new.test.")));
        assert_eq!(made("old.example."), None);
        assert_eq!(made("bold.example."), None);
    }
}
