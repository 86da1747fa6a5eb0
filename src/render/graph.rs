//! The delegation and its chain of trust as a picture: zones, their keys, the DS records and answers that those sign.
//!
//! One model, three writers. A solid edge holds, a broken one is marked, and what is not signed is drawn in grey.

mod dot;
mod mermaid;
mod svg;

use crate::facts::dns::{Dns, Zone};
use crate::facts::dnssec::{Flaw, SecurityStatus, Signature};
use crate::facts::name::{DnsName, RrType};

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Graphviz.
    Dot,
    /// Mermaid, which many web pages and READMEs draw.
    Mermaid,
    /// An image by itself.
    Svg,
}

/// Draws what was seen of DNS.
#[must_use]
pub fn draw(dns: &Dns, picture: Picture) -> String {
    let graph = Graph::of(dns);
    match picture {
        Picture::Dot => dot::write(&graph),
        Picture::Mermaid => mermaid::write(&graph),
        Picture::Svg => svg::write(&graph),
    }
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Holds,
    Broken,
    /// Nothing is promised, so nothing can break.
    Unsigned,
}

#[derive(Debug)]
struct Graph {
    zones: Vec<ZoneBox>,
    edges: Vec<Edge>,
}

/// A zone with what stands in it.
#[derive(Debug)]
struct ZoneBox {
    name: String,
    state: State,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    id: String,
    kind: Kind,
    /// One or two lines.
    lines: Vec<String>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Anchor,
    Key,
    Set,
}

/// That one node vouches for another.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    state: State,
    label: String,
}

impl Graph {
    fn of(dns: &Dns) -> Self {
        let mut graph = Self {
            zones: Vec::new(),
            edges: Vec::new(),
        };
        for (at, zone) in dns.zones.iter().enumerate() {
            let children: Vec<&Zone> = dns
                .zones
                .iter()
                .skip(at + 1)
                .filter(|child| parent_of(dns, child) == Some(&zone.name))
                .collect();
            graph.add(dns, zone, &children);
        }
        graph
    }

    fn add(&mut self, dns: &Dns, zone: &Zone, children: &[&Zone]) {
        let mut nodes = Vec::new();
        if zone.name == DnsName::root() && zone_state(zone) != State::Unsigned {
            nodes.push(anchor());
        }
        nodes.extend(self.keys(dns, zone));
        for child in children {
            nodes.push(self.delegation(dns, zone, child));
        }
        nodes.extend(self.answers(dns, zone));
        self.zones.push(ZoneBox {
            name: zone.name.to_string(),
            state: zone_state(zone),
            nodes,
        });
    }

    fn keys(&mut self, dns: &Dns, zone: &Zone) -> Vec<Node> {
        let Some(security) = &zone.dnssec else {
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for key in &security.keys {
            let id = key_id(&zone.name, key.key_tag);
            let role = if key.flags & 1 == 1 { "KSK" } else { "ZSK" };
            nodes.push(Node {
                id: id.clone(),
                kind: Kind::Key,
                lines: vec![
                    format!("{role} {}", key.key_tag),
                    format!("algorithm {}", key.algorithm),
                ],
                state: zone_state(zone),
            });
            if key.anchored {
                self.edges.push(Edge {
                    from: ds_id(&zone.name),
                    to: id,
                    state: State::Holds,
                    label: String::new(),
                });
            }
        }
        for signature in signatures_over(dns, &zone.name, RrType::DNSKEY) {
            let from = key_id(&zone.name, signature.set.key_tag);
            let others = security
                .keys
                .iter()
                .filter(|key| key.key_tag != signature.set.key_tag);
            for other in others {
                let to = key_id(&zone.name, other.key_tag);
                self.edges.push(signed(from.clone(), to, signature));
            }
        }
        if let Some(Flaw::NoKeyForDs { zone: at, .. }) = &security.security.reason
            && *at == zone.name
        {
            let id = format!("missing:{at}");
            nodes.push(Node {
                id: id.clone(),
                kind: Kind::Key,
                lines: vec!["no such key".to_owned()],
                state: State::Broken,
            });
            self.edges.push(Edge {
                from: ds_id(at),
                to: id,
                state: State::Broken,
                label: "vouches for".to_owned(),
            });
        }
        nodes
    }

    /// The DS records of a child, or that there are none.
    fn delegation(&mut self, dns: &Dns, zone: &Zone, child: &Zone) -> Node {
        let ds = child.dnssec.as_ref().map(|security| security.ds.as_slice());
        let tags: Vec<&str> = ds
            .into_iter()
            .flatten()
            .filter_map(|record| record.data.split(' ').next())
            .collect();
        let (lines, state) = if tags.is_empty() {
            let line = format!("NS {}", child.name);
            (vec![line, "no DS".to_owned()], State::Unsigned)
        } else {
            let line = format!("DS {}", child.name);
            (vec![line, tags.join(", ")], zone_state(zone))
        };
        for signature in signatures_over(dns, &child.name, RrType::DS) {
            let from = key_id(&signature.set.signer, signature.set.key_tag);
            self.edges.push(signed(from, ds_id(&child.name), signature));
        }
        Node {
            id: ds_id(&child.name),
            kind: Kind::Set,
            lines,
            state,
        }
    }

    /// The record sets of the zone that answer the questions.
    fn answers(&mut self, dns: &Dns, zone: &Zone) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for question in &dns.questions {
            for record in &question.answers {
                let own = question
                    .links
                    .iter()
                    .any(|link| link.name == record.name && link.zone == zone.name);
                let id = set_id(&record.name, record.r#type);
                if !own || nodes.iter().any(|node| node.id == id) {
                    continue;
                }
                let bogus = question
                    .dnssec
                    .as_ref()
                    .is_some_and(|security| security.status == SecurityStatus::Bogus);
                nodes.push(Node {
                    id: id.clone(),
                    kind: Kind::Set,
                    lines: vec![format!("{} {}", record.r#type, record.name)],
                    state: if bogus {
                        State::Broken
                    } else {
                        zone_state(zone)
                    },
                });
                for signature in signatures_over(dns, &record.name, record.r#type) {
                    let from = key_id(&signature.set.signer, signature.set.key_tag);
                    self.edges.push(signed(from, id.clone(), signature));
                }
            }
        }
        nodes
    }
}

fn anchor() -> Node {
    Node {
        id: ds_id(&DnsName::root()),
        kind: Kind::Anchor,
        lines: vec!["trust anchor".to_owned()],
        state: State::Holds,
    }
}

fn signed(from: String, to: String, signature: &Signature) -> Edge {
    let valid = signature.valid == Some(true);
    let until = signature.set.expiration.strftime("%Y-%m-%d");
    Edge {
        from,
        to,
        state: if valid { State::Holds } else { State::Broken },
        label: if valid {
            String::new()
        } else {
            format!("signature until {until}")
        },
    }
}

fn zone_state(zone: &Zone) -> State {
    match zone
        .dnssec
        .as_ref()
        .map(|security| security.security.status)
    {
        Some(SecurityStatus::Secure) => State::Holds,
        Some(SecurityStatus::Bogus) => State::Broken,
        _ => State::Unsigned,
    }
}

fn signatures_over<'a>(
    dns: &'a Dns,
    name: &'a DnsName,
    rr_type: RrType,
) -> impl Iterator<Item = &'a Signature> {
    let of_set = move |signature: &&Signature| {
        signature.set.name == *name && signature.set.r#type == rr_type
    };
    dns.signatures.iter().filter(of_set)
}

fn parent_of<'a>(dns: &'a Dns, child: &Zone) -> Option<&'a DnsName> {
    let above = dns.zones.iter().map(|zone| &zone.name);
    above
        .filter(|name| child.name.is_below(name))
        .max_by_key(|name| name.label_count())
}

fn key_id(zone: &DnsName, key_tag: u16) -> String {
    format!("key:{zone}:{key_tag}")
}

fn ds_id(zone: &DnsName) -> String {
    format!("ds:{zone}")
}

fn set_id(name: &DnsName, rr_type: RrType) -> String {
    format!("set:{name}:{rr_type}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::dns::{Link, Outcome, Question, Rcode, Record};
    use crate::facts::dnssec::{Key, Security, SignedSet, ZoneSecurity};

    fn record(name: &str, rr_type: RrType, data: &str) -> Record {
        Record {
            name: name.parse().unwrap(),
            r#type: rr_type,
            ttl: 60,
            data: data.to_owned(),
        }
    }

    fn zone(name: &str, key_tag: u16, ds: &[&str]) -> Zone {
        let key = Key {
            key_tag,
            flags: 257,
            algorithm: 13,
            anchored: true,
            signs_keys: true,
            record: record(name, RrType::DNSKEY, "257 3 13 AAAA"),
        };
        Zone {
            name: name.parse().unwrap(),
            parent_ns: Vec::new(),
            child_ns: None,
            glue: Vec::new(),
            unresolved_ns: Vec::new(),
            ns_denials: Vec::new(),
            alias_ns: Vec::new(),
            own_addresses: None,
            cds: None,
            servers: Vec::new(),
            referred_by: None,
            host: None,
            referrals: Vec::new(),
            dnssec: Some(ZoneSecurity {
                security: Security::secure(),
                ds: ds
                    .iter()
                    .map(|data| record(name, RrType::DS, data))
                    .collect(),
                keys: vec![key],
                signatures: Vec::new(),
                nsec3: None,
            }),
        }
    }

    fn signature(
        name: &str,
        rr_type: RrType,
        signer: &str,
        key_tag: u16,
        valid: bool,
    ) -> Signature {
        let time = |text: &str| text.parse().unwrap();
        Signature {
            set: SignedSet {
                name: name.parse().unwrap(),
                r#type: rr_type,
                signer: signer.parse().unwrap(),
                key_tag,
                algorithm: 13,
                inception: time("2026-11-01T00:00:00Z"),
                expiration: time("2026-12-01T00:00:00Z"),
            },
            valid: Some(valid),
        }
    }

    /// The root and one zone below it, with an address whose signature is broken.
    fn world() -> Dns {
        let question = Question {
            name: "shop.".parse().unwrap(),
            r#type: RrType::A,
            purpose: None,
            outcome: Outcome::Answer,
            obstacle: None,
            rcode: Rcode::ServFail,
            answers: vec![record("shop.", RrType::A, "192.0.2.1")],
            expected: None,
            sibling: None,
            links: vec![Link {
                name: "shop.".parse().unwrap(),
                zone: "shop.".parse().unwrap(),
            }],
            dnssec: None,
            steps: Vec::new(),
        };
        Dns {
            signatures_asked: true,
            questions: vec![question],
            zones: vec![zone(".", 1, &[]), zone("shop.", 2, &["2 13 2 AB"])],
            signatures: vec![
                signature("shop.", RrType::DS, ".", 1, true),
                signature("shop.", RrType::A, "shop.", 2, false),
            ],
            resolvers: Vec::new(),
            registration: None,
            propagation: None,
        }
    }

    #[test]
    fn every_link_of_the_chain_is_an_edge_and_the_broken_one_is_marked() {
        let graph = Graph::of(&world());
        let edges: Vec<(&str, &str, State)> = graph
            .edges
            .iter()
            .map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.state))
            .collect();
        for edge in [
            ("ds:.", "key:.:1", State::Holds),
            ("key:.:1", "ds:shop.", State::Holds),
            ("ds:shop.", "key:shop.:2", State::Holds),
            ("key:shop.:2", "set:shop.:A", State::Broken),
        ] {
            assert!(edges.contains(&edge), "{edge:?} in {edges:?}");
        }
    }

    #[test]
    fn each_edge_joins_nodes_that_are_drawn() {
        let graph = Graph::of(&world());
        let nodes: Vec<&str> = graph
            .zones
            .iter()
            .flat_map(|zone| zone.nodes.iter().map(|node| node.id.as_str()))
            .collect();
        for edge in &graph.edges {
            assert!(nodes.contains(&edge.from.as_str()) && nodes.contains(&edge.to.as_str()));
        }
    }

    #[test]
    fn names_from_the_network_cannot_leave_their_quotes() {
        let mut dns = world();
        let odd = hickory_proto::rr::Name::from_labels([b"a\"<b>".as_slice()]);
        dns.zones[1].name = odd.unwrap().into();
        let svg = draw(&dns, Picture::Svg);
        assert!(!svg.contains("<b>") && !svg.contains("a\"<"), "{svg}");
        let dot = draw(&dns, Picture::Dot);
        assert!(!dot.contains("\"a\"<"), "{dot}");
        let mermaid = draw(&dns, Picture::Mermaid);
        assert!(!mermaid.contains("<b>"), "{mermaid}");
    }
}
