//! May the authority of the certificate in use issue for the host? (CAA, RFC 8659)

use crate::facts::Facts;
use crate::facts::caa::Property;
use crate::facts::dns::{Dns, Outcome, Purpose, Question, Record};
use crate::facts::name::{DnsName, RrType};
use crate::facts::tls::{Endpoint, TrustStatus};
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The CAA records do not let the certificate's authority issue it again.
    ///
    /// A CAA set says which authorities may issue for a name; the first one found climbing from the host to its top-level
    /// domain counts. Nothing is broken today. But every public authority looks at it before it issues, so the next renewal will
    /// be refused, and visitors are stopped when the certificate ends. It happens when one changes the authority (to Let's
    /// Encrypt by certbot or acme.sh, to ACM behind an ALB or CloudFront) and forgets the record. Add a record for the
    /// authority in use, beside those that are there. In Route 53: Hosted zones, the zone, Create record, type CAA, value
    /// `0 issue "letsencrypt.org"`. In Cloudflare: DNS, Records, Add record, type CAA, tag "Only allow specific hostnames", and
    /// the name of the authority. ACM wants `0 issue "amazon.com"`. A wildcard certificate is ruled by `issuewild` where
    /// there is one. Then try a renewal: `certbot renew --dry-run`, `acme.sh --renew -d NAME --force`; ACM: request the
    /// certificate again, a failed one says "CAA error".
    CaaExcludesIssuer { host: String, owner: String, issuer: String, identifiers: String, records: String, why: String, mend: String }
    id: "across/caa-excludes-issuer", severity: Error, source: "RFC 8659 §3, §4",
    message: "the CAA records at `{owner}` do not let {issuer} issue for `{host}` ({why}): the next renewal will fail",
    fix: "{mend}",
}

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let (Some(dns), Some(tls)) = (&facts.dns, &facts.tls) else {
        return;
    };
    let mut judged: Vec<(Excluded, Vec<String>)> = Vec::new();
    for endpoint in &tls.endpoints {
        let Some(excluded) = excluded(dns, endpoint) else {
            continue;
        };
        let place = endpoint.label();
        match judged.iter_mut().find(|(own, _)| *own == excluded) {
            Some((_, places)) => places.push(place),
            None => judged.push((excluded, vec![place])),
        }
    }
    for (excluded, places) in judged {
        findings.push(
            excluded
                .evidence(&tls.host)
                .about_all(tls.host.as_str(), places),
        );
    }
}

/// An authority, and the records that exclude it.
#[derive(Debug, PartialEq, Eq)]
struct Excluded {
    owner: DnsName,
    issuer: String,
    identifiers: Vec<&'static str>,
    records: Vec<String>,
    why: Why,
}

/// What in the set excludes it.
#[derive(Debug, PartialEq, Eq)]
enum Why {
    /// A critical property that no authority knows.
    Unknown(String),
    /// The properties of this tag name others, or nobody.
    Others(&'static str),
}

impl Excluded {
    fn evidence(&self, host: &str) -> CaaExcludesIssuer {
        let owner = self.owner.without_dot();
        let first = self.identifiers.first().copied().unwrap_or_default();
        let records: Vec<String> = self
            .records
            .iter()
            .map(|data| format!("`{data}`"))
            .collect();
        let (why, mend) = match &self.why {
            Why::Unknown(tag) => (
                format!("the property `{tag}` is critical, and no authority knows it"),
                format!(
                    "take the property `{tag}` out of the CAA records of `{owner}`, or its flag 128"
                ),
            ),
            Why::Others(tag) => (
                records.join(", "),
                format!(
                    "add `{owner}. CAA 0 {tag} \"{first}\"` at the DNS host, or have the certificate issued by an authority that \
                     the records name"
                ),
            ),
        };
        CaaExcludesIssuer {
            host: host.to_owned(),
            owner,
            issuer: self.issuer.clone(),
            identifiers: self.identifiers.join(" "),
            records: self.records.join(", "),
            why,
            mend,
        }
    }
}

/// Nothing when the authority may issue, and where it cannot be told: an authority without an entry in the table, a chain that
/// leads to no anchor, a certificate for other names, a look-up that failed.
fn excluded(dns: &Dns, endpoint: &Endpoint) -> Option<Excluded> {
    let trust = endpoint.trust.as_ref()?;
    if trust.status != TrustStatus::Trusted || endpoint.name_matches != Some(true) {
        return None;
    }
    let leaf = endpoint.leaf()?;
    let (issuer, identifiers) = authority(&leaf.issuer)?;
    let host: DnsName = endpoint.server_name.parse().ok()?;
    let named = |name: &&String| name.eq_ignore_ascii_case(&endpoint.server_name);
    let wildcard = !leaf.san.iter().any(|name| named(&name));
    // What is asked of a wildcard is asked of the name without its asterisk (RFC 8659 §3).
    let from = host.label_count().saturating_sub(usize::from(wildcard));
    let set = relevant(dns, &host.with_labels(from))?;
    let of_type = |record: &&Record| record.r#type == RrType::CAA;
    let answers = || set.answers.iter().filter(of_type);
    let records: Vec<String> = answers().map(|record| record.data.clone()).collect();
    // At the end of an alias, beside which no other record may stand.
    let owner = answers().next().map(|record| record.name.clone());
    let why = objection(&records, wildcard, &identifiers)?;
    Some(Excluded {
        owner: owner.unwrap_or_else(|| set.name.clone()),
        issuer: issuer.to_owned(),
        identifiers,
        records,
        why,
    })
}

/// The first set climbing from `host`, each name with what its alias leads to. `None` when there is none, and when a look-up
/// on the way was not made, or failed.
fn relevant<'d>(dns: &'d Dns, host: &DnsName) -> Option<&'d Question> {
    for labels in (1..=host.label_count()).rev() {
        let name = host.with_labels(labels);
        let mut asked = dns.of(Some(Purpose::Caa));
        let question = asked.find(|question| question.name == name)?;
        match question.outcome {
            Outcome::Answer => return Some(question),
            Outcome::Nodata | Outcome::Nxdomain => {}
            Outcome::Unresolvable => return None,
        }
    }
    None
}

/// Tags that authorities know (IANA, Certification Authority Restriction Properties).
const KNOWN: [&str; 7] = [
    "issue",
    "issuewild",
    "iodef",
    "issuemail",
    "issuevmc",
    "contactemail",
    "contactphone",
];

/// RFC 8659 §4. Parameters can only restrict further, so they let nobody in.
fn objection(records: &[String], wildcard: bool, identifiers: &[&str]) -> Option<Why> {
    let properties: Option<Vec<Property>> =
        records.iter().map(|data| Property::read(data)).collect();
    let properties = properties?;
    let strange =
        |property: &&Property| property.critical && !KNOWN.contains(&property.tag.as_str());
    if let Some(strange) = properties.iter().find(strange) {
        return Some(Why::Unknown(strange.tag.clone()));
    }
    let has = |tag: &str| properties.iter().any(|property| property.tag == tag);
    let tag = if wildcard && has("issuewild") {
        "issuewild"
    } else {
        "issue"
    };
    let named = |property: &Property| identifiers.contains(&property.issuer().as_str());
    let mut ruling = properties.iter().filter(|property| property.tag == tag);
    (has(tag) && !ruling.any(named)).then_some(Why::Others(tag))
}

/// The table, with its source and date.
const AUTHORITIES: &str = include_str!("authorities.txt");
/// The authority of the world that `doorstep demo` starts, in the table's form.
const OF_DEMO: &str = if cfg!(feature = "demo") {
    "Demo Trust\tca.example"
} else {
    ""
};

/// The organization of an issuer, and its identifiers in CAA records.
fn authority(issuer: &str) -> Option<(&'static str, Vec<&'static str>)> {
    let lines = AUTHORITIES.lines().chain(OF_DEMO.lines());
    let lines = lines.filter(|line| !line.starts_with('#'));
    let mut entries = lines.filter_map(|line| line.split_once('\t'));
    let (name, identifiers) = entries.find(|(name, _)| is_organization(issuer, name))?;
    Some((name, identifiers.split(' ').collect()))
}

/// Whether a distinguished name in text form has this organization. A value may contain commas, which are not escaped there.
fn is_organization(issuer: &str, name: &str) -> bool {
    let wanted = format!("O={name}");
    issuer.match_indices(&wanted).any(|(at, _)| {
        let before = issuer.get(..at).unwrap_or_default();
        let after = issuer.get(at + wanted.len()..).unwrap_or_default();
        let is_type = |text: &str| {
            let kind = text
                .split_once('=')
                .map(|(kind, _)| kind)
                .unwrap_or_default();
            !kind.is_empty()
                && kind
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        };
        (before.is_empty() || before.ends_with(", "))
            && (after.is_empty() || after.strip_prefix(", ").is_some_and(is_type))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{asked, dns, endpoint, facts, ids, trusted};
    use super::*;
    use crate::facts::dns::Record;

    const LETS_ENCRYPT: &str = "C=US, O=Let's Encrypt, CN=R12";

    /// What is found of a certificate of this issuer for these names, where the zone says this.
    fn told(issuer: &str, san: &[&str], sets: &[(&str, Option<&[&str]>)]) -> Vec<String> {
        let sets = sets.iter();
        let sets = sets.map(|(name, data)| asked(name, RrType::CAA, Purpose::Caa, *data));
        found(issuer, san, sets.collect())
    }

    fn found(issuer: &str, san: &[&str], sets: Vec<Question>) -> Vec<String> {
        let mut dns = dns(&["192.0.2.10"]);
        dns.questions.extend(sets);
        let mut facts = facts(Some(dns), None);
        let mut tls = crate::facts::tls::Tls {
            host: "shop.example".to_owned(),
            ..Default::default()
        };
        let mut shown = trusted(endpoint("192.0.2.10", None));
        shown.chain = vec![crate::facts::certificate::Certificate {
            issuer: issuer.to_owned(),
            san: san.iter().map(ToString::to_string).collect(),
            ..Default::default()
        }];
        tls.endpoints.push(shown);
        facts.tls = Some(tls);
        ids(|findings| judge(&facts, findings))
    }

    /// The same of Let's Encrypt's certificate for the host, whose set is at the host.
    fn issued(data: &[&str]) -> Vec<String> {
        told(
            LETS_ENCRYPT,
            &["shop.example"],
            &[("shop.example", Some(data)), ("example", Some(&[]))],
        )
    }

    const EXCLUDED: [&str; 1] = ["across/caa-excludes-issuer"];

    #[test]
    fn an_authority_that_the_set_does_not_name_is_excluded() {
        assert_eq!(issued(&["0 issue \"digicert.com\""]), EXCLUDED);
        assert_eq!(issued(&["0 issue \";\""]), EXCLUDED);
        assert_eq!(issued(&["0 issue \"letsencrypt.org bad\""]), EXCLUDED);
        assert_eq!(
            issued(&[
                "0 ISSUE \"digicert.com\"",
                "0 iodef \"mailto:a@shop.example\""
            ]),
            EXCLUDED
        );
    }

    #[test]
    fn one_of_several_and_parameters_and_sets_without_issue_let_it_in() {
        assert!(issued(&["0 issue \"digicert.com\"", "0 issue \"LetsEncrypt.org\""]).is_empty());
        assert!(issued(&["0 issue \"letsencrypt.org; validationmethods=dns-01\""]).is_empty());
        assert!(issued(&["0 iodef \"mailto:a@shop.example\""]).is_empty());
        assert!(issued(&["0 issuewild \";\""]).is_empty());
        assert!(issued(&["128 issue \"letsencrypt.org\""]).is_empty());
        assert!(issued(&[]).is_empty());
    }

    #[test]
    fn a_critical_property_that_nobody_knows_excludes_everybody() {
        assert_eq!(
            issued(&["0 issue \"letsencrypt.org\"", "128 tbs \"x\""]),
            EXCLUDED
        );
        assert!(issued(&["0 issue \"letsencrypt.org\"", "0 tbs \"x\""]).is_empty());
    }

    #[test]
    fn the_set_at_the_end_of_an_alias_counts_and_what_is_above_that_end_does_not() {
        let aliased = |at_end: &[&str]| {
            let mut own = asked("shop.example", RrType::CAA, Purpose::Caa, Some(at_end));
            for record in &mut own.answers {
                record.name = "cdn.example".parse().unwrap();
            }
            own.answers.insert(
                0,
                Record {
                    name: "shop.example".parse().unwrap(),
                    r#type: RrType::CNAME,
                    ttl: 300,
                    data: "cdn.example.".to_owned(),
                },
            );
            if at_end.is_empty() {
                own.outcome = Outcome::Nodata;
            }
            let above = asked("example", RrType::CAA, Purpose::Caa, Some(&[]));
            found(LETS_ENCRYPT, &["shop.example"], vec![own, above])
        };
        assert_eq!(aliased(&["0 issue \"digicert.com\""]), EXCLUDED);
        assert!(aliased(&["0 issue \"letsencrypt.org\""]).is_empty());
        assert!(aliased(&[]).is_empty());
    }

    #[test]
    fn the_nearest_set_counts_and_a_failed_look_up_says_nothing() {
        let at = |own: Option<&[&str]>, above: Option<&[&str]>| {
            told(
                LETS_ENCRYPT,
                &["shop.example"],
                &[("shop.example", own), ("example", above)],
            )
        };
        let other: Option<&[&str]> = Some(&["0 issue \"digicert.com\""]);
        assert_eq!(at(Some(&[]), other), EXCLUDED);
        assert!(at(Some(&["0 issue \"letsencrypt.org\""]), other).is_empty());
        assert!(at(None, other).is_empty());
        assert!(
            told(
                LETS_ENCRYPT,
                &["shop.example"],
                &[("shop.example", Some(&[]))]
            )
            .is_empty()
        );
    }

    #[test]
    fn a_wildcard_is_ruled_by_issuewild_from_its_parent_on() {
        let told = |data: &[&str]| {
            let sets: [(&str, Option<&[&str]>); 2] = [
                ("shop.example", Some(&["0 issue \";\""])),
                ("example", Some(data)),
            ];
            told(LETS_ENCRYPT, &["*.example"], &sets)
        };
        assert_eq!(
            told(&["0 issuewild \";\"", "0 issue \"letsencrypt.org\""]),
            EXCLUDED
        );
        assert!(told(&["0 issue \";\"", "0 issuewild \"letsencrypt.org\""]).is_empty());
        assert_eq!(told(&["0 issue \"digicert.com\""]), EXCLUDED);
    }

    #[test]
    fn an_authority_that_is_not_in_the_table_is_not_judged() {
        let told = |issuer: &str| {
            told(
                issuer,
                &["shop.example"],
                &[("shop.example", Some(&["0 issue \"digicert.com\""]))],
            )
        };
        assert!(told("C=NL, O=Office CA, CN=Office Root").is_empty());
        assert!(told("CN=O=Let's Encrypt of the office").is_empty());
        assert_eq!(
            told("C=US, ST=Arizona, O=GoDaddy.com, Inc., OU=x, CN=y"),
            EXCLUDED
        );
        assert!(told("C=US, O=DigiCert Inc, CN=x").is_empty());
    }

    #[test]
    fn every_line_of_the_table_has_identifiers_in_lower_case() {
        for line in AUTHORITIES.lines().filter(|line| !line.starts_with('#')) {
            let (name, identifiers) = line.split_once('\t').unwrap();
            assert!(!name.is_empty() && !identifiers.is_empty());
            for identifier in identifiers.split(' ') {
                let property = Property::read(&format!("0 issue \"{identifier}\"")).unwrap();
                assert_eq!(property.issuer(), identifier, "{line}");
            }
        }
    }
}
