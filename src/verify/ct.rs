//! Which of the logs that vouch for a certificate do browsers know, and did they? (RFC 6962, and the log lists of Chrome and Apple)
//!
//! The list is bundled, and older than this run: a log that it does not have may be a new one, so of that nothing is said.

mod entry;

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::facts::revocation::Sct;
use crate::facts::tls::Endpoint;
use crate::verify::der;
use crate::verify::path::{Cert, id};

pub(super) use entry::Entry;

/// The list, with its source and date.
const LIST: &str = include_str!("ct/logs.txt");

/// A log that browsers accept, or accepted.
struct Log {
    state: &'static str,
    since: Timestamp,
    operator: &'static str,
    name: &'static str,
    /// SubjectPublicKeyInfo, in base64.
    key: &'static str,
}

static LOGS: LazyLock<HashMap<&'static str, Log>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(log).collect()
});

/// One line: id, state, since when, operator, name, key.
fn log(line: &'static str) -> Option<(&'static str, Log)> {
    let mut fields = line.split('\t');
    let id = fields.next()?;
    let log = Log {
        state: fields.next()?,
        since: fields.next()?.parse().ok()?,
        operator: fields.next()?,
        name: fields.next()?,
        key: fields.next()?,
    };
    Some((id, log))
}

/// Adds what is known of the log, and whether browsers count its timestamp at this time.
pub(super) fn look_up(timestamp: &mut Sct, at: Timestamp) {
    let Some(log) = LOGS.get(timestamp.log.as_str()) else {
        return;
    };
    timestamp.name = Some(log.name.to_owned());
    timestamp.operator = Some(log.operator.to_owned());
    timestamp.state = Some(log.state.to_owned());
    timestamp.counts = match log.state {
        "usable" | "qualified" | "readonly" => Some(true),
        "retired" => timestamp.at.map(|made| made < log.since),
        // What the log was before that is not in the list.
        _ => (at >= log.since).then_some(false),
    };
    // Whoever else has signed it: the log has promised nothing.
    if timestamp.signature == Some(false) {
        timestamp.counts = Some(false);
    }
}

/// Timestamps that are kept of what came beside a certificate: authorities send up to four, and a handshake has room for 1,500.
const TIMESTAMPS: usize = 64;

/// The timestamps that came as an extension of TLS 1.2 in an answer that showed the endpoint's own certificate.
pub(super) fn in_handshakes(endpoint: &Endpoint, entry: Option<&Entry>) -> Vec<Sct> {
    let probes = endpoint.probes.iter().flatten();
    let own = probes.filter(|probe| probe.chain.is_empty());
    let lists = own.filter_map(|probe| STANDARD.decode(probe.timestamps.as_ref()?).ok());
    let mut found: Vec<Sct> = Vec::new();
    let all = lists.flat_map(|list| read(&list, "extension", entry).unwrap_or_default());
    for timestamp in all {
        if found.len() >= TIMESTAMPS {
            break;
        }
        if !found.contains(&timestamp) {
            found.push(timestamp);
        }
    }
    found
}

/// The timestamps within a certificate itself.
pub(super) fn embedded(leaf: &Cert<'_>, entry: Option<&Entry>) -> Vec<Sct> {
    let list = leaf.extension(id::TIMESTAMPS);
    let list = list.and_then(|own| der::only(own.value, der::OCTET_STRING));
    list.and_then(|list| read(list.content, "certificate", entry))
        .unwrap_or_default()
}

/// Reads a SignedCertificateTimestampList (RFC 6962 §3.3) and verifies each signature over the entry, where that is known.
pub(super) fn read(bytes: &[u8], source: &str, entry: Option<&Entry>) -> Option<Vec<Sct>> {
    let (length, mut rest) = bytes.split_first_chunk::<2>()?;
    rest = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    let mut found = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (own, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        let log = own.get(1..33)?;
        let millisecond = own
            .get(33..41)?
            .iter()
            .fold(0, |time, byte| time << 8 | i64::from(*byte));
        let log: String = log.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = LOGS.get(log.as_str()).map(|known| known.key);
        let key = key.and_then(|key| STANDARD.decode(key).ok());
        let signed = entry
            .zip(key)
            .map(|(entry, key)| entry.is_signed(own, &key));
        found.push(Sct {
            signature: signed,
            log,
            at: Timestamp::from_millisecond(millisecond).ok(),
            source: source.to_owned(),
            ..Sct::default()
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    #[test]
    fn each_id_of_the_list_is_the_digest_of_its_key() {
        let lines: Vec<&str> = LIST.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 100);
        for line in &lines {
            let (id, own) = log(line).unwrap();
            let key = line.rsplit('\t').next().unwrap();
            let key = STANDARD.decode(key).unwrap();
            assert_eq!(HEXLOWER.encode(&Sha256::digest(&key)), id, "{}", own.name);
        }
        assert_eq!(LOGS.len(), lines.len());
    }

    fn counted(log: &str, at: &str) -> Option<bool> {
        let mut timestamp = Sct {
            log: log.to_owned(),
            ..Sct::default()
        };
        look_up(&mut timestamp, at.parse().unwrap());
        timestamp.counts
    }

    #[test]
    fn logs_count_by_their_state_and_unknown_ones_are_left_open() {
        // Cloudflare Nimbus2026, usable; Google Argon 2025H2, rejected since January 2026.
        let usable = "cb38f715897c84a1445f5bc1ddfbc96ef29a59cd470a690585b0cb14c31458e7";
        assert_eq!(counted(usable, "2026-11-25T00:00:00Z"), Some(true));
        let old = LOGS
            .iter()
            .find(|(_, log)| log.name.contains("Argon 2025H2"));
        let (old, _) = old.unwrap();
        assert_eq!(counted(old, "2026-11-25T00:00:00Z"), Some(false));
        assert_eq!(counted(old, "2025-11-25T00:00:00Z"), None);
        assert_eq!(counted(&"00".repeat(32), "2026-11-25T00:00:00Z"), None);
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let mut own = vec![0];
        own.extend([7; 32]);
        own.extend(1_700_000_000_000_i64.to_be_bytes());
        own.extend([0, 0, 4, 3, 0, 1, 0]);
        let length = u16::try_from(own.len()).unwrap();
        let entry = [&length.to_be_bytes()[..], &own].concat();
        let list = [&(length + 2).to_be_bytes()[..], &entry].concat();
        let read_whole = read(&list, "extension", None).unwrap();
        assert_eq!(read_whole.len(), 1);
        assert_eq!(read_whole[0].log, "07".repeat(32));
        assert_eq!(read_whole[0].signature, None);
        assert_eq!(read(&list[..list.len() - 1], "extension", None), None);
        assert_eq!(read(&[0, 3, 0, 9, 0], "extension", None), None);
    }
}
