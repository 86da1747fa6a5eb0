//! `httpcheck` against servers that break HTTP/1.1 within TLS: bounded in time and memory, with the right finding, no panic.

use std::io::{Read, Result, Write};
use std::time::Duration;

use socket2::SockRef;

use super::peers::{Peer, Shaken, modern, shaken};
use super::within_tls::{self, Act, found};

const OK: &str = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=31536000\r\n";
const HTML: &str = "Content-Type: text/html\r\n";

fn serve(act: Act) -> Peer {
    let hear = |stream: &mut Shaken| {
        let size = stream.read(&mut [0; 4096])?;
        Ok(size > 0)
    };
    within_tls::serve("http/1.1", hear, act)
}

fn hold(cases: &[(&str, Act, &[&str])]) {
    within_tls::hold(serve, cases);
}

/// The same a little at a time, until the client hangs up.
fn drip(stream: &mut Shaken, piece: &[u8]) -> Result<()> {
    loop {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The same without end, until the client hangs up.
fn pour(stream: &mut Shaken, piece: &[u8]) -> Result<()> {
    loop {
        stream.write_all(piece)?;
    }
}

#[test]
fn an_answer_that_keeps_to_the_rules_is_read() {
    hold(&[(
        "200",
        |stream| write!(stream, "{OK}Content-Length: 0\r\n\r\n"),
        &[],
    )]);
}

#[test]
fn what_is_no_http_is_named() {
    const MALFORMED: &[&str] = &["http/malformed"];
    hold(&[
        ("the end", |_| Ok(()), MALFORMED),
        (
            "silence",
            |_| {
                std::thread::sleep(Duration::from_secs(5));
                Ok(())
            },
            MALFORMED,
        ),
        (
            "HTTP/0.9",
            |stream| stream.write_all(b"<html>Hello"),
            MALFORMED,
        ),
        (
            "SSH",
            |stream| stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"),
            MALFORMED,
        ),
        (
            "half a head",
            |stream| write!(stream, "{OK}Conte"),
            MALFORMED,
        ),
        (
            "two lengths",
            |stream| write!(stream, "{OK}Content-Length: 0\r\nContent-Length: 5\r\n\r\n"),
            MALFORMED,
        ),
        (
            "NUL in a value",
            |stream| write!(stream, "{OK}X: a\0b\r\nContent-Length: 0\r\n\r\n"),
            MALFORMED,
        ),
        (
            "a head that drips",
            |stream| {
                stream.write_all(OK.as_bytes())?;
                drip(stream, b"X: a\r\n")
            },
            MALFORMED,
        ),
    ]);
}

#[test]
fn heads_without_end_are_bounded() {
    const LIMIT: &[&str] = &["http/limit-reached"];
    hold(&[
        (
            "a field of a MiB",
            |stream| write!(stream, "{OK}X: {}\r\n\r\n", "a".repeat(1 << 20)),
            LIMIT,
        ),
        (
            "10,000 fields",
            |stream| write!(stream, "{OK}{}\r\n", "X: a\r\n".repeat(10_000)),
            LIMIT,
        ),
        (
            "fields without end",
            |stream| {
                stream.write_all(OK.as_bytes())?;
                pour(stream, &b"X: a\r\n".repeat(1_000))
            },
            LIMIT,
        ),
        (
            "announcements without end",
            |stream| pour(stream, &b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)),
            LIMIT,
        ),
    ]);
}

#[test]
fn pages_without_end_are_no_fault_and_are_not_unpacked() {
    hold(&[
        (
            "a page that drips",
            |stream| {
                write!(stream, "{OK}{HTML}\r\n")?;
                drip(stream, b"a")
            },
            &[],
        ),
        (
            "a page without end",
            |stream| {
                write!(stream, "{OK}{HTML}\r\n")?;
                pour(stream, &[b'<'; 16_384])
            },
            &[],
        ),
        (
            "what would burst",
            |stream| {
                write!(stream, "{OK}{HTML}Content-Encoding: gzip\r\n\r\n")?;
                pour(stream, &[0; 16_384])
            },
            &[],
        ),
        (
            "chunks of nonsense",
            |stream| {
                write!(
                    stream,
                    "{OK}{HTML}Transfer-Encoding: chunked\r\n\r\nzzz\r\n-1\r\n\r\n"
                )
            },
            &[],
        ),
        (
            "a chunk of 16 EiB",
            |stream| {
                write!(
                    stream,
                    "{OK}{HTML}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n<p>"
                )
            },
            &[],
        ),
        (
            "less than was announced",
            |stream| write!(stream, "{OK}{HTML}Content-Length: 99999999999\r\n\r\n<p>"),
            &[],
        ),
    ]);
}

/// Says this when something was asked, and ends the connection with a reset.
fn cut(words: &'static str) -> Peer {
    let config = modern(&["http/1.1"]);
    Peer::start(move |_, stream| {
        let Some(mut stream) = shaken(&config, stream) else {
            return;
        };
        // An answer before its question would be a fault of its own.
        let _ = stream.read(&mut [0]);
        let _ = SockRef::from(&stream.sock).set_linger(Some(Duration::ZERO));
        let _ = stream.write_all(words.as_bytes());
        let _ = stream.flush();
        std::thread::sleep(Duration::from_millis(500));
    })
}

#[test]
fn a_reset_in_the_middle_is_named_and_in_a_page_it_is_no_fault() {
    let head = cut("HTTP/1.1 200 OK\r\nContent-Le");
    assert_eq!(found(head.port), ["http/malformed"]);
    let page = cut(
        "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=31536000\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<p>",
    );
    assert_eq!(found(page.port), [""; 0]);
}
