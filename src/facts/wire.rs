//! Responses as they came, kept whole, so that signatures can be verified again from a saved report.

use std::fmt;
use std::sync::{Arc, OnceLock};

use data_encoding::BASE64;
use hickory_proto::op::{Edns, Header, Message, Query};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The bytes of one DNS message; base64 in a report. Cheap to clone, and read once however many look into it.
#[derive(Clone)]
pub struct WireMessage(Arc<Held>);

struct Held {
    bytes: Vec<u8>,
    reading: OnceLock<Option<Arc<Reading>>>,
}

impl PartialEq for WireMessage {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for WireMessage {}

/// A message read, and how many of its records could not be.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What could be read.
    pub message: Message,
    /// Records whose data does not fit their type, that are of another class, or that begin beyond the end.
    pub unreadable: usize,
}

impl Reading {
    /// Without records of another class than IN: they belong to none of its sets (RFC 2181 §5), and no signature covers them.
    fn of_internet(mut self) -> Self {
        let Message {
            answers,
            authorities,
            additionals,
            ..
        } = &mut self.message;
        for section in [answers, authorities, additionals] {
            let all = section.len();
            section.retain(|record| record.dns_class == DNSClass::IN);
            self.unreadable += all - section.len();
        }
        self
    }
}

impl WireMessage {
    /// A message of these bytes, whatever they are.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let reading = OnceLock::new();
        Self(Arc::new(Held { bytes, reading }))
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Reads the message; one record that cannot be read spoils only itself, as in other readers of the field.
    ///
    /// `None` when not even header and question can be read.
    #[must_use]
    pub fn read(&self) -> Option<Arc<Reading>> {
        let reading = self.0.reading.get_or_init(|| {
            let reading = match Message::from_vec(self.bytes()) {
                Ok(message) => Some(Reading {
                    message,
                    unreadable: 0,
                }),
                Err(_) => self.read_leniently(),
            };
            reading.map(Reading::of_internet).map(Arc::new)
        });
        reading.clone()
    }

    fn read_leniently(&self) -> Option<Reading> {
        let mut decoder = BinDecoder::new(self.bytes());
        let Header { metadata, counts } = Header::read(&mut decoder).ok()?;
        let mut message = Message::new(metadata.id, metadata.message_type, metadata.op_code);
        message.metadata = metadata;
        for _ in 0..counts.queries {
            message.queries.push(Query::read(&mut decoder).ok()?);
        }
        let mut walk = Walk {
            bytes: self.bytes(),
            at: decoder.index(),
            unreadable: 0,
        };
        message.answers = walk.section(counts.answers);
        message.authorities = walk.section(counts.authorities);
        let additionals = walk.section(counts.additionals);
        let edns = additionals
            .iter()
            .find(|record| record.record_type() == RecordType::OPT);
        message.edns = edns.map(Edns::from);
        message.additionals = additionals
            .into_iter()
            .filter(|record| record.record_type() != RecordType::OPT)
            .collect();
        Some(Reading {
            message,
            unreadable: walk.unreadable,
        })
    }
}

/// Goes from record to record by their lengths.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    unreadable: usize,
}

impl Walk<'_> {
    fn section(&mut self, count: u16) -> Vec<Record> {
        let mut records = Vec::new();
        for left in (1..=count).rev() {
            match self.record() {
                Some(Ok(record)) => records.push(record),
                Some(Err(())) => self.unreadable += 1,
                None => {
                    self.unreadable += usize::from(left);
                    self.at = self.bytes.len();
                    break;
                }
            }
        }
        records
    }

    /// The next record, or that it is unreadable; `None` when there is no telling where the one after it begins.
    fn record(&mut self) -> Option<Result<Record, ()>> {
        let start = u16::try_from(self.at).ok()?;
        let whole = BinDecoder::new(self.bytes);
        let mut decoder = whole.clone(start);
        hickory_proto::rr::Name::read(&mut decoder).ok()?;
        // Type, class and TTL stand before the length (RFC 1035 §4.1.3).
        decoder.read_slice(8).ok()?;
        let length = usize::from(decoder.read_u16().ok()?.unverified());
        let end = decoder.index() + length;
        if end > self.bytes.len() {
            return None;
        }
        self.at = end;
        let read = Record::read(&mut whole.clone(start)).map_err(|_| ());
        // hickory reads a record without data as one of a dynamic update.
        let is_whole = |record: &Record| {
            !matches!(record.data, RData::Update0(_))
                || matches!(
                    record.record_type(),
                    RecordType::OPT | RecordType::Unknown(_)
                )
        };
        Some(read.and_then(|record| {
            if is_whole(&record) {
                Ok(record)
            } else {
                Err(())
            }
        }))
    }
}

impl fmt::Debug for WireMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WireMessage({} bytes)", self.bytes().len())
    }
}

impl Serialize for WireMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(self.bytes()))
    }
}

impl<'de> Deserialize<'de> for WireMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64
            .decode(text.as_bytes())
            .map(Self::new)
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for WireMessage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WireMessage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "description": "a DNS message in wire format, base64" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::Name;
    use hickory_proto::rr::rdata::A;

    fn answer(addresses: u8) -> Vec<u8> {
        let name = Name::from_ascii("www.shop.example.").unwrap();
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(Query::query(name.clone(), RecordType::A));
        for last in 1..=addresses {
            let data = RData::A(A::new(192, 0, 2, last));
            message.add_answer(Record::from_rdata(name.clone(), 60, data));
        }
        message.set_edns(Edns::new());
        message.to_vec().unwrap()
    }

    #[test]
    fn one_bad_record_spoils_only_itself() {
        let mut bytes = answer(3);
        // The second address gets a length of 3, and its last byte is taken out.
        let at = bytes.windows(4).position(|four| four == [192, 0, 2, 2]);
        let at = at.unwrap();
        bytes[at - 1] = 3;
        bytes.remove(at + 3);
        let read = WireMessage::new(bytes).read().unwrap();
        assert_eq!((read.message.answers.len(), read.unreadable), (2, 1));
        assert!(read.message.edns.is_some());
    }

    #[test]
    fn what_is_cut_off_is_counted_and_what_is_no_message_is_none() {
        let bytes = answer(2);
        let cut = bytes[..bytes.len() - 12].to_vec();
        let read = WireMessage::new(cut).read().unwrap();
        assert_eq!((read.message.answers.len(), read.unreadable), (1, 2));
        assert!(WireMessage::new(vec![0xff; 40]).read().is_none());
        assert!(WireMessage::new(Vec::new()).read().is_none());
    }

    #[test]
    fn base64_leads_back_to_the_same_bytes() {
        let message = WireMessage::new(answer(1));
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<WireMessage>(&text).unwrap(), message);
    }
}
