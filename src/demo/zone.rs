//! The contents of a zone.

use std::collections::BTreeMap;

use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// Seconds that every record of the world may be kept.
const TTL: u32 = 300;

/// One zone: its apex and its records.
#[derive(Clone, Debug)]
pub struct ZoneData {
    pub(super) origin: Name,
    pub(super) nodes: BTreeMap<Name, Vec<Record>>,
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

    /// With a text.
    #[must_use]
    pub fn text(mut self, owner: &str, text: &str) -> Self {
        self.put(owner, RData::TXT(TXT::new(vec![text.to_owned()])));
        self
    }

    fn put(&mut self, owner: &str, data: RData) {
        let owner = name(owner).to_lowercase();
        self.nodes
            .entry(owner.clone())
            .or_default()
            .push(Record::from_rdata(owner, TTL, data));
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

    pub(super) fn exists(&self, name: &Name) -> bool {
        self.nodes.keys().any(|owner| name.zone_of(owner))
    }
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
