//! HTTPS and SVCB records as zone files write them (RFC 9460 §2.1), and what of one a look and a judgement need.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::rdata::svcb::{SVCB, SvcParamValue};

use super::dns::{Dns, Outcome, Purpose};
use super::name::{DnsName, RrType};
use super::presentation::quoted;

/// The port of HTTPS.
const HTTPS: u16 = 443;
/// The keys that are understood here: a record that has others for mandatory is passed over (RFC 9460 §8).
const KEYS: [&str; 6] = [
    "alpn",
    "no-default-alpn",
    "port",
    "ipv4hint",
    "ech",
    "ipv6hint",
];

/// What an HTTPS record announces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// 0 for an alias (AliasMode), else the order of preference.
    pub priority: u16,
    /// The name that serves; `.` for the owner itself.
    pub target: String,
    /// Application protocols beside the default one.
    pub alpn: Vec<String>,
    /// Whether HTTP/1.1 is not to be taken for granted.
    pub no_default_alpn: bool,
    /// The port instead of 443.
    pub port: Option<u16>,
    /// The keys for encrypted client hellos, as an ECHConfigList; empty when they cannot be decoded.
    pub ech: Option<Vec<u8>>,
    /// What a client has to understand, or pass the record over.
    pub mandatory: Vec<String>,
    /// Addresses of the target, to save a question.
    pub hints: Vec<IpAddr>,
    /// Every key that is there.
    pub keys: Vec<String>,
}

impl Service {
    /// Reads the presentation format; `None` for what is none, such as the generic form of unreadable data.
    #[must_use]
    pub fn read(data: &str) -> Option<Self> {
        let mut words = data.split_ascii_whitespace();
        let mut service = Self {
            priority: words.next()?.parse().ok()?,
            target: words.next()?.to_owned(),
            ..Self::default()
        };
        for word in words {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            service.take(key, value.trim_matches('"'));
        }
        Some(service)
    }

    fn take(&mut self, key: &str, value: &str) {
        self.keys.push(key.to_owned());
        match key {
            "alpn" => self.alpn = value.split(',').map(str::to_owned).collect(),
            "no-default-alpn" => self.no_default_alpn = true,
            "port" => self.port = value.parse().ok(),
            "ech" => self.ech = Some(STANDARD.decode(value).unwrap_or_default()),
            "mandatory" => self.mandatory = value.split(',').map(str::to_owned).collect(),
            "ipv4hint" | "ipv6hint" => {
                let hints = value.split(',').map(str::parse::<IpAddr>);
                self.hints.extend(hints.filter_map(Result::ok));
            }
            _ => {}
        }
    }
}

/// A record that a browser would go by, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The record data in presentation format.
    pub record: String,
    /// The name that has it: the end of the alias chain.
    pub owner: DnsName,
    /// What it says.
    pub service: Service,
}

impl Announcement {
    /// Whether the owner itself serves, at its own addresses.
    #[must_use]
    pub fn is_own(&self) -> bool {
        let target = &self.service.target;
        target == "." || *target == self.owner.to_string()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.service.port.unwrap_or(HTTPS)
    }

    /// Whether it speaks of where browsers go without it as well.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.is_own() && self.port() == HTTPS
    }

    /// Whether a protocol is promised.
    #[must_use]
    pub fn promises(&self, alpn: &str) -> bool {
        let default = alpn == "http/1.1" && !self.service.no_default_alpn;
        default || self.service.alpn.iter().any(|own| own == alpn)
    }
}

/// Where HTTPS records of AliasMode lead that were followed no further yet.
#[must_use]
pub fn aliases(dns: &Dns) -> Vec<DnsName> {
    let known = |name: &DnsName| {
        let mut asked = dns.questions.iter();
        asked.any(|question| question.name == *name && question.r#type == RrType::HTTPS)
    };
    let answers = dns
        .of(Some(Purpose::Https))
        .flat_map(|question| &question.answers);
    let services = answers
        .filter(|record| record.r#type == RrType::HTTPS)
        .filter_map(|record| Service::read(&record.data));
    let aliases = services.filter(|service| service.priority == 0 && service.target != ".");
    let mut targets: Vec<DnsName> = aliases
        .filter_map(|service| service.target.parse().ok())
        .filter(|target| !known(target))
        .collect();
    targets.sort();
    targets.dedup();
    targets
}

/// The HTTPS records of the host that say who serves (ServiceMode), and that clients do not pass over.
#[must_use]
pub fn announcements(dns: &Dns) -> Vec<Announcement> {
    let answers = dns
        .of(Some(Purpose::Https))
        .filter(|question| question.outcome == Outcome::Answer)
        .flat_map(|question| &question.answers)
        .filter(|record| record.r#type == RrType::HTTPS);
    let read = answers.filter_map(|record| {
        let service = Service::read(&record.data)?;
        let understood = |key: &String| KEYS.contains(&key.as_str());
        let counts = service.priority > 0 && service.mandatory.iter().all(understood);
        counts.then(|| Announcement {
            record: record.data.clone(),
            owner: record.name.clone(),
            service,
        })
    });
    read.collect()
}

/// The record data in presentation format; hickory's own leaves commas behind lists.
pub(super) fn presentation(record: &SVCB) -> String {
    let target = DnsName::from(record.target_name.clone());
    let mut text = format!("{} {target}", record.svc_priority);
    for (key, value) in &record.svc_params {
        text += &format!(" {key}");
        let list = |items: Vec<String>| items.join(",");
        let value = match value {
            SvcParamValue::NoDefaultAlpn => continue,
            SvcParamValue::Alpn(alpn) => quoted(alpn_list(&alpn.0).as_bytes()),
            SvcParamValue::Unknown(bytes) => quoted(&bytes.0),
            SvcParamValue::Mandatory(keys) => {
                list(keys.0.iter().map(ToString::to_string).collect())
            }
            SvcParamValue::Ipv4Hint(hint) => {
                list(hint.0.iter().map(|one| one.0.to_string()).collect())
            }
            SvcParamValue::Ipv6Hint(hint) => {
                list(hint.0.iter().map(|one| one.0.to_string()).collect())
            }
            other => other.to_string(),
        };
        text += &format!("={value}");
    }
    text
}

/// The protocols with a comma between them; one inside of a protocol is escaped (RFC 9460 appendix A.1).
fn alpn_list(protocols: &[String]) -> String {
    let escaped = protocols
        .iter()
        .map(|protocol| protocol.replace('\\', "\\\\").replace(',', "\\,"));
    escaped.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::Name;
    use hickory_proto::rr::rdata::svcb::{Alpn, IpHint, SvcParamKey};
    use hickory_proto::rr::rdata::{A, svcb};

    #[test]
    fn a_record_is_written_as_dig_writes_it_and_read_again() {
        let hint = IpHint(vec![A::new(192, 0, 2, 1), A::new(192, 0, 2, 2)]);
        let protocols = Alpn(vec!["h3".to_owned(), "h2".to_owned()]);
        let record = SVCB::new(
            1,
            Name::root(),
            vec![
                (SvcParamKey::Alpn, SvcParamValue::Alpn(protocols)),
                (SvcParamKey::NoDefaultAlpn, SvcParamValue::NoDefaultAlpn),
                (SvcParamKey::Port, SvcParamValue::Port(8443)),
                (SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(hint)),
                (
                    SvcParamKey::EchConfigList,
                    SvcParamValue::EchConfigList(svcb::EchConfigList(vec![1, 2])),
                ),
            ],
        );
        let text = presentation(&record);
        assert_eq!(
            text,
            "1 . alpn=\"h3,h2\" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=\"AQI=\""
        );
        let service = Service::read(&text).unwrap();
        assert_eq!((service.alpn.len(), service.hints.len()), (2, 2));
        assert_eq!(
            (service.port, service.ech, service.no_default_alpn),
            (Some(8443), Some(vec![1, 2]), true)
        );
    }

    #[test]
    fn what_a_protocol_or_an_unknown_key_holds_is_escaped() {
        let protocols = Alpn(vec!["h\0\"".to_owned(), "a,b".to_owned()]);
        let record = SVCB::new(
            1,
            Name::root(),
            vec![
                (SvcParamKey::Alpn, SvcParamValue::Alpn(protocols)),
                (
                    SvcParamKey::Key(65000),
                    SvcParamValue::Unknown(svcb::Unknown(vec![0x1b, b'x'])),
                ),
            ],
        );
        assert_eq!(
            presentation(&record),
            r#"1 . alpn="h\000\",a\\,b" key65000="\027x""#
        );
    }

    #[test]
    fn what_is_no_presentation_is_not_read() {
        assert_eq!(Service::read("\\# 2 0001"), None);
        assert_eq!(Service::read("1"), None);
        assert_eq!(
            Service::read("0 cdn.example.").map(|service| service.priority),
            Some(0)
        );
    }
}
