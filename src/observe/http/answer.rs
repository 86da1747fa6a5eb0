//! What the head of an answer says, and where it sends the client.

use hyper::Version;
use hyper::header::{HeaderMap, HeaderValue, LOCATION, SERVER, STRICT_TRANSPORT_SECURITY};
use hyper::http::response::Parts;
use url::Url;

use crate::facts::attempt::Failure;
use crate::facts::http::{Hop, HopError, HopStage};
use crate::net::limits;

/// Writes down what the head says. `raw` is the head as it travelled, where that can be read.
pub(super) fn read(parts: &Parts, raw: &[u8], url: &Url, hop: &mut Hop) {
    let fields = &parts.headers;
    let text = |value: &HeaderValue| as_text(value.as_bytes());
    hop.status = Some(parts.status.as_u16());
    hop.version = Some(version(parts.version).to_owned());
    let raw = if parts.version == Version::HTTP_2 {
        written(parts)
    } else {
        as_text(raw)
    };
    hop.reason = reason(&raw).filter(|_| parts.version != Version::HTTP_2);
    hop.head = Some(kept(unfolded(&raw)));
    hop.server = fields.get(SERVER).map(text);
    hop.hsts = fields.get(STRICT_TRANSPORT_SECURITY).map(text);
    follow(fields, url, hop);
}

fn follow(fields: &HeaderMap, url: &Url, hop: &mut Hop) {
    let mut locations: Vec<&HeaderValue> = fields.get_all(LOCATION).iter().collect();
    locations.dedup();
    hop.locations = locations.len();
    let first = locations.first().map(|value| as_text(value.as_bytes()));
    hop.location = first.map(|location| cut(&location, limits::LOCATION_BYTES).to_owned());
    if !hop.is_redirect() {
        return;
    }
    match locations.as_slice() {
        // A field that no parser takes is passed over, and this one cannot be.
        [] if !hop.values("location").is_empty() => {
            let (stage, failure) = (HopStage::Exchange, Failure::Malformed { at: None });
            hop.error = Some(HopError { stage, failure });
        }
        [only] if only.len() > limits::LOCATION_BYTES => {
            let limit = "LOCATION_BYTES".to_owned();
            let (stage, failure) = (HopStage::Exchange, Failure::LimitReached { limit });
            hop.error = Some(HopError { stage, failure });
        }
        [only] => match resolve(url, only.as_bytes()) {
            Some(target) => hop.target = Some(target.to_string()),
            None => hop.error = Some(not_followed(Some(0))),
        },
        _ => hop.error = Some(not_followed(None)),
    }
}

/// A redirect that a client cannot follow, as an error of its hop.
fn not_followed(at: Option<usize>) -> HopError {
    HopError {
        stage: HopStage::Location,
        failure: Failure::Malformed { at },
    }
}

/// The Location against the URL of the request (RFC 3986 §5). An empty one leads nowhere, as browsers have it.
fn resolve(url: &Url, location: &[u8]) -> Option<Url> {
    if location.is_empty() || has_no_host(location) {
        return None;
    }
    let mut base = url.clone();
    base.set_fragment(None);
    let target = base.join(&quoted(location)).ok()?;
    let leads_on = matches!(target.scheme(), "http" | "https") && target.host_str().is_some();
    leads_on.then_some(target)
}

/// `https:///path`: the URL standard takes the path for the host, RFC 9110 §4.2.1 has it rejected.
fn has_no_host(location: &[u8]) -> bool {
    let text = location.to_ascii_lowercase();
    ["http:///", "https:///"]
        .iter()
        .any(|none| text.starts_with(none.as_bytes()))
}

/// Bytes that are no UTF-8 are quoted one by one, as browsers do.
fn quoted(location: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(location) {
        return text.to_owned();
    }
    location.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text += &format!("%{byte:02X}");
        }
        text
    })
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// A head of HTTP/2 as curl shows it: it travels in tables.
fn written(parts: &Parts) -> String {
    let fields = parts.headers.iter();
    let lines = fields.map(|(name, value)| format!("{name}: {}\n", as_text(value.as_bytes())));
    format!(
        "HTTP/2 {}\n{}\n",
        parts.status.as_u16(),
        lines.collect::<String>()
    )
}

/// The words behind the status code.
fn reason(head: &str) -> Option<String> {
    let line = head.lines().next()?;
    let words = line.splitn(3, ' ').nth(2)?.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

/// Lines that continue the one before are joined to it (RFC 9112 §5.2).
fn unfolded(head: &str) -> String {
    head.replace("\n ", " ").replace("\n\t", " ")
}

/// Fields by which answers are judged.
const JUDGED: [&str; 4] = [
    "location",
    "strict-transport-security",
    "set-cookie",
    "alt-svc",
];

/// A head that is not longer than all the walks of a site can be kept with.
fn kept(head: String) -> String {
    if head.len() <= limits::HEAD_KEPT_BYTES {
        return head;
    }
    let is_judged = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        JUDGED.iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    let lines = head.split_inclusive('\n').map(|line| {
        let most = match is_judged(line) {
            true => limits::LOCATION_BYTES,
            false => limits::FIELD_KEPT_BYTES,
        };
        match cut(line, most) {
            short if short.len() < line.len() => format!("{short}...\n"),
            whole => whole.to_owned(),
        }
    });
    lines.collect()
}

/// At most so many bytes of a text.
fn cut(text: &str, most: usize) -> &str {
    let mut ends = (0..=most.min(text.len())).rev();
    let end = ends.find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Bytes as text: UTF-8 where it is, lines ended by `\n`.
pub(super) fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(location: &[u8]) -> Option<String> {
        let url = Url::parse("http://shop.example/a/b?c=d").unwrap();
        resolve(&url, location).map(|target| target.to_string())
    }

    #[test]
    fn of_a_long_head_the_fields_that_are_judged_are_whole() {
        let short = format!("HTTP/1.1 200 OK\nx: {}\n\n", "a".repeat(9_000));
        assert_eq!(kept(short.clone()), short);
        let cookie = format!("Set-Cookie: {}\n", "b".repeat(9_000));
        let long = format!("HTTP/1.1 200 OK\nx: {}\n{cookie}\n", "\u{e9}".repeat(9_000));
        let head = kept(long);
        assert!(
            head.len() < 12_000 && head.contains(&cookie),
            "{}",
            head.len()
        );
        assert!(head.starts_with("HTTP/1.1 200 OK\nx: \u{e9}") && head.contains("...\n"));
    }

    #[test]
    fn locations_resolve_against_the_request() {
        let https = |path: &str| Some(format!("https://shop.example{path}"));
        let cases: [(&[u8], _); 8] = [
            (b"https://shop.example/x y", https("/x%20y")),
            (b"HTTPS://SHOP.example/X", https("/X")),
            (b"https://shop.example/caf\xe9", https("/caf%E9")),
            ("https://shop.example/café".as_bytes(), https("/caf%C3%A9")),
            (
                b"//other.example/x",
                Some("http://other.example/x".to_owned()),
            ),
            (b"../c?e", Some("http://shop.example/c?e".to_owned())),
            (
                b"https://[2001:db8::1]/",
                Some("https://[2001:db8::1]/".to_owned()),
            ),
            (
                b"https://a@shop.example/",
                Some("https://a@shop.example/".to_owned()),
            ),
        ];
        for (location, target) in cases {
            assert_eq!(resolved(location), target, "{}", location.escape_ascii());
        }
    }

    #[test]
    fn what_leads_to_no_site_is_not_followed() {
        for wrong in [
            "",
            "https://",
            "https:///path",
            "http://[::1",
            "mailto:a@b.example",
            "javascript:alert(1)",
            "https://exa mple/",
        ] {
            assert_eq!(resolved(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn folded_lines_are_joined_and_the_reason_is_read() {
        let head = "HTTP/1.1 301 Moved  here\nA: b\n  c\n\n";
        assert_eq!(reason(head).as_deref(), Some("Moved  here"));
        assert!(unfolded(head).contains("A: b  c\n"));
        assert_eq!(reason("HTTP/1.1 200\n"), None);
    }
}
