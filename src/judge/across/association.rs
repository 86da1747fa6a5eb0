//! Is the certificate one that the zone expects? (TLSA, RFC 6698)

use crate::facts::Facts;
use crate::facts::dane::{Dane, Fit};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};

finding! {
    /// The zone says which certificate to expect (TLSA), and the server shows another.
    ///
    /// Clients that use DANE (mail servers above all, some browsers by an add-on) take the server for an impostor and break off.
    /// Mostly the certificate was renewed with a new key, and the record still has the digest of the old one. Publish the
    /// record for the new key first, wait until the TTL of the old set is over, then change the certificate, then take the
    /// old record out. With Let's Encrypt keep the key: `certbot renew --reuse-key`, acme.sh without `--always-force-new-domain-key`;
    /// or publish `2 1 1` records of the authority's keys. ACM changes keys at every renewal and cannot be asked to keep
    /// them: behind an ALB or CloudFront take the TLSA records out. In Route 53 and Cloudflare they are records of the type TLSA.
    TlsaMismatch { host: String, name: String, place: String, records: String, spki_sha256: String }
    id: "across/tlsa-mismatch", severity: Error, source: "RFC 6698 §2.1, RFC 7671 §5",
    message: "no TLSA record at `{name}` fits the certificate at {place}: {records}",
    fix: "publish `{name}. TLSA 3 1 1 {spki_sha256}` beside the others, and take out those that fit nothing",
}

finding! {
    /// There are TLSA records, but the zone that holds them is not signed, so clients ignore them.
    ///
    /// Whoever can forge the address can forge the record as well; so clients heed a TLSA record only when DNSSEC proves it. As
    /// it is the records protect nobody, and look as if they did. Have the zone signed: Route 53 "DNSSEC signing", Cloudflare
    /// "DNS, Settings, DNSSEC", then enter the DS record that they show at the registrar. Or take the TLSA records out.
    TlsaInsecure { host: String, name: String }
    id: "across/tlsa-insecure", severity: Warning, source: "RFC 6698 §4.1",
    message: "the TLSA records at `{name}` are not proven by DNSSEC, so clients ignore them",
    fix: "have the zone signed and its DS entered at the registrar, or take the TLSA records out",
}

/// An endpoint, and its records.
type Held<'f> = (&'f Endpoint, &'f Dane);

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(tls) = &facts.tls else { return };
    let endpoints = tls.endpoints.iter();
    let held: Vec<Held<'_>> = endpoints
        .filter_map(|endpoint| Some((endpoint, endpoint.dane.as_ref()?)))
        .collect();
    mismatches(&tls.host, &held, findings);
    let ignored: Vec<_> = held.iter().filter(|(_, dane)| !dane.secure).collect();
    if let Some((_, dane)) = ignored.first() {
        let evidence = TlsaInsecure {
            host: tls.host.clone(),
            name: dane.name.without_dot(),
        };
        findings.push(evidence.about(tls.host.as_str()));
    }
}

/// One finding for each key that no record fits.
fn mismatches(host: &str, held: &[Held<'_>], findings: &mut Vec<Finding>) {
    let key = |endpoint: &Endpoint| endpoint.leaf().and_then(|leaf| leaf.spki_sha256.clone());
    let mut groups: Vec<(Option<String>, Vec<Held<'_>>)> = Vec::new();
    for (endpoint, dane) in held.iter().filter(|(_, dane)| dane.is_broken()) {
        let own = key(endpoint);
        match groups.iter_mut().find(|(key, _)| *key == own) {
            Some((_, group)) => group.push((endpoint, dane)),
            None => groups.push((own, vec![(endpoint, dane)])),
        }
    }
    for (key, group) in groups {
        let places: Vec<String> = group.iter().map(|(endpoint, _)| endpoint.label()).collect();
        let Some((_, dane)) = group.first() else {
            continue;
        };
        let usable = dane
            .records
            .iter()
            .filter(|record| record.fit != Fit::Unusable);
        let records: Vec<String> = usable.map(|record| format!("`{}`", record.data)).collect();
        let evidence = TlsaMismatch {
            host: host.to_owned(),
            name: dane.name.without_dot(),
            place: match places.as_slice() {
                [only] => only.clone(),
                many => format!("{} addresses", many.len()),
            },
            records: records.join(", "),
            spki_sha256: key.unwrap_or_default(),
        };
        findings.push(evidence.about_all(host, places));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{endpoint, facts, ids};
    use super::*;
    use crate::facts::dane::Association;
    use crate::facts::tls::Tls;

    fn judged(held: &[(bool, &[Fit])]) -> Vec<String> {
        let endpoints = held.iter().enumerate().map(|(number, (secure, fits))| {
            let mut endpoint = endpoint(&format!("192.0.2.{number}"), None);
            let records = fits.iter().map(|fit| Association {
                data: "3 1 1 00".to_owned(),
                fit: *fit,
            });
            endpoint.dane = Some(Dane {
                name: "_443._tcp.shop.example".parse().unwrap(),
                secure: *secure,
                records: records.collect(),
            });
            endpoint
        });
        let mut facts = facts(None, None);
        facts.tls = Some(Tls {
            host: "shop.example".to_owned(),
            lookup: None,
            endpoints: endpoints.collect(),
        });
        ids(|findings| judge(&facts, findings))
    }

    #[test]
    fn an_address_that_no_record_fits_is_named() {
        assert_eq!(
            judged(&[(true, &[Fit::NotMatched])]),
            ["across/tlsa-mismatch"]
        );
        let behind: [(bool, &[Fit]); 2] = [
            (true, &[Fit::Matched]),
            (true, &[Fit::NotMatched, Fit::Unusable]),
        ];
        assert_eq!(judged(&behind), ["across/tlsa-mismatch"]);
    }

    #[test]
    fn one_record_that_fits_or_may_is_enough_and_unusable_ones_count_as_none() {
        assert!(judged(&[(true, &[Fit::NotMatched, Fit::Matched])]).is_empty());
        assert!(judged(&[(true, &[Fit::NotMatched, Fit::Undecided])]).is_empty());
        assert!(judged(&[(true, &[Fit::Unusable])]).is_empty());
        assert!(judged(&[]).is_empty());
    }

    #[test]
    fn records_that_nothing_proves_are_ignored_whether_they_fit_or_not() {
        assert_eq!(
            judged(&[(false, &[Fit::NotMatched])]),
            ["across/tlsa-insecure"]
        );
        assert_eq!(
            judged(&[(false, &[Fit::Matched])]),
            ["across/tlsa-insecure"]
        );
    }
}
