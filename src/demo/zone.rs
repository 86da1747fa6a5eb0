//! The contents of a zone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hickory_proto::dnssec::rdata::{CDS, DNSSECRData};
use hickory_proto::dnssec::{Algorithm, DigestType};
use hickory_proto::rr::rdata::svcb::{Alpn, EchConfigList, IpHint, SvcParamKey, SvcParamValue};
use hickory_proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_proto::rr::rdata::{A, AAAA, CAA, CNAME, HTTPS, NS, SOA, SVCB, TLSA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::denial::Absent;
use super::sign::{Fault, Signer, Signing, Vouching};

/// Seconds that every record of the world may be kept.
const TTL: u32 = 300;

/// One zone: its apex and its records, and how they are signed.
#[derive(Clone, Debug)]
pub struct ZoneData {
    pub(super) origin: Name,
    pub(super) nodes: BTreeMap<Name, Vec<Record>>,
    pub(super) signing: Option<Signing>,
    /// What it says of the keys of zones below; of those not named, the truth.
    pub(super) vouching: BTreeMap<Name, Vouching>,
    /// At work once the world is started.
    pub(super) signer: Option<Arc<Signer>>,
}

impl ZoneData {
    /// A zone with a SOA, and NS records for `servers`.
    ///
    /// # Panics
    /// When a name of the world is misspelt.
    #[must_use]
    pub fn new(origin: &str, servers: &[&str]) -> Self {
        let origin = name(origin);
        let mut zone = Self {
            origin: origin.clone(),
            nodes: BTreeMap::new(),
            signing: Some(Signing::default()),
            vouching: BTreeMap::new(),
            signer: None,
        };
        let first = servers
            .first()
            .map_or_else(Name::root, |server| name(server));
        let soa = SOA::new(first, name("hostmaster.invalid."), 1, 3600, 600, 86400, 60);
        zone.put(&origin.to_ascii(), RData::SOA(soa));
        for server in servers {
            zone.put(&origin.to_ascii(), RData::NS(NS(name(server))));
        }
        zone
    }

    /// With an address at `owner`.
    #[must_use]
    pub fn address(mut self, owner: &str, address: &str) -> Self {
        match address.parse() {
            Ok(std::net::IpAddr::V4(address)) => self.put(owner, RData::A(A(address))),
            Ok(std::net::IpAddr::V6(address)) => self.put(owner, RData::AAAA(AAAA(address))),
            Err(_) => unreachable!("`{address}` is no address of the world"),
        }
        self
    }

    /// With a delegation of `zone` to `server`, and its glue.
    #[must_use]
    pub fn delegate(mut self, zone: &str, server: &str, glue: &[&str]) -> Self {
        self.put(zone, RData::NS(NS(name(server))));
        glue.iter()
            .fold(self, |zone, address| zone.address(server, address))
    }

    /// With an alias.
    #[must_use]
    pub fn alias(mut self, owner: &str, target: &str) -> Self {
        self.put(owner, RData::CNAME(CNAME(name(target))));
        self
    }

    /// With one more name server.
    #[must_use]
    pub fn served_by(mut self, server: &str) -> Self {
        let origin = self.origin.clone();
        self.add(&origin, RData::NS(NS(name(server))));
        self
    }

    /// With an HTTPS record for the owner itself, and these protocols.
    #[must_use]
    pub fn announcing(mut self, owner: &str, alpn: &[&str]) -> Self {
        self.put(owner, https(alpn, Vec::new()));
        self
    }

    /// The same with keys for encrypted hellos.
    #[must_use]
    pub fn encrypting(mut self, owner: &str, alpn: &[&str], keys: Vec<u8>) -> Self {
        let keys = SvcParamValue::EchConfigList(EchConfigList(keys));
        self.put(owner, https(alpn, vec![(SvcParamKey::EchConfigList, keys)]));
        self
    }

    /// The same with another port.
    #[must_use]
    pub fn elsewhere(mut self, owner: &str, alpn: &[&str], port: u16) -> Self {
        let port = SvcParamValue::Port(port);
        self.put(owner, https(alpn, vec![(SvcParamKey::Port, port)]));
        self
    }

    /// With an HTTPS record that leads to another name (AliasMode).
    #[must_use]
    pub fn service_alias(mut self, owner: &str, target: &str) -> Self {
        let record = SVCB::new(0, name(target), Vec::new());
        self.put(owner, RData::HTTPS(HTTPS(record)));
        self
    }

    /// With an HTTPS record for the owner itself that hints at an address.
    #[must_use]
    pub fn hinting(mut self, owner: &str, address: std::net::Ipv4Addr) -> Self {
        let hint = IpHint(vec![A(address)]);
        let hints = vec![(SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(hint))];
        let record = SVCB::new(1, Name::root(), hints);
        self.put(owner, RData::HTTPS(HTTPS(record)));
        self
    }

    /// In another state, told by the serial.
    #[must_use]
    pub fn numbered(self, serial: u32) -> Self {
        self.with_soa(|soa| soa.serial = serial)
    }

    /// With "no such name" to be remembered for so many seconds.
    #[must_use]
    pub fn denying_for(self, seconds: u32) -> Self {
        let apex = self.origin.to_ascii();
        self.with_soa(|soa| soa.minimum = seconds)
            .lasting(&apex, RecordType::SOA, &[seconds])
    }

    fn with_soa(mut self, change: impl Fn(&mut SOA)) -> Self {
        for record in self.nodes.values_mut().flatten() {
            if let RData::SOA(soa) = &mut record.data {
                change(soa);
            }
        }
        self
    }

    /// With records of a set that may be kept for so many seconds, each in turn.
    #[must_use]
    pub fn lasting(mut self, owner: &str, kind: RecordType, seconds: &[u32]) -> Self {
        let node = self.nodes.get_mut(&name(owner).to_lowercase());
        let set = node.into_iter().flatten();
        let set = set.filter(|record| record.record_type() == kind);
        for (record, seconds) in set.zip(seconds.iter().cycle()) {
            record.ttl = *seconds;
        }
        self
    }

    /// With a property of a CAA set.
    #[must_use]
    pub fn authorizing(mut self, owner: &str, tag: &str, value: &str) -> Self {
        let mut property = CAA::new_issue(false, None, Vec::new());
        property.tag = tag.to_owned();
        property.value = value.as_bytes().to_vec();
        self.put(owner, RData::CAA(property));
        self
    }

    /// Expecting a key at a port by its SHA-256 digest (DANE-EE).
    #[must_use]
    pub fn expecting(mut self, owner: &str, digest: Vec<u8>) -> Self {
        let record = TLSA::new(CertUsage::DaneEe, Selector::Spki, Matching::Sha256, digest);
        self.put(owner, RData::TLSA(record));
        self
    }

    /// With all its records so far to be kept for so many seconds.
    #[must_use]
    pub fn kept_for(mut self, seconds: u32) -> Self {
        let records = self.nodes.values_mut().flatten();
        records.for_each(|record| record.ttl = seconds);
        self
    }

    /// With a text.
    #[must_use]
    pub fn text(mut self, owner: &str, text: &str) -> Self {
        self.put(owner, RData::TXT(TXT::new(vec![text.to_owned()])));
        self
    }

    /// Not signed, so that its parents vouch for nothing.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.signing = None;
        self
    }

    /// Signed otherwise.
    #[must_use]
    pub fn signed(mut self, change: impl FnOnce(&mut Signing)) -> Self {
        let mut signing = self.signing.unwrap_or_default();
        change(&mut signing);
        self.signing = Some(signing);
        self
    }

    /// With a fault in the signature over a set.
    #[must_use]
    pub fn faulty(self, owner: &str, kind: RecordType, fault: Fault) -> Self {
        let owner = name(owner).to_lowercase();
        self.signed(|signing| signing.faults.push((owner, kind, fault)))
    }

    /// Saying something else of the keys of a zone below.
    #[must_use]
    pub fn vouching(mut self, zone: &str, vouching: Vouching) -> Self {
        self.vouching.insert(name(zone).to_lowercase(), vouching);
        self
    }

    /// With the wish that its parent would vouch for a key that is to come.
    #[must_use]
    pub fn wishing(mut self) -> Self {
        let algorithm = Some(Algorithm::ECDSAP256SHA256);
        let wish = CDS::new(4_242, algorithm, DigestType::SHA256, vec![0x42; 32]);
        let origin = self.origin.clone();
        self.add(&origin, RData::DNSSEC(DNSSECRData::CDS(wish)));
        self
    }

    fn put(&mut self, owner: &str, data: RData) {
        self.add(&name(owner).to_lowercase(), data);
    }

    pub(super) fn add(&mut self, owner: &Name, data: RData) {
        let record = Record::from_rdata(owner.clone(), TTL, data);
        let node = self.nodes.entry(owner.clone()).or_default();
        if !node.contains(&record) {
            node.push(record);
        }
    }

    pub(super) fn set(&self, owner: &Name, record_type: RecordType) -> Vec<Record> {
        let node = self.nodes.get(owner).map(Vec::as_slice).unwrap_or_default();
        node.iter()
            .filter(|record| record.record_type() == record_type)
            .cloned()
            .collect()
    }

    /// The delegation at or above `name`, nearest to the apex.
    pub(super) fn cut_above(&self, name: &Name) -> Option<Name> {
        let own = self.origin.num_labels();
        let below = (own + 1..=name.num_labels()).map(|labels| name.trim_to(usize::from(labels)));
        below
            .into_iter()
            .find(|cut| !self.set(cut, RecordType::NS).is_empty())
    }

    /// Whether there is a node at the name or below it.
    pub(super) fn exists(&self, name: &Name) -> bool {
        self.nodes.keys().any(|owner| name.zone_of(owner))
    }

    /// Every delegation.
    pub(super) fn cuts(&self) -> Vec<Name> {
        let owners = self.owners().filter(|owner| **owner != self.origin);
        let cuts = owners.filter(|owner| !self.set(owner, RecordType::NS).is_empty());
        cuts.cloned().collect()
    }

    /// The names at which the zone has a word: not those below a delegation.
    pub(super) fn owners(&self) -> impl Iterator<Item = &Name> {
        let own = |owner: &&Name| self.cut_above(owner).is_none_or(|cut| cut == **owner);
        self.nodes.keys().filter(own)
    }

    /// The types that the zone has at a name; at a delegation only those that are of it.
    pub(super) fn types_at(&self, owner: &Name) -> BTreeSet<RecordType> {
        let node = self.nodes.get(owner).into_iter().flatten();
        let types = node.map(Record::record_type);
        let is_cut = self.cut_above(owner).is_some();
        let of_cut = |kind: &RecordType| [RecordType::NS, RecordType::DS].contains(kind);
        types.filter(|kind| !is_cut || of_cut(kind)).collect()
    }

    /// Whether a zone without DS begins at the name.
    pub(super) fn is_unsigned_cut(&self, owner: &Name) -> bool {
        self.cut_above(owner).is_some() && self.set(owner, RecordType::DS).is_empty()
    }

    /// The signature over a set, when the zone is signed.
    pub(super) fn signature(&self, set: &[Record]) -> Option<Record> {
        self.signer.as_ref()?.signature(&self.origin, set)
    }

    /// The records that prove that something is not there; none when the zone is not signed.
    pub(super) fn proof(&self, name: &Name, absent: Absent) -> Vec<Record> {
        let signer = self.signer.as_ref();
        signer.map_or_else(Vec::new, |signer| {
            signer.links(self).proof(self, name, absent)
        })
    }
}

/// An HTTPS record for its owner; the parameters in the order of their numbers (RFC 9460 §2.2).
fn https(alpn: &[&str], others: Vec<(SvcParamKey, SvcParamValue)>) -> RData {
    let alpn = Alpn(alpn.iter().map(ToString::to_string).collect());
    let mut parameters = vec![(SvcParamKey::Alpn, SvcParamValue::Alpn(alpn))];
    parameters.extend(others);
    RData::HTTPS(HTTPS(SVCB::new(1, Name::root(), parameters)))
}

fn name(text: &str) -> Name {
    match Name::from_ascii(text) {
        Ok(mut name) => {
            name.set_fqdn(true);
            name
        }
        Err(_) => unreachable!("`{text}` is no name of the world"),
    }
}
