//! `httpcheck` against servers that break HTTP/2: each look is bounded in time and memory, and ends with the right finding.

use std::io::{Read, Result, Write};
use std::time::Duration;

use super::peers::{Peer, Shaken};
use super::within_tls::{self, Act, findings};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// The flags END_STREAM and END_HEADERS.
const WHOLE: u8 = 0x5;
const END_HEADERS: u8 = 0x4;

/// `:status: 200` by its place in the static table (RFC 7541, appendix A).
const OK: &[u8] = &[0x88];

/// A frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, body].concat()
}

/// A field, not put into the table, of names and values up to 126 bytes (RFC 7541 §6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let short = |text: &str| u8::try_from(text.len()).unwrap();
    let name = [&[0, short(name)], name.as_bytes()].concat();
    [&name, &[short(value)][..], value.as_bytes()].concat()
}

fn serve(act: Act) -> Peer {
    within_tls::serve("h2", hear, act)
}

fn hold(cases: &[(&str, Act, &[&str])]) {
    within_tls::hold(serve, cases);
}

/// Sends its settings, and waits until the client has asked.
fn hear(stream: &mut Shaken) -> Result<bool> {
    let mut heard = vec![0; 4096];
    let mut all: Vec<u8> = Vec::new();
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    // The preface has 24 bytes; a frame of HEADERS on the first stream is the request.
    while !all
        .windows(6)
        .any(|bytes| bytes == [HEADERS, WHOLE, 0, 0, 0, 1])
    {
        let size = stream.read(&mut heard)?;
        if size == 0 {
            return Ok(false);
        }
        all.extend(&heard[..size]);
    }
    Ok(true)
}

#[test]
fn an_answer_that_keeps_to_the_rules_is_read() {
    hold(&[(
        "200",
        |stream| {
            let policy = field("strict-transport-security", "max-age=31536000");
            stream.write_all(&frame(HEADERS, WHOLE, 1, &[OK, &policy].concat()))
        },
        &[],
    )]);
}

#[test]
fn what_ends_without_an_answer_is_named() {
    const MALFORMED: &[&str] = &["http/malformed"];
    hold(&[
        (
            "GOAWAY at once",
            |stream| stream.write_all(&frame(GOAWAY, 0, 0, &[0; 8])),
            MALFORMED,
        ),
        (
            "GOAWAY for being too calm",
            |stream| stream.write_all(&frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0xb])),
            MALFORMED,
        ),
        (
            "RST_STREAM",
            |stream| stream.write_all(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 2])),
            MALFORMED,
        ),
        (
            "the wish for HTTP/1.1",
            |stream| stream.write_all(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 0xd])),
            MALFORMED,
        ),
        ("the end", |_| Ok(()), MALFORMED),
        (
            "silence",
            |_| {
                std::thread::sleep(Duration::from_secs(5));
                Ok(())
            },
            MALFORMED,
        ),
    ]);
}

#[test]
fn the_word_of_the_server_is_told() {
    let peer = serve(|stream| stream.write_all(&frame(RST_STREAM, 0, 1, &[0, 0, 0, 2])));
    let said = findings(peer.port)[0]["message"].to_string();
    assert!(said.contains("error 2 of HTTP/2, INTERNAL_ERROR"), "{said}");
    let peer = serve(|stream| stream.write_all(&frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0xb])));
    let said = findings(peer.port)[0]["message"].to_string();
    assert!(said.contains("ENHANCE_YOUR_CALM"), "{said}");
}

#[test]
fn what_is_no_http_2_is_named() {
    const MALFORMED: &[&str] = &["http/malformed"];
    hold(&[
        (
            "HTTP/1.1",
            |stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            MALFORMED,
        ),
        (
            "a frame of 16 MiB",
            |stream| stream.write_all(&[0xff, 0xff, 0xff, HEADERS, WHOLE, 0, 0, 0, 1]),
            MALFORMED,
        ),
        (
            "a page before its head",
            |stream| stream.write_all(&frame(DATA, 1, 1, b"page")),
            MALFORMED,
        ),
        (
            "no status",
            |stream| stream.write_all(&frame(HEADERS, WHOLE, 1, &field("server", "odd"))),
            MALFORMED,
        ),
        (
            "a status of letters",
            |stream| stream.write_all(&frame(HEADERS, WHOLE, 1, &field(":status", "abc"))),
            MALFORMED,
        ),
        (
            "a table entry that is none",
            |stream| stream.write_all(&frame(HEADERS, WHOLE, 1, &[0xff, 0xff, 0x7f])),
            MALFORMED,
        ),
        (
            "an unasked promise",
            |stream| stream.write_all(&frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82])),
            MALFORMED,
        ),
        (
            "a stream that nobody opened",
            |stream| stream.write_all(&frame(HEADERS, WHOLE, 7, OK)),
            MALFORMED,
        ),
    ]);
}

#[test]
fn heads_without_end_are_bounded() {
    const LIMIT: &[&str] = &["http/limit-reached"];
    /// Frames of a head of 8 KB each, the last of them marked when it ends.
    fn large(stream: &mut Shaken, frames: usize, ends: bool) -> Result<()> {
        let fields = field("x-filler", &"a".repeat(100)).repeat(75);
        stream.write_all(&frame(HEADERS, 0, 1, &[OK, &fields].concat()))?;
        for at in 0..frames {
            let last = ends && at + 1 == frames;
            let flags = if last { END_HEADERS } else { 0 };
            stream.write_all(&frame(CONTINUATION, flags, 1, &fields))?;
        }
        Ok(())
    }
    hold(&[
        ("a head of a MiB", |stream| large(stream, 128, true), LIMIT),
        (
            "a head without end",
            |stream| large(stream, usize::MAX, false),
            LIMIT,
        ),
        (
            "empty pieces of a head without end",
            |stream| {
                stream.write_all(&frame(HEADERS, 0, 1, OK))?;
                loop {
                    stream.write_all(&frame(CONTINUATION, 0, 1, &[]))?;
                }
            },
            LIMIT,
        ),
        (
            "a head that bursts",
            |stream| {
                // An entry of the table of 4,000 bytes, and then a byte for each time that it stands in the head.
                let value = "a".repeat(3_900);
                let length = [0x7f, 0xbd, 0x1d];
                let entry = [&[0x40, 1, b'x'], &length[..], value.as_bytes()].concat();
                let body = [OK, &entry, &[0xbe; 12_000]].concat();
                stream.write_all(&frame(HEADERS, WHOLE, 1, &body))
            },
            LIMIT,
        ),
    ]);
}

#[test]
fn floods_are_bounded() {
    const BROKEN: &[&str] = &["http/malformed"];
    /// The same frames for ever.
    fn flood(stream: &mut Shaken, bytes: &[u8]) -> Result<()> {
        let many = bytes.repeat(100);
        loop {
            stream.write_all(&many)?;
        }
    }
    hold(&[
        (
            "PING",
            |stream| flood(stream, &frame(PING, 0, 0, &[7; 8])),
            BROKEN,
        ),
        (
            "SETTINGS",
            |stream| flood(stream, &frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])),
            BROKEN,
        ),
        (
            "103 Early Hints",
            |stream| {
                flood(
                    stream,
                    &frame(HEADERS, END_HEADERS, 1, &field(":status", "103")),
                )
            },
            BROKEN,
        ),
        (
            "frames of a kind that nobody knows",
            |stream| flood(stream, &frame(0xee, 0, 0, &[0; 100])),
            BROKEN,
        ),
        (
            "empty pieces of a page",
            |stream| {
                let head = [OK, &field("content-type", "text/html")].concat();
                stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head))?;
                // Fewer than a bound ends: without end, it is chance whether that or the time for a page comes first.
                (0..500).try_for_each(|_| stream.write_all(&frame(DATA, 0, 1, &[])))
            },
            &["http/hsts-missing"],
        ),
    ]);
}
