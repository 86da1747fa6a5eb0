//! Do the TLSA records of the zone fit the chain that was shown? (RFC 6698, RFC 7671)
//!
//! Only the association is looked at: whether the chain also leads to an anchor, and names the host in its time, is told
//! elsewhere, and DANE-EE does not ask for it (RFC 7671 §5.1).

use data_encoding::HEXLOWER_PERMISSIVE;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256, Sha512};

use super::path::{Anchors, Cert, Signed, Verdict, split_key};
use crate::facts::dane::{Association, Dane, Fit};
use crate::facts::dns::{Dns, Outcome, Purpose, Question};
use crate::facts::dnssec::SecurityStatus;
use crate::facts::name::{DnsName, RrType};
use crate::facts::tls::Endpoint;

/// Holds what an endpoint showed against the records for its port.
pub fn verify(dns: &Dns, endpoint: &mut Endpoint, anchors: &Anchors) {
    let Some((question, secure)) = records(dns, endpoint.port) else {
        return;
    };
    let ders = sent(endpoint);
    let Some(chain) = Chain::read(&ders, anchors) else {
        return;
    };
    let records = question.answers.iter();
    let records = records.filter(|record| record.r#type == RrType::TLSA);
    endpoint.dane = Some(Dane {
        name: question.name.clone(),
        secure,
        records: records
            .map(|record| Association {
                fit: Record::read(&record.data).map_or(Fit::Unusable, |own| chain.fit(&own)),
                data: record.data.clone(),
            })
            .collect(),
    });
}

/// The answer that counts, and whether it is proven: below the end of an alias chain that is proven, else below the host
/// itself (RFC 7671 §7). Nothing when what counts could not be had, or is forged.
fn records(dns: &Dns, port: u16) -> Option<(&Question, bool)> {
    let host = dns.own_questions().next()?;
    let end = host
        .links
        .last()
        .filter(|_| status(host) == Some(SecurityStatus::Secure));
    let names = [end.map(|end| &end.name), Some(&host.name)];
    for base in names.into_iter().flatten() {
        let name: DnsName = format!("_{port}._tcp.{base}").parse().ok()?;
        let mut asked = dns.of(Some(Purpose::Tlsa));
        let question = asked.find(|question| question.name == name)?;
        match (question.outcome, status(question)) {
            (Outcome::Answer, Some(SecurityStatus::Secure)) => return Some((question, true)),
            (Outcome::Answer, Some(SecurityStatus::Insecure)) => return Some((question, false)),
            // What is not proven to be absent may have been taken away.
            (
                Outcome::Nodata | Outcome::Nxdomain,
                Some(SecurityStatus::Secure | SecurityStatus::Insecure),
            ) => {}
            _ => return None,
        }
    }
    None
}

fn status(question: &Question) -> Option<SecurityStatus> {
    question.dnssec.as_ref().map(|security| security.status)
}

/// The leaf, and what was sent above it on any path: a record may name the root of a path that our own anchors cut short.
fn sent(endpoint: &Endpoint) -> Vec<CertificateDer<'static>> {
    let trust = endpoint.trust.as_ref();
    let unrelated: Vec<usize> = trust
        .iter()
        .flat_map(|trust| trust.unrelated.iter().copied())
        .collect();
    let certificates = endpoint.chain.iter().enumerate();
    certificates
        .filter(|(place, _)| *place == 0 || !unrelated.contains(place))
        .map(|(_, own)| own)
        .filter_map(|own| CertificateDer::from_pem_slice(own.pem.as_bytes()).ok())
        .collect()
}

/// A record that can be used.
struct Record {
    usage: u8,
    selector: u8,
    matching: u8,
    data: Vec<u8>,
}

impl Record {
    /// Reads the presentation format: three numbers, and hexadecimal digits with or without spaces.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut number = || words.next()?.parse::<u8>().ok();
        let (usage, selector, matching) = (number()?, number()?, number()?);
        let data = HEXLOWER_PERMISSIVE
            .decode(words.collect::<String>().as_bytes())
            .ok()?;
        let record = Self {
            usage,
            selector,
            matching,
            data,
        };
        let known = usage <= 3 && selector <= 1 && matching <= 2;
        (known && record.is_well_formed()).then_some(record)
    }

    fn is_well_formed(&self) -> bool {
        match (self.matching, self.selector) {
            (0, 0) => Cert::read(&self.data, None).is_some(),
            (0, _) => split_key(&self.data).is_some(),
            (1, _) => self.data.len() == 32,
            _ => self.data.len() == 64,
        }
    }

    fn is_about(&self, certificate: &Cert<'_>) -> bool {
        self.is_of(match self.selector {
            0 => certificate.der,
            _ => certificate.key_der(),
        })
    }

    fn is_of(&self, selected: &[u8]) -> bool {
        match self.matching {
            0 => self.data == selected,
            1 => self.data == Sha256::digest(selected).as_slice(),
            _ => self.data == Sha512::digest(selected).as_slice(),
        }
    }

    /// The key of an authority that the record itself holds, so that it need not be sent (RFC 7671 §5.2.2).
    fn key(&self) -> Option<Vec<u8>> {
        match (self.matching, self.selector) {
            (0, 0) => Some(Cert::read(&self.data, None)?.key_der().to_vec()),
            (0, _) => Some(self.data.clone()),
            _ => None,
        }
    }
}

/// What was shown, and the anchors that it may end in.
struct Chain<'c> {
    leaf: Cert<'c>,
    above: Vec<Cert<'c>>,
    anchors: &'c Anchors,
}

impl<'c> Chain<'c> {
    fn read(ders: &'c [CertificateDer<'static>], anchors: &'c Anchors) -> Option<Self> {
        let mut read = ders.iter().filter_map(|der| Cert::read(der, None));
        Some(Self {
            leaf: read.next()?,
            above: read.collect(),
            anchors,
        })
    }

    fn fit(&self, record: &Record) -> Fit {
        let matched = match record.usage {
            1 | 3 => record.is_about(&self.leaf),
            2 => self.above.iter().any(|own| record.is_about(own)) || self.is_signed_by(record),
            _ => return self.fit_of_authority(record),
        };
        if matched {
            Fit::Matched
        } else {
            Fit::NotMatched
        }
    }

    /// PKIX-TA: also the client's own anchor, which need not be sent.
    fn fit_of_authority(&self, record: &Record) -> Fit {
        if self.above.iter().any(|own| record.is_about(own)) {
            return Fit::Matched;
        }
        let mut open = false;
        let issuers = std::iter::once(&self.leaf).chain(&self.above);
        for anchor in issuers.flat_map(|own| self.anchors.named(own.issuer_der())) {
            let selected = match record.selector {
                0 => anchor.certificate.as_deref(),
                _ => Some(anchor.key.as_slice()),
            };
            match selected {
                Some(selected) if record.is_of(selected) => return Fit::Matched,
                Some(_) => {}
                None => open = true,
            }
        }
        if open {
            Fit::Undecided
        } else {
            Fit::NotMatched
        }
    }

    fn is_signed_by(&self, record: &Record) -> bool {
        let Some(key) = record.key() else {
            return false;
        };
        let mut sent = std::iter::once(&self.leaf).chain(&self.above);
        let by_it = |own: &Cert<'_>| {
            Signed::read(own.der).is_some_and(|signed| signed.verify(&key) == Verdict::Good)
        };
        sent.any(by_it)
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use super::*;
    use crate::facts::dns::{Link, Rcode, Record as Answer};
    use crate::facts::dnssec::{Flaw, Security};
    use crate::facts::tls::{Trust, TrustStatus};
    use data_encoding::HEXLOWER;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    /// Leaf, intermediate and root.
    struct Pki {
        leaf: Vec<u8>,
        middle: Vec<u8>,
        root: Vec<u8>,
    }

    fn authority(name: &str) -> (CertificateParams, KeyPair) {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params, KeyPair::generate().unwrap())
    }

    fn pki() -> Pki {
        let (params, key) = authority("root");
        let root = CertifiedIssuer::self_signed(params, key).unwrap();
        let (params, key) = authority("middle");
        let middle = CertifiedIssuer::signed_by(params, key, &root).unwrap();
        let params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        Pki {
            leaf: params.signed_by(&key, &middle).unwrap().der().to_vec(),
            middle: middle.der().to_vec(),
            root: root.der().to_vec(),
        }
    }

    fn key(der: &[u8]) -> Vec<u8> {
        Cert::read(der, None).unwrap().key_der().to_vec()
    }

    fn shown(der: &[u8]) -> crate::facts::certificate::Certificate {
        crate::facts::certificate::Certificate {
            pem: pem::encode(&pem::Pem::new("CERTIFICATE", der)),
            ..crate::facts::certificate::Certificate::default()
        }
    }

    fn endpoint(pki: &Pki) -> Endpoint {
        let at = "192.0.2.10:443".parse().unwrap();
        let mut endpoint = Endpoint::unseen("shop.example", at, "shop.example");
        endpoint.chain = vec![shown(&pki.leaf), shown(&pki.middle)];
        endpoint.trust = Some(Trust {
            status: TrustStatus::Trusted,
            reason: None,
            reasons: Vec::new(),
            path: Vec::new(),
            path_sent: vec![Some(0), Some(1), None],
            unrelated: Vec::new(),
            public: false,
            stores: Vec::new(),
            stores_without: Vec::new(),
            departures: Vec::new(),
        });
        endpoint
    }

    fn question(name: &str, data: &[String], purpose: Option<Purpose>) -> Question {
        let name: DnsName = name.parse().unwrap();
        let answers = data.iter().map(|data| Answer {
            name: name.clone(),
            r#type: RrType::TLSA,
            ttl: 300,
            data: data.clone(),
        });
        Question {
            expected: None,
            answers: answers.collect(),
            r#type: RrType::TLSA,
            purpose,
            outcome: if data.is_empty() {
                Outcome::Nodata
            } else {
                Outcome::Answer
            },
            obstacle: None,
            rcode: Rcode::NoError,
            sibling: None,
            links: vec![Link {
                zone: "example.".parse().unwrap(),
                name: name.clone(),
            }],
            dnssec: Some(Security::secure()),
            steps: Vec::new(),
            name,
        }
    }

    fn zone(questions: Vec<Question>) -> Dns {
        Dns {
            questions,
            ..Dns::default()
        }
    }

    fn fits(pki: &Pki, data: &str, anchors: &Anchors) -> Fit {
        let mut endpoint = endpoint(pki);
        let records = question(
            "_443._tcp.shop.example",
            &[data.to_owned()],
            Some(Purpose::Tlsa),
        );
        let dns = zone(vec![question("shop.example", &[], None), records]);
        verify(&dns, &mut endpoint, anchors);
        endpoint.dane.unwrap().records[0].fit
    }

    #[test]
    fn every_usage_selector_and_matching_finds_its_certificate() {
        let pki = pki();
        let root = [CertificateDer::from(pki.root.clone())];
        let (anchors, _) = Anchors::from_certificates("own", &root);
        for (usage, own) in [
            (0, &pki.middle),
            (0, &pki.root),
            (1, &pki.leaf),
            (2, &pki.middle),
            (3, &pki.leaf),
        ] {
            for (selector, selected) in [(0, own.clone()), (1, key(own))] {
                let digests = [
                    HEXLOWER.encode(&selected),
                    HEXLOWER.encode(&Sha256::digest(&selected)),
                    HEXLOWER.encode(&Sha512::digest(&selected)),
                ];
                for (matching, data) in digests.iter().enumerate() {
                    let data = format!("{usage} {selector} {matching} {data}");
                    assert_eq!(fits(&pki, &data, &anchors), Fit::Matched, "{data}");
                }
            }
        }
    }

    #[test]
    fn an_end_entity_is_no_authority_nor_the_other_way_round() {
        let pki = pki();
        let none = Anchors::default();
        let digest = |der: &[u8]| HEXLOWER.encode(&Sha256::digest(der));
        for data in [
            format!("3 0 1 {}", digest(&pki.middle)),
            format!("1 0 1 {}", digest(&pki.middle)),
            format!("2 0 1 {}", digest(&pki.leaf)),
            format!("0 0 1 {}", digest(&pki.leaf)),
            format!("3 1 1 {}", digest(&pki.leaf)),
        ] {
            assert_eq!(fits(&pki, &data, &none), Fit::NotMatched, "{data}");
        }
    }

    #[test]
    fn a_trust_anchor_that_stands_in_the_record_need_not_be_sent() {
        let pki = pki();
        let whole = HEXLOWER.encode(&pki.root);
        let none = Anchors::default();
        assert_eq!(fits(&pki, &format!("2 0 0 {whole}"), &none), Fit::Matched);
        let digest = HEXLOWER.encode(&Sha256::digest(&pki.root));
        assert_eq!(
            fits(&pki, &format!("2 0 1 {digest}"), &none),
            Fit::NotMatched
        );
    }

    /// The root's key, certified by an older root, was sent as well: our own anchors end before it.
    #[test]
    fn a_cross_certificate_that_was_sent_is_an_authority_too_unless_it_leads_nowhere() {
        let pki = pki();
        let (params, key) = authority("old");
        let old = CertifiedIssuer::self_signed(params, key).unwrap();
        let (params, key) = authority("root");
        let crossed = params.signed_by(&key, &old).unwrap().der().to_vec();
        let data = format!("2 0 1 {}", HEXLOWER.encode(&Sha256::digest(&crossed)));
        let fit = |unrelated: Vec<usize>| {
            let mut endpoint = endpoint(&pki);
            endpoint.chain.push(shown(&crossed));
            let trust = endpoint.trust.as_mut().unwrap();
            trust.unrelated = unrelated;
            let own = [data.clone()];
            let records = question("_443._tcp.shop.example", &own, Some(Purpose::Tlsa));
            let dns = zone(vec![question("shop.example", &[], None), records]);
            verify(&dns, &mut endpoint, &Anchors::default());
            endpoint.dane.unwrap().records[0].fit
        };
        assert_eq!(fit(Vec::new()), Fit::Matched);
        assert_eq!(fit(vec![2]), Fit::NotMatched);
    }

    #[test]
    fn what_no_standard_knows_cannot_be_used() {
        let pki = pki();
        let none = Anchors::default();
        let digest = HEXLOWER.encode(&Sha256::digest(&pki.leaf));
        for data in [
            format!("4 0 1 {digest}"),
            format!("3 2 1 {digest}"),
            format!("3 0 3 {digest}"),
            "3 0 1 abcd".to_owned(),
            "3 0 0 abcd".to_owned(),
            "3 1 0 abcd".to_owned(),
            "3 1 1 xyz".to_owned(),
            "\\# 2 0301".to_owned(),
        ] {
            assert_eq!(fits(&pki, &data, &none), Fit::Unusable, "{data}");
        }
        let mut spaced = format!("3 0 1 {digest}");
        spaced.insert(20, ' ');
        assert_eq!(fits(&pki, &spaced, &none), Fit::Matched);
    }

    #[test]
    fn below_a_proven_alias_the_records_of_its_end_come_first() {
        let pki = pki();
        let digest = HEXLOWER.encode(&Sha256::digest(&pki.leaf));
        let good = [format!("3 0 1 {digest}")];
        let bad = [format!("3 0 1 {}", "00".repeat(32))];
        let link = |name: &str| Link {
            name: name.parse().unwrap(),
            zone: "example.".parse().unwrap(),
        };
        let named = |at_end: &[String], status: SecurityStatus| {
            let mut host = question("shop.example", &[], None);
            host.links.push(link("cdn.example"));
            host.dnssec.as_mut().unwrap().status = status;
            let end = question("_443._tcp.cdn.example", at_end, Some(Purpose::Tlsa));
            let own = question("_443._tcp.shop.example", &good, Some(Purpose::Tlsa));
            let mut endpoint = endpoint(&pki);
            verify(
                &zone(vec![host, end, own]),
                &mut endpoint,
                &Anchors::default(),
            );
            endpoint.dane.unwrap().name.without_dot()
        };
        assert_eq!(named(&bad, SecurityStatus::Secure), "_443._tcp.cdn.example");
        assert_eq!(named(&[], SecurityStatus::Secure), "_443._tcp.shop.example");
        assert_eq!(
            named(&bad, SecurityStatus::Insecure),
            "_443._tcp.shop.example"
        );
    }

    #[test]
    fn forged_records_and_other_ports_say_nothing() {
        let pki = pki();
        let looked = |name: &str, status: SecurityStatus| {
            let data = [format!("3 0 1 {}", "00".repeat(32))];
            let mut records = question(name, &data, Some(Purpose::Tlsa));
            records.dnssec = Some(Security {
                status,
                reason: Some(Flaw::NoAnswer),
                ede: None,
            });
            let mut endpoint = endpoint(&pki);
            let dns = zone(vec![question("shop.example", &[], None), records]);
            verify(&dns, &mut endpoint, &Anchors::default());
            endpoint.dane.map(|dane| (dane.secure, dane.is_broken()))
        };
        let own = "_443._tcp.shop.example";
        assert_eq!(looked(own, SecurityStatus::Secure), Some((true, true)));
        assert_eq!(looked(own, SecurityStatus::Insecure), Some((false, false)));
        assert_eq!(looked(own, SecurityStatus::Bogus), None);
        assert_eq!(looked(own, SecurityStatus::Indeterminate), None);
        assert_eq!(
            looked("_8443._tcp.shop.example", SecurityStatus::Secure),
            None
        );
    }
}
