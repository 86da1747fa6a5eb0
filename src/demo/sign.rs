//! Signs the zones of a world: a key for each, a DS for it at the parent, and signatures made when they are first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hickory_proto::dnssec::rdata::{DNSSECRData, DS, NSEC3PARAM, RRSIG, SigInput};
use hickory_proto::dnssec::{Algorithm, DigestType, Nsec3HashAlgorithm, TBS};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};
use jiff::{SignedDuration, Timestamp};

use super::NameServer;
use super::denial::Links;
use super::keys::Key;
use super::zone::ZoneData;
use crate::net::clock;

/// How a zone is signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// The algorithm of its key: RSA with SHA-2, ECDSA or Ed25519.
    pub algorithm: Algorithm,
    /// How it proves what it does not have.
    pub denial: Denial,
    /// From when its signatures count, seen from now.
    pub inception: SignedDuration,
    /// Until when.
    pub expiration: SignedDuration,
    /// Sets whose signature is not as it should be.
    pub faults: Vec<(Name, RecordType, Fault)>,
}

/// How a zone proves what it does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// By names in their order (RFC 4034 §4).
    Nsec,
    /// By hashed names (RFC 5155).
    Nsec3 {
        /// Additional rounds of hashing.
        iterations: u16,
        /// Hashed along.
        salt: Vec<u8>,
        /// Leaves out delegations that are not signed.
        opt_out: bool,
    },
    /// Not at all.
    Missing,
}

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not there.
    Unsigned,
    /// The records were changed after signing.
    Altered,
}

/// What a parent says of the keys of a zone below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouching {
    /// That of its key, with a SHA-256 digest.
    True,
    /// Nothing.
    Nothing,
    /// A key that the zone does not have.
    OtherKey,
    /// A key of this algorithm, which nobody can verify with.
    Algorithm(u8),
    /// That of its key, with a SHA-1 digest.
    Sha1,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::ECDSAP256SHA256,
            denial: Denial::Nsec,
            inception: SignedDuration::from_hours(-1),
            expiration: SignedDuration::from_hours(14 * 24),
            faults: Vec::new(),
        }
    }
}

/// A zone's key at work.
#[derive(Debug)]
pub(super) struct Signer {
    key: Arc<Key>,
    signing: Signing,
    now: Timestamp,
    made: Mutex<BTreeMap<(Name, RecordType), Option<Record>>>,
    links: OnceLock<Links>,
}

impl Signer {
    fn new(key: Arc<Key>, signing: Signing) -> Self {
        Self {
            key,
            signing,
            now: clock::now(),
            made: Mutex::default(),
            links: OnceLock::new(),
        }
    }

    pub(super) fn denial(&self) -> &Denial {
        &self.signing.denial
    }

    /// The denials of the zone, made at their first use.
    pub(super) fn links(&self, zone: &ZoneData) -> &Links {
        self.links.get_or_init(|| Links::of(zone, self.denial()))
    }

    /// The signature over a set, made at its first use.
    pub(super) fn signature(&self, zone: &Name, set: &[Record]) -> Option<Record> {
        let first = set.first()?;
        let key = (first.name.clone(), first.record_type());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let record = made.entry(key).or_insert_with(|| self.sign(zone, set));
        record.clone()
    }

    fn sign(&self, zone: &Name, set: &[Record]) -> Option<Record> {
        let first = set.first()?;
        let (owner, kind) = (&first.name, first.record_type());
        let faults = self.signing.faults.iter();
        let mut own = faults.filter(|(name, of, _)| name == owner && *of == kind);
        let fault = own.next().map(|(.., fault)| *fault);
        if fault == Some(Fault::Unsigned) {
            return None;
        }
        let input = SigInput {
            type_covered: kind,
            algorithm: self.key.algorithm(),
            num_labels: owner.num_labels(),
            original_ttl: first.ttl,
            sig_expiration: serial(self.now + self.signing.expiration),
            sig_inception: serial(self.now + self.signing.inception),
            key_tag: self.key.tag(),
            signer_name: zone.clone(),
        };
        let bytes = TBS::from_input(owner, DNSClass::IN, &input, set.iter()).ok()?;
        let mut signature = self.key.sign(&bytes)?;
        if let (Some(Fault::Altered), Some(last)) = (fault, signature.last_mut()) {
            *last ^= 1;
        }
        let data = DNSSECRData::RRSIG(RRSIG::from_sig(input, signature));
        let record = Record::from_rdata(owner.clone(), first.ttl, RData::DNSSEC(data));
        Some(record)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times in signatures are the low 32 bits of Unix seconds"
)]
fn serial(at: Timestamp) -> SerialNumber {
    SerialNumber::new(at.as_second() as u32)
}

/// Gives every zone that is to be signed its key, and its parents what they say of it. Also says what the root is to be trusted
/// by: DS records in zone-file form, nothing when it is not signed.
///
/// # Errors
/// When a key cannot be made.
pub(super) fn seal(servers: &mut [NameServer]) -> Result<String, String> {
    let mut keys: BTreeMap<Name, Arc<Key>> = BTreeMap::new();
    for zone in servers.iter().flat_map(|server| &server.zones) {
        if let Some(signing) = &zone.signing
            && !keys.contains_key(&zone.origin)
        {
            let key = Arc::new(Key::generate(signing.algorithm)?);
            keys.insert(zone.origin.clone(), key);
        }
    }
    for zone in servers.iter_mut().flat_map(|server| &mut server.zones) {
        let sealed = Arc::make_mut(zone);
        vouch(sealed, &keys)?;
        if let (Some(signing), Some(key)) = (sealed.signing.clone(), keys.get(&sealed.origin)) {
            publish(sealed, &signing, key);
        }
    }
    let root = keys.get(&Name::root());
    let anchor = root.and_then(|key| key.vouched(&Name::root(), DigestType::SHA256));
    Ok(anchor.map_or_else(String::new, |anchor| {
        format!(". IN DS {}\n", digits(&anchor))
    }))
}

/// A DS record's data in zone-file form.
fn digits(ds: &DS) -> String {
    let digest = data_encoding::HEXUPPER.encode(ds.digest());
    let (algorithm, kind) = (u8::from(ds.algorithm()), u8::from(ds.digest_type()));
    format!("{} {algorithm} {kind} {digest}", ds.key_tag())
}

/// Puts the DS of every zone below into its parent.
fn vouch(zone: &mut ZoneData, keys: &BTreeMap<Name, Arc<Key>>) -> Result<(), String> {
    for child in zone.cuts() {
        let vouching = zone.vouching.get(&child).copied();
        let own = keys.get(&child);
        let ds = match (vouching.unwrap_or(Vouching::True), own) {
            (Vouching::True, Some(key)) => key.vouched(&child, DigestType::SHA256),
            (Vouching::Sha1, Some(key)) => key.vouched(&child, DigestType::SHA1),
            // The same at every server of the parent.
            (Vouching::OtherKey, _) => {
                let algorithm = Algorithm::ECDSAP256SHA256;
                Some(DS::new(24_242, algorithm, DigestType::SHA256, vec![24; 32]))
            }
            (Vouching::Algorithm(number), _) => {
                let algorithm = Algorithm::from_u8(number);
                Some(DS::new(16_016, algorithm, DigestType::SHA256, vec![16; 32]))
            }
            _ => None,
        };
        if let Some(ds) = ds {
            zone.add(&child, RData::DNSSEC(DNSSECRData::DS(ds)));
        }
    }
    Ok(())
}

/// Puts the key, and how names are hashed, at the apex.
fn publish(zone: &mut ZoneData, signing: &Signing, key: &Arc<Key>) {
    let apex = zone.origin.clone();
    zone.add(&apex, key.record());
    if let Denial::Nsec3 {
        iterations, salt, ..
    } = &signing.denial
    {
        let data = NSEC3PARAM::new(Nsec3HashAlgorithm::SHA1, false, *iterations, salt.clone());
        zone.add(&apex, RData::DNSSEC(DNSSECRData::NSEC3PARAM(data)));
    }
    zone.signer = Some(Arc::new(Signer::new(Arc::clone(key), signing.clone())));
}
