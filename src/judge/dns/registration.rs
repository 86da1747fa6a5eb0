//! Is the domain registered for long enough, and not on hold?

use jiff::{SignedDuration, Timestamp};

use crate::facts::dns::Dns;
use crate::facts::name::DnsName;
use crate::facts::registration::Registration;
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::time::span;

finding! {
    /// The registration of the domain runs out within 30 days.
    ///
    /// When it does, the registry takes the name out of its zone after a short grace, and nobody finds site or mail any more; later
    /// anybody can register it. Many registrars renew by themselves some days before the end, if that is switched on and the
    /// card that they know is still good: that cannot be seen from outside.
    ///
    /// Log in at the registrar that is named, renew the domain, and switch renewal on: at Route 53 under Registered domains > the
    /// domain > Auto-renew, at GoDaddy under My Products > the domain > Auto-renew, at Namecheap under Domain List > Auto-renew, at Gandi
    /// under Domain > the domain > Renew, at Cloudflare under Domain Registration > Manage domains, at IONOS under Domains & SSL. Look
    /// whether the address to which the registrar writes is still read by somebody.
    RegistrationExpiresSoon { domain: DnsName, registrar: Option<String>, expires: Timestamp, when: String, at_registrar: String }
    id: "dns/registration-expires-soon", severity: Warning, source: "RFC 9083 §4.5, practice: an expired name is taken out of the zone",
    message: "the registration of `{domain}` {when}",
    fix: "renew `{domain}`{at_registrar}, and switch its automatic renewal on",
}

finding! {
    /// The domain is on hold, or on its way to be deleted: the registry does not publish it.
    ///
    /// `client hold` was set by the registrar: as a rule a bill is open, the owner's e-mail address was not confirmed within 15 days of
    /// the registration, or there is a complaint. `server hold` was set by the registry, for legal reasons or abuse. `redemption
    /// period` means that the registration ran out and can still be bought back for some 30 days, at a price; `pending delete` alone
    /// that it will be free for anybody within five days, and cannot be saved.
    ///
    /// For `client hold` and `redemption period` log in at the registrar that is named, or call it: look for an open bill, for a mail that
    /// asks to confirm the address (at GoDaddy, Namecheap, Gandi and IONOS a banner over the list of domains says so; at Route 53 it
    /// stands under Registered domains > Status), and for "Restore". For `server hold` ask the registrar what the registry wants.
    RegistrationOnHold { domain: DnsName, registrar: Option<String>, status: Vec<String>, said: String, mend: String }
    id: "dns/registration-on-hold", severity: Error, source: "RFC 8056 §2, RFC 5731 §2.3, RFC 3915",
    message: "`{domain}` is not published by its registry: {said}",
    fix: "{mend}",
}

/// How long before the end of a registration it is said.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What keeps a name out of its zone, and what mends it; what can still be done first: with `redemption period` stands `pending
/// delete` as well (RFC 3915 §3.1), which alone is final.
const HOLDS: [(&str, &str); 4] = [
    ("redemption period", "buy it back (restore, redemption)"),
    (
        "pending delete",
        "it cannot be renewed any more: register it again as soon as it is free, or ask the registrar to",
    ),
    ("server hold", "ask why the registry has put it on hold"),
    (
        "client hold",
        "pay the open bill, or confirm the owner's e-mail address, and ask for the hold to be lifted",
    ),
];

pub(super) fn judge(dns: &Dns, at: Timestamp, findings: &mut Vec<Finding>) {
    let Some(registration) = &dns.registration else {
        return;
    };
    match on_hold(registration) {
        Some(finding) => findings.push(finding),
        None => findings.extend(expires_soon(registration, at)),
    }
}

fn on_hold(registration: &Registration) -> Option<Finding> {
    let has = |hold: &str| registration.status.iter().any(|status| status == hold);
    let held: Vec<_> = HOLDS.into_iter().filter(|(hold, _)| has(hold)).collect();
    let (_, mend) = held.first()?;
    let said: Vec<&str> = held.iter().map(|(hold, _)| *hold).collect();
    let domain = &registration.domain;
    let evidence = RegistrationOnHold {
        domain: domain.clone(),
        registrar: registration.registrar.clone(),
        status: registration.status.clone(),
        said: said.join(", "),
        mend: format!("`{domain}`{}: {mend}", at_registrar(registration)),
    };
    Some(evidence.about(domain.without_dot()))
}

fn expires_soon(registration: &Registration, at: Timestamp) -> Option<Finding> {
    let expires = registration.expires?;
    let left = expires.duration_since(at);
    if left > SOON {
        return None;
    }
    let day = expires.strftime("%Y-%m-%d");
    let when = if left.is_negative() {
        format!("ran out {} ago, on {day}", span(-left))
    } else {
        format!("runs out in {}, on {day}", span(left))
    };
    let domain = registration.domain.clone();
    let subject = domain.without_dot();
    let evidence = RegistrationExpiresSoon {
        domain,
        registrar: registration.registrar.clone(),
        expires,
        when,
        at_registrar: at_registrar(registration),
    };
    Some(evidence.about(subject))
}

fn at_registrar(registration: &Registration) -> String {
    let registrar = registration.registrar.as_ref();
    registrar.map_or_else(
        || " at its registrar".to_owned(),
        |name| format!(" at {name}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ids, zones};
    use super::*;

    fn judged(change: impl FnOnce(&mut Registration)) -> Vec<String> {
        let mut dns = zones(&["."]);
        let mut registration = Registration::unknown("shop.example.".parse().unwrap());
        change(&mut registration);
        dns.registration = Some(registration);
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        ids(|findings| judge(&dns, now, findings))
    }

    fn until(time: &str) -> Vec<String> {
        judged(|registration| registration.expires = Some(time.parse().unwrap()))
    }

    fn with_status(status: &str) -> Vec<String> {
        judged(|registration| registration.status = vec!["active".to_owned(), status.to_owned()])
    }

    #[test]
    fn a_registration_of_at_most_30_days_more_runs_out_soon() {
        let soon = ["dns/registration-expires-soon"];
        assert_eq!(until("2027-01-31T00:00:00Z"), soon);
        assert_eq!(until("2026-12-31T00:00:00Z"), soon);
        assert!(until("2027-01-31T00:00:01Z").is_empty());
    }

    #[test]
    fn what_can_be_bought_back_is_not_given_up() {
        let mut registration = Registration::unknown("shop.example.".parse().unwrap());
        registration.status = vec!["pending delete".to_owned(), "redemption period".to_owned()];
        let found = on_hold(&registration).unwrap();
        assert!(found.fix.contains("buy it back"), "{}", found.fix);
    }

    #[test]
    fn a_hold_is_named_and_a_lock_is_none() {
        for hold in [
            "client hold",
            "server hold",
            "redemption period",
            "pending delete",
        ] {
            assert_eq!(with_status(hold), ["dns/registration-on-hold"], "{hold}");
        }
        for lock in [
            "client transfer prohibited",
            "server delete prohibited",
            "auto renew period",
        ] {
            assert!(with_status(lock).is_empty(), "{lock}");
        }
    }

    #[test]
    fn of_what_was_not_learnt_nothing_is_said() {
        let failure = crate::facts::attempt::Failure::RateLimited {
            retry_after_s: Some(60),
        };
        assert!(judged(|registration| registration.failure = Some(failure)).is_empty());
        let mut findings = Vec::new();
        judge(&zones(&["."]), Timestamp::UNIX_EPOCH, &mut findings);
        assert!(findings.is_empty());
    }
}
