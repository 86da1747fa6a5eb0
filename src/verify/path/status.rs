//! What authorities say of the certificates of a path: by staple, by answers that were fetched, by lists at hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::anchors::Anchors;
use super::certificate::Cert;
use super::list::{Issuer, RevocationList};
use super::response::{self, Said};
use super::search::Path;
use crate::facts::revocation::{
    Revocation, RevocationStatus, StapleStatus, StatusAnswer, StatusFault, StatusKind, Unusable,
};
use crate::facts::tls::{Departure, Endpoint, Standard};
use crate::verify::ct::{self, Entry};

/// Fills in staple, timestamps and revocation.
pub(super) fn verify(
    endpoint: &mut Endpoint,
    path: &Path<'_, '_>,
    anchors: &Anchors,
    at: Timestamp,
) {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let anchor = path
        .anchor
        .and_then(|anchor| Cert::read(anchor.certificate.as_deref()?, None));
    let Some(leaf) = path.certificates.first() else {
        return;
    };
    let issuers = issuers(path, anchor.as_ref());
    let mut asked = Asked::default();
    let staple = endpoint
        .staple
        .as_ref()
        .and_then(|text| STANDARD.decode(text).ok());
    let issuer_key = issuers.first().map(|issuer| issuer.key);
    let within = issuer_key.and_then(|key| Entry::precertificate(leaf, key));
    let beside = Entry::certificate(leaf);
    let mut scts = ct::embedded(leaf, within.as_ref());
    scts.extend(ct::in_handshakes(endpoint, beside.as_ref()));
    if let (Some(bytes), Some(issuer)) = (&staple, issuers.first()) {
        let said = response::read(bytes, issuer, leaf.x509.raw_serial(), at);
        let list = said.as_ref().ok().and_then(|said| said.timestamps.as_ref());
        let stapled = list.and_then(|list| ct::read(list, "staple", beside.as_ref()));
        scts.extend(stapled.into_iter().flatten());
        endpoint.staple_status = Some(worth(&said));
        asked.hear("staple", 0, said);
    }
    if let Some(issuer) = issuers.first() {
        for answer in &endpoint.status_answers {
            asked.hear_answer(answer, leaf, issuer, at);
        }
    }
    let mut departures = Vec::new();
    for (place, (certificate, issuer)) in path.certificates.iter().zip(&issuers).enumerate() {
        let lists = anchors.lists.iter();
        let lists = lists.filter(|list| list.concerns(issuer, certificate));
        let lists: Vec<&RevocationList> = lists.collect();
        asked.hear_lists(&lists, place, certificate, (issuer, at));
        departures.extend(lists.iter().flat_map(|list| of_form(list, issuer)));
    }
    scts.iter_mut().for_each(|own| ct::look_up(own, at));
    endpoint.scts = Some(scts);
    let found = asked.revocation();
    if found.status == RevocationStatus::Revoked || !is_only_remembered(endpoint) {
        endpoint.revocation = Some(found);
    }
    if let Some(trust) = &mut endpoint.trust {
        trust.departures.extend(departures);
    }
}

/// Whether a list at hand has one of the authorities of a path on it.
pub(super) fn is_revoked(path: &Path<'_, '_>, anchors: &Anchors, at: Timestamp) -> bool {
    let anchor = path
        .anchor
        .and_then(|anchor| Cert::read(anchor.certificate.as_deref()?, None));
    let issuers = issuers(path, anchor.as_ref());
    let pairs = path.certificates.iter().zip(&issuers).enumerate().skip(1);
    let mut asked = Asked::default();
    for (place, (certificate, issuer)) in pairs {
        let lists = anchors.lists.iter();
        let lists = lists.filter(|list| list.concerns(issuer, certificate));
        let lists: Vec<&RevocationList> = lists.collect();
        asked.hear_lists(&lists, place, certificate, (issuer, at));
    }
    asked.revocation().status == RevocationStatus::Revoked
}

/// Whether a saved report has a verdict whose list it does not have.
fn is_only_remembered(endpoint: &Endpoint) -> bool {
    let dropped = |answer: &StatusAnswer| answer.body.is_none() && answer.failure.is_none();
    endpoint.revocation.is_some() && endpoint.status_answers.iter().any(dropped)
}

/// The issuer of each certificate of a path.
fn issuers<'i>(path: &'i Path<'_, '_>, anchor: Option<&'i Cert<'i>>) -> Vec<Issuer<'i>> {
    let above = path.certificates.iter().skip(1).map(|own| Issuer {
        subject: own.subject_der(),
        key: own.key_der(),
        certificate: Some(*own),
    });
    let end = path.anchor.map(|own| Issuer {
        subject: &own.subject,
        key: &own.key,
        certificate: anchor,
    });
    above.chain(end).collect()
}

fn worth(said: &Result<Said, StatusFault>) -> StapleStatus {
    match said {
        Ok(said) => StapleStatus {
            status: Some(said.status),
            fault: None,
            this_update: Some(said.this_update),
            next_update: said.next_update,
        },
        Err(fault) => StapleStatus {
            status: None,
            fault: Some(fault.clone()),
            this_update: None,
            next_update: None,
        },
    }
}

/// What was heard so far.
#[derive(Default)]
struct Asked {
    heard: Vec<Revocation>,
    unusable: Vec<Unusable>,
}

impl Asked {
    fn hear(&mut self, source: &str, certificate: usize, said: Result<Said, StatusFault>) {
        let source = source.to_owned();
        match said {
            Ok(said) => self.heard.push(Revocation {
                status: said.status,
                source: Some(source),
                revoked_at: said.revoked_at,
                reason: said.reason.map(reason_name),
                certificate,
                unusable: Vec::new(),
            }),
            Err(fault) => self.unusable.push(Unusable { source, fault }),
        }
    }

    fn hear_answer(
        &mut self,
        answer: &StatusAnswer,
        leaf: &Cert<'_>,
        issuer: &Issuer<'_>,
        at: Timestamp,
    ) {
        let source = answer.url.clone();
        if let Some(failure) = &answer.failure {
            let failure = failure.in_words();
            let fault = StatusFault::NotFetched { failure };
            self.unusable.push(Unusable { source, fault });
            return;
        }
        let body = answer
            .body
            .as_ref()
            .and_then(|body| STANDARD.decode(body).ok());
        match (answer.kind, body) {
            (StatusKind::Ocsp, Some(body)) => {
                let said = response::read(&body, issuer, leaf.x509.raw_serial(), at);
                self.hear(&source, 0, said);
            }
            (StatusKind::Crl, Some(body)) => match RevocationList::read(&source, body) {
                Some(list) if list.concerns(issuer, leaf) => {
                    self.hear_list(&list, 0, leaf, (issuer, at));
                }
                Some(_) => self.unusable.push(Unusable {
                    source,
                    fault: StatusFault::OtherCertificate,
                }),
                None => self.unusable.push(Unusable {
                    source,
                    fault: StatusFault::Unreadable,
                }),
            },
            // A list too long to keep was judged when it was fetched.
            (_, None) => {}
        }
    }

    fn hear_list(
        &mut self,
        list: &RevocationList,
        place: usize,
        certificate: &Cert<'_>,
        (issuer, at): (&Issuer<'_>, Timestamp),
    ) {
        let source = list.source.clone();
        if let Some(fault) = list.fault(issuer, at) {
            let unusable = Unusable { source, fault };
            // Of one that cannot be read nobody knows whose certificates it is about: it is met for each.
            if !self.unusable.contains(&unusable) {
                self.unusable.push(unusable);
            }
            return;
        }
        let entry = list.entry(certificate.x509.raw_serial());
        // One that was lifted counts no more, although it may stand in delta lists only (§6.3.3 (k)).
        let revoked = entry.as_ref().filter(|entry| entry.reason != Some(8));
        if revoked.is_none() && !list.is_whole() {
            let fault = StatusFault::NotWhole;
            self.unusable.push(Unusable { source, fault });
            return;
        }
        self.heard.push(Revocation {
            status: match revoked {
                Some(_) => RevocationStatus::Revoked,
                None => RevocationStatus::Good,
            },
            source: Some(source),
            revoked_at: revoked.map(|entry| entry.at),
            reason: revoked.and_then(|entry| entry.reason).map(reason_name),
            certificate: place,
            unusable: Vec::new(),
        });
    }

    /// Of several lists of one authority one that can be used is enough (RFC 5280 §6.3.3).
    fn hear_lists(
        &mut self,
        lists: &[&RevocationList],
        place: usize,
        certificate: &Cert<'_>,
        about: (&Issuer<'_>, Timestamp),
    ) {
        let (known, unusable) = (self.heard.len(), self.unusable.len());
        for list in lists {
            self.hear_list(list, place, certificate, about);
        }
        if self.heard.len() > known {
            self.unusable.truncate(unusable);
        }
    }

    /// Revoked when anything says so of any certificate; good when something says so of the leaf.
    fn revocation(self) -> Revocation {
        let nothing = if self.unusable.is_empty() {
            RevocationStatus::Unchecked
        } else {
            RevocationStatus::Unknown
        };
        let rank = |heard: &&Revocation| match (heard.status, heard.certificate) {
            (RevocationStatus::Revoked, _) => 0,
            (RevocationStatus::Good, 0) => 1,
            _ => 2,
        };
        let best = self.heard.iter().min_by_key(rank);
        let best = best.filter(|best| rank(best) < 2).cloned();
        let best = best.unwrap_or(Revocation {
            status: nothing,
            source: None,
            revoked_at: None,
            reason: None,
            certificate: 0,
            unusable: Vec::new(),
        });
        Revocation {
            unusable: self.unusable,
            ..best
        }
    }
}

/// Departures of a list's form, as those of its issuer.
fn of_form(list: &RevocationList, issuer: &Issuer<'_>) -> Vec<Departure> {
    let subject = issuer.certificate.map(Cert::subject).unwrap_or_default();
    let departures = list.departures(issuer).into_iter();
    departures
        .map(|(clause, rule, found)| Departure {
            standard: Standard::Rfc5280,
            clause: clause.to_owned(),
            certificate: issuer.certificate.and_then(|own| own.place),
            subject: subject.clone(),
            rule: rule.to_owned(),
            found: found.to_owned(),
        })
        .collect()
}

/// The names of RFC 5280 §5.3.1.
fn reason_name(code: u8) -> String {
    match code {
        0 => "unspecified",
        1 => "keyCompromise",
        2 => "cACompromise",
        3 => "affiliationChanged",
        4 => "superseded",
        5 => "cessationOfOperation",
        6 => "certificateHold",
        8 => "removeFromCRL",
        9 => "privilegeWithdrawn",
        10 => "aACompromise",
        other => return other.to_string(),
    }
    .to_owned()
}
