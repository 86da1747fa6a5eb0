//! Facts made by hand, for the tests of the rules.

use std::net::{IpAddr, Ipv4Addr};

use crate::facts::dns::{
    Asked, Dns, Outcome, Question, Rcode, Record, ResolverAnswer, ResponseClass, Server,
    ServerResponse, Step, Transport, Zone, ZoneServer,
};
use crate::facts::name::RrType;
use crate::finding::Finding;

/// The ids of what a check finds.
pub(super) fn ids(check: impl FnOnce(&mut Vec<Finding>)) -> Vec<String> {
    let mut findings = Vec::new();
    check(&mut findings);
    findings.into_iter().map(|finding| finding.id).collect()
}

/// Facts with these zones and no question yet.
pub(super) fn zones(names: &[&str]) -> Dns {
    let zone = |name: &&str| Zone {
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
        dnssec: None,
    };
    Dns {
        zones: names.iter().map(zone).collect(),
        ..Dns::default()
    }
}

impl Dns {
    /// The same with one question more.
    pub(super) fn asks(mut self, question: Question) -> Self {
        self.questions.push(question);
        self
    }
}

/// A question with this outcome.
pub(super) fn question(name: &str, rr_type: RrType, outcome: Outcome) -> Question {
    let rcode = match outcome {
        Outcome::Answer | Outcome::Nodata => Rcode::NoError,
        Outcome::Nxdomain => Rcode::NxDomain,
        Outcome::Unresolvable => Rcode::ServFail,
    };
    Question {
        name: name.parse().unwrap(),
        r#type: rr_type,
        purpose: None,
        outcome,
        obstacle: None,
        rcode,
        answers: Vec::new(),
        expected: None,
        sibling: None,
        links: Vec::new(),
        dnssec: None,
        steps: Vec::new(),
    }
}

impl Question {
    /// The same with an address more.
    pub(super) fn record(mut self, data: &str) -> Self {
        let (name, r#type) = (self.name.clone(), self.r#type);
        self.answers.push(Record {
            name,
            r#type,
            ttl: 60,
            data: data.to_owned(),
        });
        self
    }

    /// The same with a link more to `target`.
    pub(super) fn alias(mut self, target: &str) -> Self {
        let name = self.name.clone();
        self.answers.push(Record {
            name,
            r#type: RrType::CNAME,
            ttl: 60,
            data: target.to_owned(),
        });
        self
    }
}

/// The server `ns<number>` with this response, asked over UDP, and over TCP when it was silent.
pub(super) fn server(number: u8, response: ResponseClass) -> ZoneServer {
    let heard = response.is_response();
    ZoneServer {
        name: format!("ns{number}.example.").parse().unwrap(),
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
        reachable_udp: Some(heard),
        reachable_tcp: (!heard).then_some(false),
        authoritative: heard.then_some(response.is_usable()),
        soa_serial: None,
        answers_differ: None,
        responses: None,
        rtt_ms: None,
        response: Some(response),
        failure: None,
    }
}

/// A question for the address of `www` in a zone to its server `ns<number>`, and how it ended.
pub(super) fn step(zone: &str, number: u8, response: ResponseClass) -> Step {
    Step {
        zone: zone.parse().unwrap(),
        question: Asked {
            name: format!("www.{}", zone.trim_start_matches('.'))
                .parse()
                .unwrap(),
            r#type: RrType::A,
        },
        server: Server {
            name: format!("ns{number}.example.").parse().unwrap(),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
            port: 53,
        },
        transport: Transport::Udp,
        edns: true,
        recursion_desired: false,
        cached: false,
        age_ms: None,
        at_ms: Default::default(),
        rtt_ms: None,
        response,
        failure: None,
        referral_to: None,
        authoritative: Some(true),
        recursion: Some(false),
        truncated: Some(false),
        size: None,
        unreadable: Some(0),
        case_kept: Some(true),
        ede: Vec::new(),
        nsid: None,
        dnssec: None,
        message: None,
    }
}

/// What a resolver says of the IPv4 address of `name`.
pub(super) fn resolver(transport: Transport, name: &str, address: &str) -> ResolverAnswer {
    let asked = question(name, RrType::A, Outcome::Answer).record(address);
    ResolverAnswer {
        resolver: "/etc/hosts".to_owned(),
        transport,
        name: asked.name,
        r#type: asked.r#type,
        rcode: Some("NOERROR".to_owned()),
        answers: asked.answers,
        ttl_left: Some(60),
        authenticated: None,
        ede: Vec::new(),
        rtt_ms: None,
        compared: false,
        agrees: None,
        as_expected: None,
        failure: None,
    }
}

/// A zone `shop.example.` whose `servers` servers were each asked for itself, in networks of their own, and answer over UDP and TCP.
pub(super) fn surveyed(servers: u8) -> Dns {
    let mut dns = zones(&["shop.example."]);
    let names = (1..=servers).map(|number| format!("ns{number}.example.").parse().unwrap());
    dns.zones[0].parent_ns = names.collect();
    dns.zones[0].referred_by = Some(step("example.", 9, ResponseClass::Referral).server);
    let each = (1..=servers).map(|number| ZoneServer {
        reachable_tcp: Some(true),
        responses: Some(Vec::new()),
        ..server(number, ResponseClass::Answer)
    });
    dns.zones[0].servers = each.collect();
    dns
}

/// What a server says to a question of the survey, with these data of the type.
pub(super) fn said(
    name: &str,
    r#type: RrType,
    response: ResponseClass,
    data: &[&str],
) -> ServerResponse {
    let answers = data.iter().map(|data| Record {
        name: name.parse().unwrap(),
        r#type,
        ttl: 60,
        data: (*data).to_owned(),
    });
    let heard = response.is_response();
    ServerResponse {
        name: name.parse().unwrap(),
        r#type,
        transport: Transport::Udp,
        recursion_desired: false,
        response,
        rcode: heard.then(|| "NOERROR".to_owned()),
        authoritative: heard.then_some(true),
        recursion: heard.then_some(false),
        truncated: heard.then_some(false),
        answers: answers.collect(),
        soa: None,
        rtt_ms: None,
        failure: None,
    }
}
