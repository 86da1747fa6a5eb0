//! Questions as they are written and responses as they are read: what a response means for the one who asked.

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption, NSIDPayload};
use hickory_proto::rr::{RData, Record as WireRecord, RecordType};

use crate::facts::dns::{ExtendedError, Record, ResponseClass};
use crate::facts::name::{DnsName, RrType};

/// EDNS option codes that hickory has no type for.
const COOKIE: u16 = 10;
const EXTENDED_ERROR: u16 = 15;

/// A question without recursion, with EDNS, DO, NSID and a client cookie, its name in random case (0x20).
pub(super) fn question(
    name: &DnsName,
    rr_type: RrType,
    buffer: u16,
) -> Result<Message, ProtoError> {
    let mut case = name.as_wire().clone();
    case.randomize_label_case();
    let mut message = Message::new(rand::random(), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(case, rr_type.as_wire()));
    let mut edns = Edns::new();
    edns.set_max_payload(buffer).set_dnssec_ok(true);
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

/// Reads `bytes` as the response to `asked`.
pub(super) fn response_to(asked: &Message, bytes: &[u8]) -> Result<Message, NotOurs> {
    let id = bytes.first_chunk::<2>().map(|id| u16::from_be_bytes(*id));
    if id != Some(asked.metadata.id) {
        return Err(NotOurs::Stray);
    }
    let message = Message::from_vec(bytes).map_err(|_| NotOurs::Malformed)?;
    let is_response = message.metadata.message_type == MessageType::Response;
    // A FORMERR and its like may come without the question.
    let question_fits = message.queries == asked.queries
        || (message.queries.is_empty() && message.answers.is_empty());
    if is_response && question_fits {
        Ok(message)
    } else {
        Err(NotOurs::Stray)
    }
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
    let code = message.metadata.response_code;
    let authoritative = message.metadata.authoritative;
    match code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain if authoritative => {
            return alias_at(name, rr_type, message).unwrap_or(Reply::Nxdomain);
        }
        ResponseCode::NXDomain => return Reply::Unusable(ResponseClass::Lame),
        ResponseCode::Refused => return Reply::Unusable(ResponseClass::Refused),
        ResponseCode::ServFail => return Reply::Unusable(ResponseClass::Servfail),
        ResponseCode::FormErr => return Reply::Unusable(ResponseClass::Formerr),
        ResponseCode::NotImp => return Reply::Unusable(ResponseClass::Notimp),
        _ => return Reply::Unusable(ResponseClass::Lame),
    }
    if authoritative {
        let own = |record: &&WireRecord| {
            record.record_type() == rr_type.as_wire() && owner(record) == *name
        };
        let records: Vec<WireRecord> = message.answers.iter().filter(own).cloned().collect();
        if !records.is_empty() {
            return Reply::Answer(records);
        }
        if let Some(alias) = alias_at(name, rr_type, message) {
            return alias;
        }
    }
    if let Some(referral) = referral_in(zone, name, message) {
        return referral;
    }
    let soa_of_zone = message.authorities.iter().any(|record| {
        record.record_type() == RecordType::SOA
            && name.is_at_or_below(&owner(record))
            && owner(record).is_at_or_below(zone)
    });
    let empty = message.answers.is_empty() && message.authorities.is_empty();
    if soa_of_zone || (authoritative && empty) {
        return Reply::Nodata;
    }
    Reply::Unusable(ResponseClass::Lame)
}

fn alias_at(name: &DnsName, rr_type: RrType, message: &Message) -> Option<Reply> {
    if rr_type == RrType::CNAME {
        return None;
    }
    message
        .answers
        .iter()
        .find_map(|record| match &record.data {
            RData::CNAME(target) if owner(record) == *name => Some(Reply::Alias {
                record: Box::new(record.clone()),
                target: target.0.clone().into(),
            }),
            _ => None,
        })
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
        .filter(|record| owner(record) == cut)
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

/// A record as it stands in a report.
pub(super) fn as_fact(record: &WireRecord) -> Record {
    Record {
        name: owner(record),
        r#type: record.record_type().into(),
        ttl: record.ttl,
        data: presentation(&record.data),
    }
}

/// The data in presentation format; for types without one the generic form of RFC 3597 §5.
fn presentation(data: &RData) -> String {
    match data {
        RData::Unknown { rdata, .. } => {
            let bytes = &rdata.anything;
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\# {} {hex}", bytes.len()).trim_end().to_owned()
        }
        known => known.to_string(),
    }
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
