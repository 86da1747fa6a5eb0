//! A zone cut as its parent describes it: the servers, and the addresses that may be believed.

use hickory_proto::op::Message;

use super::hints::RootHints;
use super::message;
use crate::facts::dns::{Glue, NsDenial, Server};
use crate::facts::name::DnsName;
use crate::net::limits;

/// The port of DNS.
const PORT: u16 = 53;

/// A zone and who serves it.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) zone: DnsName,
    /// The NS set of the referral.
    pub(super) names: Vec<DnsName>,
    /// Addresses that came with the referral.
    pub(super) glue: Vec<Glue>,
    /// Addresses that were looked up.
    pub(super) found: Vec<Glue>,
    /// Servers whose look-up told that they have none.
    pub(super) denials: Vec<NsDenial>,
    /// Servers and addresses that only the zone itself tells.
    pub(super) own: Vec<Glue>,
    /// Who gave the referral; `None` for the root.
    pub(super) referred_by: Option<Server>,
}

impl Cut {
    /// The root, from the hints.
    pub(super) fn root(hints: &RootHints) -> Self {
        let glue: Vec<Glue> = hints
            .0
            .iter()
            .map(|(name, address)| Glue {
                name: name.clone(),
                address: *address,
            })
            .collect();
        let mut names: Vec<DnsName> = glue.iter().map(|glue| glue.name.clone()).collect();
        names.dedup();
        Self {
            zone: DnsName::root(),
            names,
            glue,
            found: Vec::new(),
            denials: Vec::new(),
            own: Vec::new(),
            referred_by: None,
        }
    }

    /// The cut that a referral by a server of `parent` describes. Of a large NS set only so many names are kept.
    pub(super) fn from_referral(
        parent: &DnsName,
        zone: DnsName,
        mut names: Vec<DnsName>,
        message: &Message,
        by: Server,
    ) -> Self {
        names.truncate(limits::SERVERS_PER_CUT);
        let glue = glue_in(parent, &names, message);
        Self {
            zone,
            names,
            glue,
            found: Vec::new(),
            denials: Vec::new(),
            own: Vec::new(),
            referred_by: Some(by),
        }
    }

    /// The cut of a zone below that the same servers have.
    pub(super) fn hidden(&self, apex: DnsName) -> Self {
        Self {
            zone: apex,
            referred_by: None,
            ..self.clone()
        }
    }

    /// Every (name, address) known: the first address of each server before the second of any, IPv4 first.
    pub(super) fn servers(&self) -> Vec<Server> {
        let mut ranked: Vec<(usize, Server)> = Vec::new();
        for name in &self.names {
            let mut own: Vec<&Glue> = self
                .glue
                .iter()
                .chain(&self.found)
                .filter(|glue| glue.name == *name)
                .collect();
            own.sort_by_key(|glue| glue.address.is_ipv6());
            for (rank, glue) in own
                .into_iter()
                .take(limits::ADDRESSES_PER_SERVER)
                .enumerate()
            {
                ranked.push((
                    rank,
                    Server {
                        name: name.clone(),
                        address: glue.address,
                        port: PORT,
                    },
                ));
            }
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, server)| server).collect()
    }

    /// The same, and those after them that only the zone itself tells.
    pub(super) fn all_servers(&self) -> Vec<Server> {
        let mut servers = self.servers();
        for Glue { name, address } in &self.own {
            let (name, address, port) = (name.clone(), *address, PORT);
            servers.push(Server {
                name,
                address,
                port,
            });
        }
        servers
    }

    /// Whether an address of any server is known.
    pub(super) fn has_address(&self) -> bool {
        self.names.iter().any(|name| self.knows_address_of(name))
    }

    fn knows_address_of(&self, name: &DnsName) -> bool {
        let mut known = self.glue.iter().chain(&self.found);
        known.any(|glue| glue.name == *name)
    }

    /// Servers of which no address is known.
    pub(super) fn without_address(&self) -> Vec<DnsName> {
        let unknown = |name: &&DnsName| !self.knows_address_of(name);
        self.names.iter().filter(unknown).cloned().collect()
    }

    /// Those of them that nobody has looked up in vain.
    pub(super) fn not_looked_up(&self) -> Vec<DnsName> {
        let mut names = self.without_address();
        names.retain(|name| !self.needs_glue(name));
        names.retain(|name| !self.denials.iter().any(|denial| denial.name == *name));
        names
    }

    /// Keeps what look-ups told of servers without an address, each server's last.
    pub(super) fn deny(&mut self, denials: Vec<NsDenial>) {
        self.denials
            .retain(|known| !denials.iter().any(|one| one.name == known.name));
        self.denials.extend(denials);
    }

    /// Whether only the zone itself can tell the address of `name`, so that the referral must bring it (RFC 9471).
    pub(super) fn needs_glue(&self, name: &DnsName) -> bool {
        name.is_at_or_below(&self.zone)
    }
}

/// Glue counts for names of the NS set that lie in the bailiwick of the zone that was asked.
fn glue_in(parent: &DnsName, names: &[DnsName], message: &Message) -> Vec<Glue> {
    let mut glue = Vec::new();
    for record in &message.additionals {
        let Some(address) = message::address(record) else {
            continue;
        };
        let name = message::owner(record);
        let one = Glue { name, address };
        if names.contains(&one.name) && one.name.is_at_or_below(parent) && !glue.contains(&one) {
            glue.push(one);
        }
    }
    glue
}
