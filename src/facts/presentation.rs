//! Record data as zone files write it (RFC 1035 §5.1, RFC 4034, RFC 3597 §5 for types without a form of their own).

use std::collections::BTreeSet;

use std::fmt::Write;

use data_encoding::{BASE64, HEXLOWER};
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3, RRSIG};
use hickory_proto::rr::{Name, RData, Record as WireRecord, RecordTypeSet};
use hickory_proto::serialize::binary::BinEncodable;
use jiff::Timestamp;

use super::dns::Record;
use super::name::{DnsName, RrType, uncompressed};
use super::service;

impl From<&WireRecord> for Record {
    fn from(record: &WireRecord) -> Self {
        Self {
            name: record.name.clone().into(),
            r#type: record.record_type().into(),
            ttl: record.ttl,
            data: presentation(&record.data),
        }
    }
}

impl Record {
    /// Without those that stand there before: the same record twice is one (RFC 2181 §5).
    #[must_use]
    pub fn each_once(records: impl Iterator<Item = Self>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let mut records: Vec<Self> = records.collect();
        records.retain(|record| {
            seen.insert((record.name.clone(), record.r#type, record.data.clone()))
        });
        records
    }
}

/// Names stay in ASCII, and what is text is quoted.
fn presentation(data: &RData) -> String {
    match data {
        RData::Unknown { code, rdata } => unknown(RrType::from(*code), &rdata.anything),
        RData::Update0(_) => unknown(RrType(0), &[]),
        RData::CNAME(target) => name(&target.0),
        RData::NS(target) => name(&target.0),
        RData::PTR(target) => name(&target.0),
        RData::MX(mx) => format!("{} {}", mx.preference, name(&mx.exchange)),
        RData::TXT(text) => {
            let parts: Vec<String> = text.txt_data.iter().map(|part| quoted(part)).collect();
            parts.join(" ")
        }
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            name(&soa.mname),
            name(&soa.rname),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
        RData::SRV(srv) => format!(
            "{} {} {} {}",
            srv.priority,
            srv.weight,
            srv.port,
            name(&srv.target)
        ),
        RData::CAA(caa) => format!(
            "{} {} {}",
            caa.flags(),
            printable(&caa.tag),
            quoted(&caa.value)
        ),
        RData::HINFO(host) => format!("{} {}", quoted(&host.cpu), quoted(&host.os)),
        RData::NAPTR(naptr) => format!(
            "{} {} {} {} {} {}",
            naptr.order,
            naptr.preference,
            quoted(&naptr.flags),
            quoted(&naptr.services),
            quoted(&naptr.regexp),
            name(&naptr.replacement)
        ),
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => rrsig(signature),
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => format!(
            "{}{}",
            name(nsec.next_domain_name()),
            types(NSEC::type_set(nsec))
        ),
        RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => nsec3_data(nsec3),
        RData::HTTPS(https) => service::presentation(&https.0),
        RData::SVCB(svcb) => service::presentation(svcb),
        known => displayed(known),
    }
}

fn unknown(rr_type: RrType, bytes: &[u8]) -> String {
    let dname = (rr_type == RrType::DNAME).then(|| uncompressed(bytes));
    if let Some(Some(target)) = dname {
        return name(&target);
    }
    let hex = HEXLOWER.encode(bytes);
    format!("\\# {} {hex}", bytes.len()).trim_end().to_owned()
}

fn name(name: &Name) -> String {
    DnsName::from(name.clone()).to_string()
}

/// As hickory writes it; an OPT where none belongs has no form there, and gets the generic one.
fn displayed(data: &RData) -> String {
    let mut text = String::new();
    if write!(text, "{data}").is_ok() {
        return printable(&text);
    }
    unknown(
        data.record_type().into(),
        &data.to_bytes().unwrap_or_default(),
    )
}

/// What has no form of its own here, with what is not printable escaped.
fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' => safe.push(char::from(byte)),
            other => safe.push_str(&format!("\\{other:03}")),
        }
    }
    safe
}

/// A character string in quotes, with quote, backslash and what is not printable escaped.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03}")),
        }
    }
    text.push('"');
    text
}

fn rrsig(signature: &RRSIG) -> String {
    let input = signature.input();
    let day = |seconds: u32| {
        let time = Timestamp::from_second(i64::from(seconds));
        time.map(|time| time.strftime("%Y%m%d%H%M%S").to_string())
            .unwrap_or_default()
    };
    format!(
        "{} {} {} {} {} {} {} {} {}",
        RrType::from(input.type_covered),
        u8::from(input.algorithm),
        input.num_labels,
        input.original_ttl,
        day(input.sig_expiration.get()),
        day(input.sig_inception.get()),
        input.key_tag,
        name(&input.signer_name),
        BASE64.encode(signature.sig())
    )
}

fn nsec3_data(nsec3: &NSEC3) -> String {
    let salt = match nsec3.salt() {
        [] => "-".to_owned(),
        salt => HEXLOWER.encode(salt),
    };
    let next = data_encoding::BASE32_DNSSEC.encode(nsec3.next_hashed_owner_name());
    format!(
        "{} {} {} {salt} {next}{}",
        u8::from(nsec3.hash_algorithm()),
        nsec3.flags(),
        nsec3.iterations(),
        types(nsec3.type_set())
    )
}

fn types(set: &RecordTypeSet) -> String {
    let each = set
        .iter()
        .map(|rr_type| format!(" {}", RrType::from(rr_type)));
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::RecordType;
    use hickory_proto::rr::rdata::TXT;

    #[test]
    fn text_is_quoted_and_escaped() {
        let text = TXT::from_bytes(vec![b"two words", b"a\"b\\c\x07\xff"]);
        assert_eq!(
            presentation(&RData::TXT(text)),
            r#""two words" "a\"b\\c\007\255""#
        );
    }

    #[test]
    fn types_without_a_form_have_the_generic_one() {
        let data = |bytes: &[u8]| RData::Unknown {
            code: RecordType::Unknown(65280),
            rdata: hickory_proto::rr::rdata::NULL::with(bytes.to_vec()),
        };
        assert_eq!(presentation(&data(&[1, 2, 255])), "\\# 3 0102ff");
        let misplaced = RData::OPT(hickory_proto::rr::rdata::OPT::new(Vec::new()));
        assert_eq!(presentation(&misplaced), "\\# 0");
        let empty = RData::Update0(RecordType::Unknown(65280));
        assert_eq!(presentation(&empty), "\\# 0");
    }

    #[test]
    fn a_denial_names_its_types() {
        let next = Name::from_ascii("b.example.").unwrap();
        let nsec = NSEC::new(next, [RecordType::A, RecordType::Unknown(29)]);
        let data = RData::DNSSEC(DNSSECRData::NSEC(nsec));
        assert_eq!(presentation(&data), "b.example. A LOC");
    }
}
