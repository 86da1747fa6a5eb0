//! Do the signatures count: are they there, do they fit, and are they in their time?

use jiff::{SignedDuration, Timestamp};

use super::{Break, algorithm_name};
use crate::facts::dns::{Dns, Question};
use crate::facts::dnssec::{Flaw, SecurityStatus, Signature, SignedSet};
use crate::facts::name::{DnsName, RrType};
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::time::{minute, span};

finding! {
    /// A signature of the zone has run out.
    ///
    /// Signatures in DNSSEC are valid for days or weeks and have to be renewed before. Here that has stopped, so resolvers that
    /// validate treat the records as forged and answer SERVFAIL: visitors who use them see "server not found". Have the zone
    /// signed again: BIND `rndc sign ZONE`, Knot `knotc zone-sign ZONE`, PowerDNS `pdnsutil increase-serial ZONE`; with an
    /// external signer look why its job or its key no longer works. If only some servers are behind, their zone transfer has
    /// stopped: compare the SOA serials and look at their logs.
    SignatureExpired { zone: DnsName, over: String, servers: Vec<String>, place: String, key_tag: u16, algorithm: String, expired: String, ago: String }
    id: "dns/signature-expired", severity: Error, source: "RFC 4035 §5.3.1",
    message: "the signature over {over}{place}, by key {key_tag} of `{zone}`, ended {ago} ago, on {expired}",
    fix: "sign `{zone}` again (BIND: `rndc sign {zone}`, Knot: `knotc zone-sign {zone}`); if some servers are behind, mend their zone transfer",
}

finding! {
    /// A signature of the zone does not count yet.
    ///
    /// Its beginning lies in the future, so resolvers that validate treat the records as forged. Mostly the clock of the machine
    /// that signs is ahead. Set it by NTP and sign the zone again. When doorstep finds this for every zone, the clock of this
    /// machine is behind.
    SignatureNotYetValid { zone: DnsName, over: String, servers: Vec<String>, place: String, key_tag: u16, begins: String, until: String }
    id: "dns/signature-not-yet-valid", severity: Error, source: "RFC 4035 §5.3.1",
    message: "the signature over {over}{place}, by key {key_tag} of `{zone}`, begins only in {until}, on {begins}",
    fix: "set the clock of the machine that signs `{zone}` by NTP, and sign the zone again",
}

finding! {
    /// Records of a signed zone come without a signature that could be used.
    ///
    /// The parent says that the zone is signed, so resolvers that validate treat unsigned records as forged and answer SERVFAIL.
    /// The records were added after signing, the signature is by a key that was removed, or signing was switched off while the
    /// DS stayed at the registrar. Sign the zone again; or remove the DS at the registrar first, if the zone shall be unsigned.
    SignatureMissing { zone: DnsName, over: String, servers: Vec<String>, place: String, said: String }
    id: "dns/signature-missing", severity: Error, source: "RFC 4035 §5.2, §5.3",
    message: "the signed zone `{zone}` {said}",
    fix: "sign `{zone}` again with the keys that are published, or remove the DS at the registrar if it shall be unsigned",
}

finding! {
    /// A signature does not fit its records.
    ///
    /// The key is there, the time is right, and the signature is wrong: the records were changed after signing, on the way or on
    /// one server, or the signer mixes up keys. Resolvers that validate treat the records as forged. Sign the zone again; if only
    /// one server has it, transfer the zone to it anew (`rndc retransfer`, `knotc zone-retransfer`).
    SignatureInvalid { zone: DnsName, over: String, servers: Vec<String>, place: String, key_tag: u16, algorithm: String }
    id: "dns/signature-invalid", severity: Error, source: "RFC 4035 §5.3.3",
    message: "the signature over {over}{place} does not verify with key {key_tag} ({algorithm}) of `{zone}`",
    fix: "sign `{zone}` again; if only some servers have it, transfer the zone to them anew",
}

finding! {
    /// Some servers of a signed zone serve it unsigned.
    ///
    /// Which server a resolver asks is chance, so for visitors whose resolver validates the site fails now and then. That server
    /// has an unsigned copy of the zone, or does not know DNSSEC: transfer the signed zone to it, or update or remove it.
    PartlySigned { zone: DnsName, over: String, servers: Vec<String>, listed: String }
    id: "dns/partly-signed", severity: Error, source: "RFC 4035 §2",
    message: "the signed zone `{zone}` comes without its signatures from {listed}",
    fix: "transfer the signed zone to {listed}, or take it out of the NS records",
}

finding! {
    /// A signature ends soon, and should have been renewed by now.
    ///
    /// Signers renew signatures when a part of their time is left, days before the end. Less than twelve hours, or less than a tenth
    /// of the whole time, is left here: the signer may have stopped. When the signature ends, resolvers that validate answer
    /// SERVFAIL. Look whether the signer runs, and sign the zone again.
    SignatureExpiresSoon { zone: DnsName, set: String, key_tag: u16, expires: String, left: String }
    id: "dns/signature-expires-soon", severity: Warning, source: "RFC 6781 §4.4.2",
    explained_by: ["dns/signature-expired"],
    message: "the signature over {set}, by key {key_tag} of `{zone}`, ends in {left}, on {expires}",
    fix: "see that the signer of `{zone}` still runs, and sign the zone again",
}

pub(super) fn judge(dns: &Dns, breaks: &[Break<'_>], at: Timestamp, findings: &mut Vec<Finding>) {
    for broken in breaks {
        let finding = match broken.flaw {
            Flaw::SignatureExpired { set } => expired(broken, set, at),
            Flaw::SignatureNotYetValid { set } => not_yet_valid(broken, set, at),
            Flaw::SignatureInvalid { set } => invalid(broken, set),
            Flaw::SignatureMissing { .. } if broken.elsewhere_whole => partly_signed(broken),
            Flaw::SignatureMissing { .. } => {
                let said = format!("has no signature over {}{}", broken.over(), broken.place());
                missing(broken, said)
            }
            Flaw::KeyMissing { key_tag, .. } => {
                let (over, place) = (broken.over(), broken.place());
                let said = format!("signs {over}{place} by key {key_tag}, which it does not have");
                missing(broken, said)
            }
            _ => continue,
        };
        findings.push(finding);
    }
    expires_soon(dns, at, findings);
}

fn expired(broken: &Break<'_>, set: &SignedSet, at: Timestamp) -> Finding {
    let ago = span(set.expiration.duration_until(at));
    broken.finding(&SignatureExpired {
        zone: broken.zone.clone(),
        over: broken.over(),
        servers: broken.servers(),
        place: broken.place(),
        key_tag: set.key_tag,
        algorithm: algorithm_name(set.algorithm),
        expired: minute(set.expiration),
        ago,
    })
}

fn not_yet_valid(broken: &Break<'_>, set: &SignedSet, at: Timestamp) -> Finding {
    broken.finding(&SignatureNotYetValid {
        zone: broken.zone.clone(),
        over: broken.over(),
        servers: broken.servers(),
        place: broken.place(),
        key_tag: set.key_tag,
        begins: minute(set.inception),
        until: span(at.duration_until(set.inception)),
    })
}

fn invalid(broken: &Break<'_>, set: &SignedSet) -> Finding {
    broken.finding(&SignatureInvalid {
        zone: broken.zone.clone(),
        over: broken.over(),
        servers: broken.servers(),
        place: broken.place(),
        key_tag: set.key_tag,
        algorithm: algorithm_name(set.algorithm),
    })
}

fn missing(broken: &Break<'_>, said: String) -> Finding {
    broken.finding(&SignatureMissing {
        zone: broken.zone.clone(),
        over: broken.over(),
        servers: broken.servers(),
        place: broken.place(),
        said,
    })
}

fn partly_signed(broken: &Break<'_>) -> Finding {
    broken.finding(&PartlySigned {
        zone: broken.zone.clone(),
        over: broken.over(),
        servers: broken.servers(),
        listed: broken.listed(),
    })
}

/// The least time that a signature should have left.
const LEAST: SignedDuration = SignedDuration::from_hours(12);

fn expires_soon(dns: &Dns, at: Timestamp, findings: &mut Vec<Finding>) {
    let soon = dns.signatures.iter().filter(|signature| {
        let set = &signature.set;
        let left = at.duration_until(set.expiration);
        let whole = set.inception.duration_until(set.expiration);
        signature.valid == Some(true) && left < LEAST.max(whole / 10) && is_needed(dns, signature)
    });
    // One signer, one warning: the first to end.
    let Some(first) = soon.min_by_key(|signature| signature.set.expiration) else {
        return;
    };
    let set = &first.set;
    let evidence = SignatureExpiresSoon {
        zone: set.signer.clone(),
        set: format!("{} of `{}`", set.r#type, set.name),
        key_tag: set.key_tag,
        expires: minute(set.expiration),
        left: span(at.duration_until(set.expiration)),
    };
    findings.push(evidence.about(set.signer.without_dot()));
}

/// Whether an answer rests on the signature: it is over keys, a DS, or the answer itself; and no other signature of the same
/// set lasts longer.
fn is_needed(dns: &Dns, signature: &Signature) -> bool {
    let set = &signature.set;
    let answers = |question: &Question| {
        question.r#type == set.r#type && question.links.iter().any(|link| link.name == set.name)
    };
    let of_chain = [RrType::DNSKEY, RrType::DS].contains(&set.r#type);
    let secure = dns.questions.iter().any(|question| {
        question
            .dnssec
            .as_ref()
            .is_some_and(|security| security.status == SecurityStatus::Secure)
    });
    let outlasted = dns.signatures.iter().any(|other| {
        other.valid == Some(true)
            && other.set.name == set.name
            && other.set.r#type == set.r#type
            && other.set.expiration > set.expiration
    });
    secure && !outlasted && (of_chain || dns.questions.iter().any(answers))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, answer_flaws, hours, judged, set, signed};
    use super::*;

    fn signature(until: i64, valid: bool) -> Signature {
        Signature {
            set: SignedSet {
                inception: hours(-240),
                expiration: hours(until),
                ..set("A")
            },
            valid: Some(valid),
        }
    }

    fn with_signature(signature: Signature) -> Dns {
        let mut dns = signed();
        dns.signatures.push(signature);
        dns
    }

    #[test]
    fn an_expired_signature_on_all_servers_is_one_error_about_the_zone() {
        let flaw = Flaw::SignatureExpired { set: set("A") };
        let dns = answer_flaws(&[Some(flaw.clone()), Some(flaw)]);
        let mut findings = Vec::new();
        super::super::judge(&dns, NOW.parse().unwrap(), &mut findings);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].id.as_str(), findings[0].subject.as_str()),
            ("dns/signature-expired", "shop.example")
        );
    }

    #[test]
    fn a_flaw_of_one_server_names_it() {
        for (flaw, id) in [
            (
                Flaw::SignatureExpired { set: set("A") },
                "dns/signature-expired",
            ),
            (
                Flaw::SignatureNotYetValid { set: set("A") },
                "dns/signature-not-yet-valid",
            ),
            (
                Flaw::SignatureInvalid { set: set("A") },
                "dns/signature-invalid",
            ),
        ] {
            let dns = answer_flaws(&[Some(flaw), None]);
            let mut findings = Vec::new();
            super::super::judge(&dns, NOW.parse().unwrap(), &mut findings);
            assert_eq!(
                (findings[0].id.as_str(), findings[0].subjects.as_slice()),
                (id, ["192.0.2.1".to_owned()].as_slice())
            );
        }
    }

    #[test]
    fn unsigned_everywhere_is_missing_and_at_some_is_partly_signed() {
        let flaw = || Flaw::SignatureMissing {
            name: "shop.example.".parse().unwrap(),
            r#type: RrType::A,
            zone: "shop.example.".parse().unwrap(),
        };
        assert_eq!(
            judged(&answer_flaws(&[Some(flaw()), Some(flaw())])),
            ["dns/signature-missing"]
        );
        assert_eq!(
            judged(&answer_flaws(&[Some(flaw()), None])),
            ["dns/partly-signed"]
        );
        assert!(judged(&answer_flaws(&[None, None])).is_empty());
    }

    #[test]
    fn a_signature_with_less_than_a_tenth_or_twelve_hours_left_ends_soon() {
        assert_eq!(
            judged(&with_signature(signature(11, true))),
            ["dns/signature-expires-soon"]
        );
        assert_eq!(
            judged(&with_signature(signature(25, true))),
            ["dns/signature-expires-soon"]
        );
        assert!(judged(&with_signature(signature(28, true))).is_empty());
        assert!(judged(&with_signature(signature(11, false))).is_empty());
        let mut renewed = with_signature(signature(11, true));
        renewed.signatures.push(signature(200, true));
        assert!(judged(&renewed).is_empty());
    }
}
