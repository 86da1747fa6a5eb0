//! Does the chain that was sent lead to an anchor, and does its leaf name the server?
//!
//! Each question is answered for itself: one certificate can be expired, misnamed and of an unknown authority at once. The
//! leaf's own validity is the judge's business; here a path is looked for at a time when the leaf is valid. What clients refuse
//! is distrust with its reasons (`faults`); what only the standards forbid is a departure (`profile`).

mod anchors;
mod certificate;
mod constraints;
mod distinguished;
mod faults;
mod key;
mod list;
mod name;
mod policies;
mod profile;
mod response;
mod search;
mod signature;
mod status;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub use anchors::Anchors;
pub(in crate::verify) use certificate::{Cert, id};
pub use list::RevocationList;
pub(in crate::verify) use signature::{Signed, Verdict, split_key};

use crate::facts::tls::{Departure, Distrust, Endpoint, Standard, Trust, TrustStatus};
use anchors::Anchor;
use profile::{Examined, Role};
use search::{Path, Search};

/// Fills in what is derived of an endpoint's chain: trust, name, and the status of its certificates.
pub fn verify(endpoint: &mut Endpoint, anchors: &Anchors, at: Timestamp) {
    let sent: Vec<Option<CertificateDer<'static>>> = endpoint
        .chain
        .iter()
        .map(|certificate| CertificateDer::from_pem_slice(certificate.pem.as_bytes()).ok())
        .collect();
    let fetched: Vec<CertificateDer<'static>> = endpoint
        .issuers_fetched
        .iter()
        .filter_map(|fetched| fetched.certificate.as_ref())
        .filter_map(|own| CertificateDer::from_pem_slice(own.pem.as_bytes()).ok())
        .collect();
    if sent.is_empty() {
        return;
    }
    let numbered = sent.iter().enumerate();
    let read: Vec<Cert<'_>> = numbered
        .filter_map(|(place, der)| Cert::read(der.as_ref()?, Some(place)))
        .collect();
    let more: Vec<Cert<'_>> = fetched
        .iter()
        .filter_map(|der| Cert::read(der, None))
        .collect();
    let Some(leaf) = read.first().filter(|first| first.place == Some(0)) else {
        endpoint.trust = Some(untrusted(vec![Distrust::Unreadable]));
        return;
    };
    let chain = Chain {
        leaf,
        sent: &read,
        fetched: &more,
        anchors,
        at: Moments::of(leaf, at),
    };
    let (trust, path) = chain.trust();
    endpoint.trust = Some(trust);
    endpoint.name_matches = name::matches(leaf, &endpoint.server_name);
    status::verify(endpoint, &path, anchors, at);
}

/// Fills in the same of the certificates of another type that an endpoint has for older clients.
pub fn verify_others(endpoint: &mut Endpoint, anchors: &Anchors, at: Timestamp) {
    let mut probes = std::mem::take(&mut endpoint.probes);
    let others = probes.iter_mut().flatten();
    for probe in others.filter(|probe| probe.shows_other_certificate()) {
        let mut other = endpoint.shown_in(probe);
        verify(&mut other, anchors, at);
        (probe.trust, probe.name_matches) = (other.trust, other.name_matches);
        probe.revocation = other.revocation;
    }
    endpoint.probes = probes;
}

/// When a chain is judged. That of a leaf which has ended may have ended as well since, and has no fault of its own for that.
#[derive(Clone, Copy, Debug)]
struct Moments {
    /// The moment asked for.
    at: Timestamp,
    /// The same in whole seconds when the leaf is valid then, else its last or first moment.
    of_leaf: Timestamp,
}

impl Moments {
    fn of(leaf: &Cert<'_>, at: Timestamp) -> Self {
        let validity = leaf.x509.validity();
        let second = at.as_second();
        let second = second.min(validity.not_after.timestamp());
        let second = second.max(validity.not_before.timestamp());
        let of_leaf = Timestamp::from_second(second).unwrap_or(at);
        Self { at, of_leaf }
    }

    /// Whether what ends then has ended at both.
    fn are_after(self, end: i64) -> bool {
        end < self.at.min(self.of_leaf).as_second()
    }

    /// Whether what begins then has begun at neither.
    fn are_before(self, begin: i64) -> bool {
        begin > self.at.max(self.of_leaf).as_second()
    }
}

/// What is to be judged.
struct Chain<'c> {
    leaf: &'c Cert<'c>,
    /// All that was sent and can be read, the leaf first.
    sent: &'c [Cert<'c>],
    /// Issuers that were fetched.
    fetched: &'c [Cert<'c>],
    anchors: &'c Anchors,
    at: Moments,
}

impl<'c> Chain<'c> {
    fn trust(&self) -> (Trust, Path<'c, 'c>) {
        if let Some(anchor) = self.leaf_as_anchor() {
            let path = Path {
                certificates: vec![self.leaf],
                anchor: None,
                faults: Vec::new(),
            };
            let trust = self.described(&path, faults::of_leaf(self.leaf), Vec::new());
            return (self.held_by(anchor, trust), path);
        }
        let search = Search::new(self.sent.iter().collect(), self.anchors, self.at);
        let (path, reasons) = self.path(&search);
        let related = search.related();
        let unrelated = self.unrelated(&related);
        (self.described(&path, reasons, unrelated), path)
    }

    /// The anchor that the leaf itself is. Another certificate of its name and key is not what the user chose to trust.
    fn leaf_as_anchor(&self) -> Option<&'c Anchor> {
        let mut named = self.anchors.named(self.leaf.subject_der());
        named.find(|anchor| anchor.certificate.as_deref() == Some(self.leaf.der))
    }

    /// The best path, and why it is not trusted.
    fn path(&self, search: &Search<'c, 'c>) -> (Path<'c, 'c>, Vec<Distrust>) {
        if let Some(path) = self.best_of(search.faultless()) {
            return (path, Vec::new());
        }
        if let Some(limit) = search.limit() {
            return (search.farthest(), vec![limit]);
        }
        if let Some(path) = search.least_faulty() {
            let reasons = path.faults.clone();
            return (path, reasons);
        }
        let farthest = search.farthest();
        if let Some(limit) = search.depth_limit() {
            return (farthest, vec![limit]);
        }
        let mut reasons = self.incomplete(&farthest, search);
        let leaf = faults::of_leaf(self.leaf);
        let above = farthest.certificates.iter().skip(1);
        let above = above.flat_map(|own| faults::of_authority(own, self.at));
        reasons.extend(leaf.into_iter().chain(above));
        reasons.extend(search.weak_signatures(&farthest));
        if matches!(reasons.first(), Some(Distrust::IssuerNotSent { .. }))
            && let Some(path) = self.completed()
        {
            return (path, reasons);
        }
        (farthest, reasons)
    }

    /// The path on which nobody is revoked that departs least from RFC 5280: of several that clients accept, one that keeps to it
    /// is enough (§6.1).
    fn best_of(&self, mut paths: Vec<Path<'c, 'c>>) -> Option<Path<'c, 'c>> {
        if paths.len() > 1 {
            paths.sort_by_cached_key(|path| {
                let revoked = status::is_revoked(path, self.anchors, self.at.of_leaf);
                (revoked, self.departing(path))
            });
        }
        paths.into_iter().next()
    }

    /// How many clauses of RFC 5280 a path departs from.
    fn departing(&self, path: &Path<'_, '_>) -> usize {
        let public = path
            .anchor
            .is_some_and(|anchor| self.anchors.is_public(anchor));
        let departures = departures(path, public);
        let own = departures.iter();
        own.filter(|departure| departure.standard == Standard::Rfc5280)
            .count()
    }

    /// Why the way ends before an anchor.
    fn incomplete(&self, farthest: &Path<'c, 'c>, search: &Search<'c, 'c>) -> Vec<Distrust> {
        let top = farthest.certificates.last().copied().unwrap_or(self.leaf);
        let self_signed = is_self_signed(top);
        vec![if search.has_false_issuer(top) {
            Distrust::SignatureInvalid {
                subject: top.subject(),
            }
        } else if self_signed && std::ptr::eq(top, self.leaf) {
            Distrust::SelfSigned
        } else if self_signed {
            Distrust::UnknownRoot {
                root: top.subject(),
            }
        } else if std::ptr::eq(top, self.leaf) || self.completed().is_some() {
            Distrust::IssuerNotSent {
                issuer: top.x509.issuer().to_string(),
            }
        } else {
            Distrust::UnknownRoot {
                root: top.x509.issuer().to_string(),
            }
        }]
    }

    /// A path with what was fetched.
    fn completed(&self) -> Option<Path<'c, 'c>> {
        if self.fetched.is_empty() {
            return None;
        }
        let pool = self.sent.iter().chain(self.fetched).collect();
        self.best_of(Search::new(pool, self.anchors, self.at).faultless())
    }

    /// Places of what was sent twice, or leads to no leaf.
    fn unrelated(&self, related: &[&Cert<'_>]) -> Vec<usize> {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut unrelated = Vec::new();
        for own in self.sent {
            let twice = seen.contains(&own.der);
            let leads = related.iter().any(|other| {
                other.subject_der() == own.subject_der() && other.key_der() == own.key_der()
            });
            if twice || !leads {
                unrelated.extend(own.place);
            }
            seen.push(own.der);
        }
        unrelated
    }

    fn described(
        &self,
        path: &Path<'c, 'c>,
        reasons: Vec<Distrust>,
        unrelated: Vec<usize>,
    ) -> Trust {
        let certificates = path.certificates.iter();
        let mut names: Vec<String> = certificates.clone().map(|own| own.subject()).collect();
        let mut places: Vec<Option<usize>> = certificates.map(|own| own.place).collect();
        let mut trust = untrusted(reasons);
        if let Some(anchor) = path.anchor {
            names.push(anchor.name());
            let sent = self
                .sent
                .iter()
                .find(|own| own.subject_der() == anchor.subject && own.key_der() == anchor.key);
            places.push(sent.and_then(|own| own.place));
            trust = self.held_by(anchor, trust);
        }
        trust.departures = departures(path, trust.public);
        Trust {
            path: names,
            path_sent: places,
            unrelated,
            ..trust
        }
    }

    fn held_by(&self, anchor: &Anchor, trust: Trust) -> Trust {
        let (stores, stores_without) = self.anchors.stores_of(anchor);
        Trust {
            public: self.anchors.is_public(anchor),
            stores,
            stores_without,
            ..trust
        }
    }
}

/// The departures of every certificate of a path.
fn departures(path: &Path<'_, '_>, public: bool) -> Vec<Departure> {
    let mut found = Vec::new();
    let anchor = path
        .anchor
        .and_then(|anchor| Cert::read(anchor.certificate.as_deref()?, None));
    for (index, certificate) in path.certificates.iter().enumerate() {
        let above = path.certificates.get(index + 1).copied();
        let examined = Examined {
            certificate,
            role: if index == 0 {
                Role::Leaf
            } else {
                Role::Authority
            },
            issuer: above.or(anchor.as_ref()),
            issuer_key: above
                .map(Cert::key_der)
                .or(path.anchor.map(|anchor| anchor.key.as_slice())),
            self_signed: is_self_signed(certificate),
        };
        found.extend(profile::departures(&examined, public));
    }
    if let Some(anchor) = anchor.as_ref().filter(|_| !public) {
        let self_signed = is_self_signed(anchor);
        let examined = Examined {
            certificate: anchor,
            role: Role::Anchor,
            issuer: None,
            issuer_key: self_signed.then(|| anchor.key_der()),
            self_signed,
        };
        found.extend(profile::departures(&examined, public));
    }
    found
}

fn is_self_signed(certificate: &Cert<'_>) -> bool {
    certificate.is_self_issued()
        && Signed::read(certificate.der).is_some_and(|signed| {
            matches!(
                signed.verify(certificate.key_der()),
                Verdict::Good | Verdict::Weak | Verdict::Unsupported
            )
        })
}

/// Trusted when there is no reason against it.
fn untrusted(reasons: Vec<Distrust>) -> Trust {
    Trust {
        status: if reasons.is_empty() {
            TrustStatus::Trusted
        } else {
            TrustStatus::Untrusted
        },
        reason: reasons.first().cloned(),
        reasons,
        path: Vec::new(),
        path_sent: Vec::new(),
        unrelated: Vec::new(),
        public: false,
        stores: Vec::new(),
        stores_without: Vec::new(),
        departures: Vec::new(),
    }
}
