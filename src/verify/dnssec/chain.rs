//! The chain of trust: from an anchor, cut by cut, to the keys of a zone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_proto::dnssec::{DigestType, Verifier};
use hickory_proto::rr::{Name, RData, Record as WireRecord, RecordType};
use jiff::Timestamp;

use super::Want;
use super::anchors::{TrustAnchor, TrustAnchors, names};
use super::denial::{Denials, Proof};
use super::evidence::{Evidence, Reply};
use super::rrset::{Check, Keys, RrSet, algorithm_number};
use crate::facts::dns::{Record, ResponseClass};
use crate::facts::dnssec::{
    Flaw, Key, Nsec3Parameters, Security, SecurityStatus, Signature, ZoneSecurity,
};
use crate::facts::name::{DnsName, RrType};

/// Whether what a zone signs is proven, with its keys.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    Secure(Rc<Keys>),
    Not(Flaw),
}

/// What the parent's servers say of a name that may be a zone, ranked by what it is worth.
#[derive(Clone, Debug)]
enum Delegation {
    /// DS records that count.
    Signed(Vec<DS>),
    /// It is proven that there are none, or that nobody can use them.
    Unsigned(Flaw),
    /// No zone begins there.
    NoCut,
    /// What they say does not count.
    Flawed(Flaw),
    /// They say nothing.
    Unknown,
}

impl Delegation {
    fn rank(&self) -> u8 {
        match self {
            Self::Signed(_) => 0,
            Self::Unsigned(_) => 1,
            Self::NoCut => 2,
            Self::Flawed(_) => 3,
            Self::Unknown => 4,
        }
    }
}

/// The state of one validation.
pub(super) struct Chain<'a> {
    evidence: &'a Evidence,
    anchors: &'a TrustAnchors,
    pub(super) check: Check,
    /// The zones met, and those of the anchors.
    cuts: BTreeSet<DnsName>,
    known: RefCell<BTreeMap<DnsName, Trust>>,
    nsec3: RefCell<BTreeMap<DnsName, Nsec3Parameters>>,
    wants: RefCell<BTreeSet<Want>>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(
        evidence: &'a Evidence,
        anchors: &'a TrustAnchors,
        at: Timestamp,
        cuts: &[DnsName],
    ) -> Self {
        Self {
            evidence,
            anchors,
            check: Check::new(at, anchors.tried.clone()),
            cuts: cuts.iter().chain(anchors.zones()).cloned().collect(),
            known: RefCell::default(),
            nsec3: RefCell::default(),
            wants: RefCell::default(),
        }
    }

    /// What was missing so far.
    pub(super) fn wants(self) -> Vec<Want> {
        self.wants.into_inner().into_iter().collect()
    }

    /// Notes a question that nobody has asked yet; the one to ask is the deepest known zone that `above` lies in.
    fn want(&self, above: &DnsName, name: &DnsName, rr_type: RrType) {
        if self.evidence.was_asked(name, rr_type) {
            return;
        }
        let deepest = self.cuts.iter().filter(|cut| above.is_at_or_below(cut));
        if let Some(zone) = deepest.max_by_key(|cut| cut.label_count()) {
            self.wants.borrow_mut().insert(Want {
                zone: zone.clone(),
                name: name.clone(),
                r#type: rr_type,
            });
        }
    }

    /// Whether what `zone` signs is proven. Each zone is looked at once.
    pub(super) fn trust(&self, zone: &DnsName) -> Trust {
        if let Some(known) = self.known.borrow().get(zone) {
            return known.clone();
        }
        // Every step looks at a zone with fewer labels, so this ends.
        let trust = self.establish(zone).unwrap_or_else(Trust::Not);
        self.known.borrow_mut().insert(zone.clone(), trust.clone());
        trust
    }

    fn establish(&self, zone: &DnsName) -> Result<Trust, Flaw> {
        let anchors = self.anchors.at(zone);
        if !anchors.is_empty() {
            if let Some(flaw) = unusable(zone, &anchors) {
                return Err(flaw);
            }
            let wire = zone.as_wire();
            let named = |key: &DNSKEY| anchors.iter().any(|anchor| anchor.names(wire, key));
            return self.keys(zone, &[], &named);
        }
        let parent = self.parent(zone).ok_or(Flaw::NoAnchor)?;
        let keys = match self.trust(&parent) {
            Trust::Secure(keys) => keys,
            not => return Ok(not),
        };
        match self.delegation(zone, &keys) {
            Delegation::Signed(ds) => {
                let named = |key: &DNSKEY| ds.iter().any(|ds| names(ds, zone.as_wire(), key));
                self.keys(zone, &ds, &named)
            }
            Delegation::Unsigned(flaw) => Err(flaw),
            Delegation::Flawed(flaw) => {
                let between = self.insecure_between(zone, &keys);
                Err(between.unwrap_or(flaw))
            }
            Delegation::NoCut | Delegation::Unknown => {
                Err(Flaw::DelegationSignerNotHad { zone: zone.clone() })
            }
        }
    }

    /// Why what is said of a zone is not signed, when that is for a cut without DS above it that nobody has shown.
    fn insecure_between(&self, zone: &DnsName, keys: &Rc<Keys>) -> Option<Flaw> {
        let flaw = self.unsigned(zone.as_wire(), RrType::DS, keys);
        (flaw.status() == SecurityStatus::Insecure).then_some(flaw)
    }

    fn parent(&self, zone: &DnsName) -> Option<DnsName> {
        let above = self.cuts.iter().filter(|cut| zone.is_below(cut));
        above.max_by_key(|cut| cut.label_count()).cloned()
    }

    /// The keys of a zone, when one that is `named` by a DS or an anchor has signed them all (RFC 4035 §5.2).
    fn keys(
        &self,
        zone: &DnsName,
        ds: &[DS],
        named: &dyn Fn(&DNSKEY) -> bool,
    ) -> Result<Trust, Flaw> {
        let mut flaw = None;
        for reply in self.evidence.to(zone, RrType::DNSKEY) {
            let keys = keys_in(reply);
            let anchored: Vec<&DNSKEY> = keys
                .iter()
                .filter(|key| is_usable(key) && named(key))
                .collect();
            if anchored.is_empty() {
                flaw = flaw.or(Some(no_key(zone, ds, &keys)));
                continue;
            }
            let section = &reply.message().answers;
            let Some(set) = RrSet::find(section, zone.as_wire(), RecordType::DNSKEY) else {
                continue;
            };
            for key in anchored {
                let one = with_keys(zone, vec![key.clone()]);
                match self.check.verify(&set, &one) {
                    Ok(_) => {
                        let usable = keys.into_iter().filter(is_usable).collect();
                        return Ok(Trust::Secure(Rc::new(with_keys(zone, usable))));
                    }
                    Err(why) => flaw = Some(why),
                }
            }
        }
        self.want(zone, zone, RrType::DNSKEY);
        Err(flaw.unwrap_or(Flaw::KeysNotHad { zone: zone.clone() }))
    }

    /// What the servers above say of a name that may be a zone: in their referrals, and asked for its DS.
    fn delegation(&self, child: &DnsName, parent: &Rc<Keys>) -> Delegation {
        let above = |reply: &&Reply| child.is_below(&reply.zone);
        let replies = self
            .evidence
            .referrals_to(child)
            .chain(self.evidence.to(child, RrType::DS))
            .filter(above);
        let said = replies.map(|reply| self.delegation_in(reply, child, parent));
        let best = said.min_by_key(Delegation::rank);
        let best = best.unwrap_or(Delegation::Unknown);
        if matches!(best, Delegation::Flawed(_) | Delegation::Unknown) {
            let zone: DnsName = parent.zone.clone().into();
            self.want(&zone, child, RrType::DS);
        }
        best
    }

    fn delegation_in(&self, reply: &Reply, child: &DnsName, parent: &Rc<Keys>) -> Delegation {
        let refers = reply.class == ResponseClass::Referral;
        let section = if refers {
            &reply.message().authorities
        } else {
            &reply.message().answers
        };
        if let Some(set) = RrSet::find(section, child.as_wire(), RecordType::DS) {
            return match self.proven_above(child, &set, parent) {
                Ok(()) => signed(child, &set),
                Err(flaw) => by_flaw(flaw),
            };
        }
        if let Some(alias) = RrSet::find(section, child.as_wire(), RecordType::CNAME) {
            return match self.proven_above(child, &alias, parent) {
                Ok(()) => Delegation::NoCut,
                Err(flaw) => by_flaw(flaw),
            };
        }
        let authorities = &reply.message().authorities;
        let keys = match self.denying_keys(authorities, parent, Some(child.as_wire())) {
            Some(Ok(keys)) => keys,
            Some(Err(flaw)) => return by_flaw(flaw),
            None if refers => return Delegation::Unknown,
            None => return Delegation::Flawed(denial_invalid(child, RrType::DS, parent)),
        };
        let denials = self.denials(&reply.message().authorities, &keys);
        match denials.delegation(child.as_wire()) {
            Err(flaw) => by_flaw(flaw),
            Ok(Proof::Proven) => Delegation::Unsigned(Flaw::NotSigned {
                zone: child.clone(),
            }),
            Ok(Proof::OptOut) if self.cuts.contains(child) => {
                Delegation::Unsigned(Flaw::NotSigned {
                    zone: child.clone(),
                })
            }
            Ok(Proof::OptOut) => Delegation::Unsigned(Flaw::OptOut {
                zone: keys.zone.clone().into(),
            }),
            Ok(Proof::NoCut) if !refers => Delegation::NoCut,
            Ok(_) => Delegation::Flawed(match denials.no_data(child.as_wire(), RrType::DS) {
                Err(flaw) => flaw,
                Ok(()) => denial_invalid(child, RrType::DS, parent),
            }),
        }
    }

    /// Whether what is said of the zone `child` is signed above it.
    fn proven_above(&self, child: &DnsName, set: &RrSet<'_>, zone: &Rc<Keys>) -> Result<(), Flaw> {
        let keys = self.signing_keys_above(Some(child.as_wire()), set, zone)?;
        match self.check.verify(set, &keys)?.wildcard_at {
            // A delegation is of its own owner (RFC 4592 §4.2), and of an alias the rest is not looked at here.
            Some(_) => Err(denial_invalid(child, RrType::DS, &keys)),
            None => Ok(()),
        }
    }

    /// The keys that a set is to be verified with: those of `zone`, or of a zone below it whose cut nobody showed, because the
    /// same servers have both.
    pub(super) fn signing_keys(&self, set: &RrSet<'_>, zone: &Rc<Keys>) -> Result<Rc<Keys>, Flaw> {
        let of_parent = set.rr_type == RecordType::DS;
        self.signing_keys_above(of_parent.then_some(set.name), set, zone)
    }

    /// The same where only a zone above `child` may sign: none speaks for its own delegation. It is also what ends the search,
    /// for each step then looks at a zone with fewer labels.
    fn signing_keys_above(
        &self,
        child: Option<&Name>,
        set: &RrSet<'_>,
        zone: &Rc<Keys>,
    ) -> Result<Rc<Keys>, Flaw> {
        if set.signers().any(|signer| *signer == zone.zone) {
            return Ok(Rc::clone(zone));
        }
        let is_above =
            |signer: &Name| child.is_none_or(|child| signer.zone_of(child) && signer != child);
        let hidden = set.signers().find(|signer| {
            zone.zone.zone_of(signer) && signer.zone_of(set.name) && is_above(signer)
        });
        match hidden.map(|signer| self.trust(&signer.clone().into())) {
            Some(Trust::Secure(keys)) => Ok(keys),
            Some(Trust::Not(flaw)) => Err(flaw),
            None => {
                let (name, r#type) = set.label();
                let zone = zone.zone.clone().into();
                Err(Flaw::SignatureMissing { name, r#type, zone })
            }
        }
    }

    /// The keys of the zone that denies something in a section, one above `child` where that is given; `None` when nothing there
    /// is signed.
    pub(super) fn denying_keys(
        &self,
        section: &[WireRecord],
        zone: &Rc<Keys>,
        child: Option<&Name>,
    ) -> Option<Result<Rc<Keys>, Flaw>> {
        let kinds = [RecordType::NSEC, RecordType::NSEC3, RecordType::SOA];
        let sets = RrSet::all(section);
        let signed = |kind: &RecordType| {
            let own = |set: &&RrSet<'_>| set.rr_type == *kind && !set.signatures.is_empty();
            sets.iter().find(own)
        };
        let set = kinds.iter().find_map(signed)?;
        Some(self.signing_keys_above(child, set, zone))
    }

    /// The denials of a section that count.
    pub(super) fn denials<'b>(&'b self, section: &'b [WireRecord], keys: &'b Keys) -> Denials<'b> {
        let denials = Denials::of(section, keys, &self.check);
        if let Some(parameters) = denials.parameters() {
            let zone = keys.zone.clone().into();
            self.nsec3.borrow_mut().insert(zone, parameters);
        }
        denials
    }

    /// Why something unsigned comes from servers of a signed zone: because of a cut without DS on the way down to the name,
    /// or because a signature is missing.
    pub(super) fn unsigned(&self, name: &Name, rr_type: RrType, zone: &Rc<Keys>) -> Flaw {
        let mut keys = Rc::clone(zone);
        let name: DnsName = name.clone().into();
        let missing = |keys: &Keys| Flaw::SignatureMissing {
            name: name.clone(),
            r#type: rr_type,
            zone: keys.zone.clone().into(),
        };
        let last = name.label_count() - usize::from(rr_type == RrType::DS);
        for labels in keys.zone.iter().count() + 1..=last {
            let child = name.with_labels(labels);
            match self.delegation(&child, &keys) {
                Delegation::NoCut => {}
                Delegation::Signed(_) => match self.trust(&child) {
                    Trust::Secure(below) => keys = below,
                    Trust::Not(flaw) => return flaw,
                },
                Delegation::Unsigned(flaw) => return flaw,
                Delegation::Flawed(_) => return missing(&keys),
                Delegation::Unknown => return Flaw::DelegationSignerNotHad { zone: child },
            }
        }
        missing(&keys)
    }

    /// All that is known of a zone's chain of trust.
    pub(super) fn zone_security(&self, zone: &DnsName) -> ZoneSecurity {
        let security = match self.trust(zone) {
            Trust::Secure(_) => Security::secure(),
            Trust::Not(flaw) => flaw.into(),
        };
        let ds = self.ds_records(zone);
        let own = |signature: &Signature| {
            let set = &signature.set;
            set.name == *zone && [RrType::DNSKEY, RrType::DS].contains(&set.r#type)
        };
        let signatures: Vec<Signature> = self.signatures().into_iter().filter(own).collect();
        ZoneSecurity {
            security,
            keys: self.key_facts(zone, &ds, &signatures),
            ds: ds.iter().map(|(_, record)| record.clone()).collect(),
            signatures,
            nsec3: self.nsec3.borrow().get(zone).copied(),
        }
    }

    /// Every signature that was tried so far, each once.
    pub(super) fn signatures(&self) -> Vec<Signature> {
        let mut signatures: Vec<Signature> = Vec::new();
        for (set, valid) in self.check.tried.borrow().iter() {
            let signature = Signature {
                set: set.clone(),
                valid: Some(*valid),
            };
            if !signatures.contains(&signature) {
                signatures.push(signature);
            }
        }
        signatures
    }

    fn ds_records(&self, zone: &DnsName) -> Vec<(DS, Record)> {
        let referrals = self.evidence.referrals_to(zone);
        let sections = referrals.map(|reply| &reply.message().authorities).chain(
            self.evidence
                .to(zone, RrType::DS)
                .map(|reply| &reply.message().answers),
        );
        let mut found = Vec::new();
        for section in sections {
            for record in section
                .iter()
                .filter(|record| record.name == *zone.as_wire())
            {
                if let RData::DNSSEC(DNSSECRData::DS(ds)) = &record.data
                    && !found.iter().any(|(known, _)| known == ds)
                {
                    found.push((ds.clone(), Record::from(record)));
                }
            }
        }
        found
    }

    fn key_facts(&self, zone: &DnsName, ds: &[(DS, Record)], signatures: &[Signature]) -> Vec<Key> {
        let anchors = self.anchors.at(zone);
        let wire = zone.as_wire();
        let mut facts: Vec<Key> = Vec::new();
        for reply in self.evidence.to(zone, RrType::DNSKEY) {
            for record in reply
                .message()
                .answers
                .iter()
                .filter(|record| record.name == *wire)
            {
                let RData::DNSSEC(DNSSECRData::DNSKEY(key)) = &record.data else {
                    continue;
                };
                let record = Record::from(record);
                if facts.iter().any(|known| known.record.data == record.data) {
                    continue;
                }
                let key_tag = key.calculate_key_tag().unwrap_or_default();
                let by_ds = ds.iter().any(|(ds, _)| names(ds, wire, key));
                let signs_keys = signatures.iter().any(|signature| {
                    signature.set.r#type == RrType::DNSKEY
                        && signature.set.key_tag == key_tag
                        && signature.valid == Some(true)
                });
                facts.push(Key {
                    key_tag,
                    flags: key.flags(),
                    algorithm: algorithm_number(Verifier::algorithm(key)),
                    anchored: by_ds || anchors.iter().any(|anchor| anchor.names(wire, key)),
                    signs_keys,
                    record,
                });
            }
        }
        facts
    }
}

fn with_keys(zone: &DnsName, keys: Vec<DNSKEY>) -> Keys {
    Keys {
        zone: zone.as_wire().clone(),
        keys,
    }
}

fn keys_in(reply: &Reply) -> Vec<DNSKEY> {
    let own = reply
        .message()
        .answers
        .iter()
        .filter(|record| record.name == *reply.name.as_wire());
    own.filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some(key.clone()),
        _ => None,
    })
    .collect()
}

/// A key that may sign records of its zone (RFC 4034 §2.1.1, RFC 5011 §2.1), by an algorithm that can be verified.
fn is_usable(key: &DNSKEY) -> bool {
    key.zone_key() && !key.revoke() && Verifier::algorithm(key).is_supported()
}

fn no_key(zone: &DnsName, ds: &[DS], keys: &[DNSKEY]) -> Flaw {
    Flaw::NoKeyForDs {
        zone: zone.clone(),
        ds: ds.iter().map(DS::key_tag).collect(),
        keys: keys
            .iter()
            .filter_map(|key| key.calculate_key_tag().ok())
            .collect(),
    }
}

/// The DS records of a set that a validator uses: those it can, and none with SHA-1 beside better ones (RFC 4509 §3).
fn signed(child: &DnsName, set: &RrSet<'_>) -> Delegation {
    let all = || {
        set.records.iter().filter_map(|record| match &record.data {
            RData::DNSSEC(DNSSECRData::DS(ds)) => Some(ds),
            _ => None,
        })
    };
    let usable = |ds: &&DS| ds.algorithm().is_supported() && ds.digest_type().is_supported();
    let better = all()
        .filter(usable)
        .any(|ds| ds.digest_type() != DigestType::SHA1);
    let kept = all()
        .filter(usable)
        .filter(|ds| !better || ds.digest_type() != DigestType::SHA1);
    let kept: Vec<DS> = kept.cloned().collect();
    if kept.is_empty() {
        return Delegation::Unsigned(Flaw::AlgorithmUnsupported {
            zone: child.clone(),
            algorithms: all().map(|ds| algorithm_number(ds.algorithm())).collect(),
            digests: all().map(|ds| u8::from(ds.digest_type())).collect(),
        });
    }
    Delegation::Signed(kept)
}

/// That nobody can verify with any of the anchors: they are worth as much as such DS records (RFC 4035 §5.2).
fn unusable(zone: &DnsName, anchors: &[&TrustAnchor]) -> Option<Flaw> {
    let mut usable = anchors.iter().filter(|anchor| anchor.is_supported());
    usable.next().is_none().then(|| Flaw::AlgorithmUnsupported {
        zone: zone.clone(),
        algorithms: anchors
            .iter()
            .map(|anchor| algorithm_number(anchor.algorithm()))
            .collect(),
        digests: anchors
            .iter()
            .filter_map(|anchor| anchor.digest())
            .collect(),
    })
}

/// A flaw that makes data insecure is a proof; another is none.
fn by_flaw(flaw: Flaw) -> Delegation {
    match flaw.status() {
        SecurityStatus::Insecure => Delegation::Unsigned(flaw),
        _ => Delegation::Flawed(flaw),
    }
}

fn denial_invalid(name: &DnsName, rr_type: RrType, zone: &Keys) -> Flaw {
    Flaw::DenialInvalid {
        name: name.clone(),
        r#type: rr_type,
        zone: zone.zone.clone().into(),
    }
}
