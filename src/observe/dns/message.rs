//! Questions as they are written and responses as they are read: what a response means for the one who asked.

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::ProtoError;
use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption, NSIDPayload};
use hickory_proto::rr::{Name, RData, Record as WireRecord, RecordType};

use crate::facts::dns::{ExtendedError, ResponseClass};
use crate::facts::name::{DnsName, RrType, substituted, uncompressed};
use crate::facts::wire::{Reading, WireMessage};

/// EDNS option codes that hickory has no type for.
const COOKIE: u16 = 10;
const EXTENDED_ERROR: u16 = 15;

/// What a question says about its sender (RFC 6891).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extensions {
    /// The largest answer that is accepted over UDP.
    pub(super) buffer: u16,
    /// Whether signatures are asked for (DO).
    pub(super) signatures: bool,
}

/// A question without recursion, its name in random case (0x20); with EDNS, NSID and a client cookie when it has extensions.
pub(super) fn question(
    name: &DnsName,
    rr_type: RrType,
    extensions: Option<Extensions>,
) -> Result<Message, ProtoError> {
    let mut case = name.as_wire().clone();
    case.randomize_label_case();
    let mut message = Message::new(rand::random(), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(case, rr_type.as_wire()));
    let Some(extensions) = extensions else {
        return Ok(message);
    };
    let mut edns = Edns::new();
    edns.set_max_payload(extensions.buffer)
        .set_dnssec_ok(extensions.signatures);
    edns.options_mut()
        .insert(EdnsOption::NSID(NSIDPayload::new(Vec::new())?));
    edns.options_mut().insert(EdnsOption::Unknown(
        COOKIE,
        rand::random::<[u8; 8]>().to_vec(),
    ));
    message.set_edns(edns);
    Ok(message)
}

/// Why bytes that came are not the response that is waited for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotOurs {
    /// Another id, another question, or no response at all: to be passed over.
    Stray,
    /// The right id, and not readable.
    Malformed,
}

/// A response as it came and as it was read.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) wire: WireMessage,
    pub(super) reading: Arc<Reading>,
    /// Whether the name came back in the case in which it was sent.
    pub(super) case_kept: bool,
}

/// Reads `bytes` as the response to `asked`.
pub(super) fn response_to(asked: &Message, bytes: &[u8]) -> Result<Came, NotOurs> {
    let id = bytes.first_chunk::<2>().map(|id| u16::from_be_bytes(*id));
    if id != Some(asked.metadata.id) {
        return Err(NotOurs::Stray);
    }
    let wire = WireMessage::new(bytes.to_vec());
    let reading = wire.read().ok_or(NotOurs::Malformed)?;
    let message = &reading.message;
    // What is left of such a message would pass for one that denies.
    if reading.unreadable > 0 && message.answers.is_empty() && message.authorities.is_empty() {
        return Err(NotOurs::Malformed);
    }
    let is_response = message.metadata.message_type == MessageType::Response;
    // A FORMERR and its like may come without the question.
    let question_fits = message.queries == asked.queries
        || (message.queries.is_empty() && message.answers.is_empty());
    if !is_response || !question_fits {
        return Err(NotOurs::Stray);
    }
    let case_kept = message.queries.is_empty() || has_case_of(message, asked);
    Ok(Came {
        wire,
        reading,
        case_kept,
    })
}

fn has_case_of(message: &Message, asked: &Message) -> bool {
    let names = message.queries.iter().zip(&asked.queries);
    names
        .into_iter()
        .all(|(own, asked)| own.name.eq_case(&asked.name))
}

/// Whether a server stumbles over EDNS (RFC 6891 §7). Some send the OPT back with the error, because they send back all of the
/// question or because they know no options, which is no sign that they can be asked so.
pub(super) fn fails_at_edns(message: &Message) -> bool {
    matches!(
        message.metadata.response_code,
        ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS
    )
}

/// Whether the answer is to be fetched over TCP: it is cut short, or wants a cookie that TCP makes needless (RFC 7873 §5.3).
pub(super) fn wants_tcp(message: &Message) -> bool {
    message.metadata.truncation || message.metadata.response_code == ResponseCode::BADCOOKIE
}

/// A response classed, with what the next step needs of it.
#[derive(Debug)]
pub(super) enum Reply {
    /// The NS set of a zone further down.
    Referral { zone: DnsName, names: Vec<DnsName> },
    /// The alias at the name, and its target.
    Alias {
        record: Box<WireRecord>,
        target: DnsName,
    },
    /// Records of the type at the name.
    Answer(Vec<WireRecord>),
    /// The name exists without the type.
    Nodata,
    /// The name does not exist.
    Nxdomain,
    /// Nothing that a trace can go on from.
    Unusable(ResponseClass),
}

impl Reply {
    pub(super) fn class(&self) -> ResponseClass {
        match self {
            Self::Referral { .. } => ResponseClass::Referral,
            Self::Alias { .. } => ResponseClass::Alias,
            Self::Answer(_) => ResponseClass::Answer,
            Self::Nodata => ResponseClass::Nodata,
            Self::Nxdomain => ResponseClass::Nxdomain,
            Self::Unusable(class) => *class,
        }
    }
}

/// Classes `message`, which a server of `zone` gave to the question for `name` and `rr_type`.
///
/// Only the first link of an alias chain is taken: what else the server says of the target is not its to say.
pub(super) fn classify(
    zone: &DnsName,
    name: &DnsName,
    rr_type: RrType,
    message: &Message,
) -> Reply {
    // What a resolver has from elsewhere is not the zone's word; without AA and RA a careless server still speaks for itself.
    let flags = &message.metadata;
    let own_word = flags.authoritative || !flags.recursion_available;
    classed(zone, (name, rr_type), message, own_word)
}

/// The same for a server that answers as a resolver does: when no other is left, resolvers take what it says.
pub(super) fn classify_leniently(
    zone: &DnsName,
    name: &DnsName,
    rr_type: RrType,
    message: &Message,
) -> Reply {
    classed(zone, (name, rr_type), message, true)
}

fn classed(
    zone: &DnsName,
    (name, rr_type): (&DnsName, RrType),
    message: &Message,
    own_word: bool,
) -> Reply {
    let code = message.metadata.response_code;
    if message.metadata.truncation {
        return Reply::Unusable(ResponseClass::Truncated);
    }
    match code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain if own_word => {
            return first_link(name, rr_type, message).unwrap_or(Reply::Nxdomain);
        }
        ResponseCode::NXDomain => return Reply::Unusable(ResponseClass::Lame),
        ResponseCode::Refused => return Reply::Unusable(ResponseClass::Refused),
        ResponseCode::ServFail => return Reply::Unusable(ResponseClass::Servfail),
        ResponseCode::FormErr => return Reply::Unusable(ResponseClass::Formerr),
        ResponseCode::NotImp => return Reply::Unusable(ResponseClass::Notimp),
        _ => return Reply::Unusable(ResponseClass::Lame),
    }
    if own_word && let Some(link) = first_link(name, rr_type, message) {
        return link;
    }
    if let Some(referral) = referral_in(zone, name, message) {
        return referral;
    }
    if denies_data(zone, name, message) {
        return Reply::Nodata;
    }
    Reply::Unusable(ResponseClass::Lame)
}

/// Whether a response without the type says that there is none (RFC 2308 §2.2): by a SOA of the zone or of one below it; or, with
/// AA, by nothing beside the zone's own NS records. Without AA those would be a referral to itself.
fn denies_data(zone: &DnsName, name: &DnsName, message: &Message) -> bool {
    let soa_of_zone = |record: &WireRecord| {
        record.record_type() == RecordType::SOA
            && record.name.zone_of(name.as_wire())
            && zone.as_wire().zone_of(&record.name)
    };
    let alien = |record: &WireRecord| match record.record_type() {
        RecordType::SOA => true,
        RecordType::NS => record.name != *zone.as_wire(),
        _ => false,
    };
    message.authorities.iter().any(soa_of_zone)
        || (message.metadata.authoritative
            && message.answers.is_empty()
            && !message.authorities.iter().any(alien))
}

/// What the answer section says of the name itself: the alias that a DNAME above it stands for, whatever the server has made of
/// that (RFC 6672 §3.4); else records of the type or an alias, whichever stands first.
fn first_link(name: &DnsName, rr_type: RrType, message: &Message) -> Option<Reply> {
    let made = message
        .answers
        .iter()
        .find_map(|record| synthesised(name, record));
    if let Some(made) = made.filter(|_| rr_type != RrType::ANY) {
        return Some(match made.data.clone() {
            RData::CNAME(target) if rr_type != RrType::CNAME => alias(made, &target.0),
            _ => Reply::Answer(vec![made]),
        });
    }
    let fits = |record: &WireRecord| {
        rr_type == RrType::ANY || RrType::from(record.record_type()) == rr_type
    };
    let at_name = || {
        message
            .answers
            .iter()
            .filter(|record| record.name == *name.as_wire())
    };
    let mut telling =
        at_name().filter(|record| fits(record) || matches!(record.data, RData::CNAME(_)));
    let first = telling.next()?;
    Some(match &first.data {
        RData::CNAME(target) if !fits(first) => alias(first.clone(), &target.0),
        _ => Reply::Answer(at_name().filter(|record| fits(record)).cloned().collect()),
    })
}

fn alias(record: WireRecord, target: &Name) -> Reply {
    Reply::Alias {
        record: Box::new(record),
        target: target.clone().into(),
    }
}

/// The alias that a DNAME makes for a name below it.
fn synthesised(name: &DnsName, record: &WireRecord) -> Option<WireRecord> {
    let RData::Unknown { rdata, .. } = &record.data else {
        return None;
    };
    if RrType::from(record.record_type()) != RrType::DNAME {
        return None;
    }
    let target = substituted(
        name.as_wire(),
        &record.name,
        &uncompressed(&rdata.anything)?,
    )?;
    let data = RData::CNAME(CNAME(target));
    Some(WireRecord::from_rdata(
        name.as_wire().clone(),
        record.ttl,
        data,
    ))
}

/// The apex of a zone below `zone` that the same server has: the owner of the SOA or NS in its answer, or who signed it. Parent
/// and child on one server give no referral.
pub(super) fn hidden_apex(zone: &DnsName, name: &DnsName, message: &Message) -> Option<DnsName> {
    if !message.metadata.authoritative {
        return None;
    }
    let authorities = message.authorities.iter();
    let owners = authorities.filter_map(|record| match record.record_type() {
        RecordType::SOA | RecordType::NS => Some(owner(record)),
        _ => None,
    });
    let all = message.answers.iter().chain(&message.authorities);
    let signers = all.filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => {
            Some(signature.input().signer_name.clone().into())
        }
        _ => None,
    });
    let below = |apex: &DnsName| apex.is_below(zone) && name.is_at_or_below(apex);
    owners
        .chain(signers)
        .filter(below)
        .max_by_key(DnsName::label_count)
}

/// A referral is accepted when its NS owner lies strictly below the zone asked and at or above the name asked.
fn referral_in(zone: &DnsName, name: &DnsName, message: &Message) -> Option<Reply> {
    if !message.answers.is_empty() && message.metadata.authoritative {
        return None;
    }
    let is_cut = |cut: &DnsName| cut.is_below(zone) && name.is_at_or_below(cut);
    let cut = message
        .authorities
        .iter()
        .filter(|record| record.record_type() == RecordType::NS)
        .map(owner)
        .find(|cut| is_cut(cut))?;
    let mut names: Vec<DnsName> = Vec::new();
    for record in message
        .authorities
        .iter()
        .filter(|record| record.name == *cut.as_wire())
    {
        if let RData::NS(target) = &record.data {
            let target = DnsName::from(target.0.clone());
            if !names.contains(&target) {
                names.push(target);
            }
        }
    }
    Some(Reply::Referral { zone: cut, names })
}

/// The owner of a record.
pub(super) fn owner(record: &WireRecord) -> DnsName {
    record.name.clone().into()
}

/// The address in a record, if it is one of an address.
pub(super) fn address(record: &WireRecord) -> Option<IpAddr> {
    match &record.data {
        RData::A(address) => Some(address.0.into()),
        RData::AAAA(address) => Some(address.0.into()),
        _ => None,
    }
}

/// The mnemonic of a response code (IANA, DNS RCODEs), or `RCODE` and its number.
pub(super) fn rcode_name(code: ResponseCode) -> String {
    let known = match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::NotAuth => "NOTAUTH",
        ResponseCode::BADVERS => "BADVERS",
        other => return format!("RCODE{}", u16::from(other)),
    };
    known.to_owned()
}

/// The extended errors of a response; the option may stand more than once.
pub(super) fn extended_errors(message: &Message) -> Vec<ExtendedError> {
    let Some(edns) = &message.edns else {
        return Vec::new();
    };
    let options = edns.options().get_all(EdnsCode::Unknown(EXTENDED_ERROR));
    options
        .into_iter()
        .filter_map(|option| match option {
            EdnsOption::Unknown(EXTENDED_ERROR, bytes) => {
                let (code, text) = bytes.split_first_chunk::<2>()?;
                let text = String::from_utf8_lossy(text).into_owned();
                Some(ExtendedError {
                    code: u16::from_be_bytes(*code),
                    text,
                })
            }
            _ => None,
        })
        .collect()
}

/// The server's own identifier, with what is not printable ASCII escaped.
pub(super) fn nsid(message: &Message) -> Option<String> {
    match message.edns.as_ref()?.option(EdnsCode::NSID)? {
        EdnsOption::NSID(payload) => Some(payload.as_ref().escape_ascii().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::rdata::{A, NS, SOA};
    use hickory_proto::serialize::binary::BinEncodable;

    /// The class of a response to `www.shop.example. A` by a server of `shop.example.`.
    fn class(change: impl FnOnce(&mut Message)) -> ResponseClass {
        let mut message = Message::new(1, MessageType::Response, OpCode::Query);
        change(&mut message);
        let name = |text: &str| text.parse::<DnsName>().unwrap();
        let (zone, host) = (name("shop.example."), name("www.shop.example."));
        classify(&zone, &host, RrType::A, &message).class()
    }

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn servers(owner: &str) -> WireRecord {
        WireRecord::from_rdata(name(owner), 60, RData::NS(NS(name("ns.shop.example."))))
    }

    fn soa(owner: &str) -> WireRecord {
        let data = SOA::new(name(owner), name(owner), 1, 2, 3, 4, 5);
        WireRecord::from_rdata(name(owner), 60, RData::SOA(data))
    }

    #[test]
    fn a_response_without_data_denies_it_or_leads_on_or_is_lame() {
        let with = |authoritative: bool, authorities: &[WireRecord]| {
            class(|message| {
                message.metadata.authoritative = authoritative;
                message.authorities = authorities.to_vec();
            })
        };
        assert_eq!(with(true, &[]), ResponseClass::Nodata);
        assert_eq!(with(false, &[]), ResponseClass::Lame);
        assert_eq!(
            with(true, &[servers("shop.example.")]),
            ResponseClass::Nodata
        );
        assert_eq!(
            with(false, &[servers("shop.example.")]),
            ResponseClass::Lame
        );
        for authoritative in [true, false] {
            for upward in [servers("example."), soa("example.")] {
                assert_eq!(with(authoritative, &[upward]), ResponseClass::Lame);
            }
            let cut = [servers("www.shop.example.")];
            assert_eq!(with(authoritative, &cut), ResponseClass::Referral);
            let sideways = [servers("bank.example.")];
            assert_eq!(with(authoritative, &sideways), ResponseClass::Lame);
            assert_eq!(
                with(authoritative, &[soa("shop.example.")]),
                ResponseClass::Nodata
            );
        }
    }

    #[test]
    fn what_a_resolver_says_is_not_the_word_of_the_zone() {
        let by_resolver = |authoritative: bool| {
            class(|message| {
                message.metadata.recursion_available = true;
                message.metadata.authoritative = authoritative;
                let data = RData::A(A::new(192, 0, 2, 1));
                let record = WireRecord::from_rdata(name("www.shop.example."), 60, data);
                message.answers = vec![record];
            })
        };
        assert_eq!(by_resolver(true), ResponseClass::Answer);
        assert_eq!(by_resolver(false), ResponseClass::Lame);
    }

    #[test]
    fn a_dname_comes_before_what_was_made_of_it() {
        let target = Name::from_ascii("new.example.")
            .unwrap()
            .to_bytes()
            .unwrap();
        let data = RData::Unknown {
            code: RrType::DNAME.as_wire(),
            rdata: hickory_proto::rr::rdata::NULL::with(target),
        };
        let dname = WireRecord::from_rdata(name("shop.example."), 60, data);
        let wrong = RData::CNAME(CNAME(name("www.bank.example.")));
        let wrong = WireRecord::from_rdata(name("www.shop.example."), 60, wrong);
        let mut message = Message::new(1, MessageType::Response, OpCode::Query);
        message.metadata.authoritative = true;
        message.answers = vec![wrong, dname];
        let host: DnsName = "www.shop.example.".parse().unwrap();
        let zone: DnsName = "shop.example.".parse().unwrap();
        match classify(&zone, &host, RrType::A, &message) {
            Reply::Alias { target, .. } => assert_eq!(target.to_string(), "www.new.example."),
            other => panic!("{other:?}"),
        }
    }
}
