//! What a path may end in: the anchors of each trust store in use, and which anchors are public.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::certificate::{Cert, id};
use super::list::RevocationList;
use crate::verify::der;

/// An authority that is trusted without being issued.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Anchor {
    /// Its distinguished name, DER.
    pub(in crate::verify) subject: Vec<u8>,
    /// Its SubjectPublicKeyInfo, DER.
    pub(in crate::verify) key: Vec<u8>,
    /// Its name constraints, DER.
    pub(in crate::verify) constraints: Option<Vec<u8>>,
    /// Its certificate, where the store has more than name and key.
    pub(in crate::verify) certificate: Option<Vec<u8>>,
    store: usize,
}

impl Anchor {
    fn bundled(anchor: &TrustAnchor<'_>, store: usize) -> Self {
        let sequence = |content: &[u8]| der::wrapped(der::SEQUENCE, content);
        Self {
            subject: sequence(&anchor.subject),
            key: sequence(&anchor.subject_public_key_info),
            constraints: anchor.name_constraints.as_ref().map(|own| sequence(own)),
            certificate: None,
            store,
        }
    }

    fn of_certificate(certificate: &[u8], store: usize) -> Option<Self> {
        let read = Cert::read(certificate, None)?;
        let constraints = read.extension(id::NAME_CONSTRAINTS);
        Some(Self {
            subject: read.subject_der().to_vec(),
            key: read.key_der().to_vec(),
            constraints: constraints.map(|own| own.value.to_vec()),
            certificate: Some(certificate.to_vec()),
            store,
        })
    }

    fn for_rustls(&self) -> Option<TrustAnchor<'static>> {
        let content = |sequence: &[u8]| Some(der::only(sequence, der::SEQUENCE)?.content.to_vec());
        let constraints = match &self.constraints {
            Some(own) => Some(content(own)?.into()),
            None => None,
        };
        Some(TrustAnchor {
            subject: content(&self.subject)?.into(),
            subject_public_key_info: content(&self.key)?.into(),
            name_constraints: constraints,
        })
    }

    pub(in crate::verify) fn is(&self, other: &Self) -> bool {
        self.subject == other.subject && self.key == other.key
    }

    /// The distinguished name as text.
    pub(in crate::verify) fn name(&self) -> String {
        use x509_parser::prelude::FromDer;
        x509_parser::x509::X509Name::from_der(&self.subject)
            .map(|(_, name)| name.to_string())
            .unwrap_or_default()
    }
}

/// The anchors that a path may end in, and the revocation lists at hand.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    stores: Vec<String>,
    all: Arc<Vec<Anchor>>,
    by_subject: Arc<HashMap<Vec<u8>, Vec<usize>>>,
    /// The anchors of public authorities, for whom the rules of the CA/Browser Forum hold.
    public: Arc<HashMap<Vec<u8>, Vec<Anchor>>>,
    pub(in crate::verify) lists: Arc<Vec<RevocationList>>,
}

impl Anchors {
    /// Mozilla's roots, as bundled.
    #[must_use]
    pub fn webpki() -> Self {
        Self::of_store("webpki", bundled())
    }

    /// These certificates as anchors of a store with this name; those that cannot be read are passed over.
    ///
    /// Returned with the indices, from 0, of those that were.
    #[must_use]
    pub fn from_certificates(
        store: &str,
        certificates: &[CertificateDer<'_>],
    ) -> (Self, Vec<usize>) {
        let mut anchors = Vec::new();
        let mut unusable = Vec::new();
        for (index, certificate) in certificates.iter().enumerate() {
            match Anchor::of_certificate(certificate, 0) {
                Some(anchor) => anchors.push(anchor),
                None => unusable.push(index),
            }
        }
        (Self::of_store(store, anchors), unusable)
    }

    fn of_store(store: &str, anchors: Vec<Anchor>) -> Self {
        Self {
            stores: vec![store.to_owned()],
            by_subject: Arc::new(index(&anchors)),
            all: Arc::new(anchors),
            public: Arc::new(grouped(bundled())),
            lists: Arc::default(),
        }
    }

    /// Both sets.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let shift = self.stores.len();
        let moved = other.all.iter().cloned().map(|anchor| Anchor {
            store: anchor.store + shift,
            ..anchor
        });
        let all: Vec<Anchor> = self.all.iter().cloned().chain(moved).collect();
        Self {
            stores: [self.stores, other.stores.clone()].concat(),
            by_subject: Arc::new(index(&all)),
            all: Arc::new(all),
            ..self
        }
    }

    /// The same anchors, of which these are called public instead of Mozilla's: for worlds with authorities of their own.
    #[must_use]
    pub fn calling_public(self, certificates: &[CertificateDer<'_>]) -> Self {
        let public = certificates
            .iter()
            .filter_map(|certificate| Anchor::of_certificate(certificate, 0));
        Self {
            public: Arc::new(grouped(public.collect())),
            ..self
        }
    }

    /// With revocation lists at hand.
    #[must_use]
    pub fn with_lists(self, lists: Vec<RevocationList>) -> Self {
        Self {
            lists: Arc::new(lists),
            ..self
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The same for rustls, which follows paths for connections that are not looked at themselves.
    #[must_use]
    pub fn roots(&self) -> rustls::RootCertStore {
        let mut store = rustls::RootCertStore::empty();
        store
            .roots
            .extend(self.all.iter().filter_map(Anchor::for_rustls));
        store
    }

    /// The distinguished names of all, DER: an issuer among them need not be looked for.
    pub fn subjects(&self) -> impl Iterator<Item = &[u8]> {
        self.by_subject.keys().map(Vec::as_slice)
    }

    pub(in crate::verify) fn named<'s>(
        &'s self,
        subject: &[u8],
    ) -> impl Iterator<Item = &'s Anchor> {
        let indices = self.by_subject.get(subject).into_iter().flatten();
        indices.filter_map(|index| self.all.get(*index))
    }

    pub(in crate::verify) fn is_public(&self, anchor: &Anchor) -> bool {
        let named = self.public.get(&anchor.subject).into_iter().flatten();
        named.into_iter().any(|public| public.is(anchor))
    }

    /// The stores that have the anchor, and those that lack it.
    pub(in crate::verify) fn stores_of(&self, anchor: &Anchor) -> (Vec<String>, Vec<String>) {
        let holding: Vec<usize> = self
            .named(&anchor.subject)
            .filter(|own| own.is(anchor))
            .map(|own| own.store)
            .collect();
        let numbered = self.stores.iter().enumerate();
        let (with, without): (Vec<_>, Vec<_>) =
            numbered.partition(|(number, _)| holding.contains(number));
        let names = |stores: Vec<(usize, &String)>| {
            stores.into_iter().map(|(_, name)| name.clone()).collect()
        };
        (names(with), names(without))
    }
}

fn bundled() -> Vec<Anchor> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter();
    roots.map(|root| Anchor::bundled(root, 0)).collect()
}

fn index(anchors: &[Anchor]) -> HashMap<Vec<u8>, Vec<usize>> {
    let mut indices: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (number, anchor) in anchors.iter().enumerate() {
        indices
            .entry(anchor.subject.clone())
            .or_default()
            .push(number);
    }
    indices
}

fn grouped(anchors: Vec<Anchor>) -> HashMap<Vec<u8>, Vec<Anchor>> {
    let mut groups: HashMap<Vec<u8>, Vec<Anchor>> = HashMap::new();
    for anchor in anchors {
        groups
            .entry(anchor.subject.clone())
            .or_default()
            .push(anchor);
    }
    groups
}
