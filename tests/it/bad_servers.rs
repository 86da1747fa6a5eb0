//! `httpcheck` against servers that break HTTP: each look is bounded, ends with the right finding, and never in a panic.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::bounded::watched;
use super::peers::{Peer, reset};

/// What a server does with a request for a path; it knows its own port.
type Act = fn(&mut TcpStream, path: &str, port: u16) -> std::io::Result<()>;

/// Longer than any look may take that is cut off by the bound on one attempt.
const BOUND: Duration = Duration::from_secs(20);

/// Serves each connection in a thread of its own, for as long as the test runs.
fn serve(act: Act) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream, act, port));
        }
    });
    port
}

fn talk(mut stream: TcpStream, act: Act, port: u16) {
    let mut heard = [0; 4096];
    let size = stream.read(&mut heard).unwrap_or_default();
    let text = String::from_utf8_lossy(&heard[..size]).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    // That the client hangs up is what most of these are about.
    let _ = act(&mut stream, path, port);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    while stream.read(&mut heard).is_ok_and(|size| size > 0) {}
}

/// The ids about the page in clear: nothing serves https here.
fn found(port: u16) -> Vec<String> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"));
    command
        .env_clear()
        .args(["httpcheck", &format!("http://127.0.0.1:{port}/")])
        .args(["--connect-to", "127.0.0.1:443:127.0.0.1:1"])
        .args(["--probe-timeout", "500ms", "--json", "--no-config"]);
    let report: Value = watched(&mut command, BOUND).report;
    let findings = report["findings"].as_array().unwrap();
    let also = findings
        .iter()
        .filter_map(|finding| finding["evidence"]["also"].as_array());
    let all = findings.iter().chain(also.flatten());
    // That nobody serves https explains some of what port 80 does.
    let of_https = |finding: &&Value| finding["subjects"] != serde_json::json!(["127.0.0.1:443"]);
    all.filter(of_https)
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Holds every server to its findings.
fn hold(cases: &[(&str, Act, &[&str])]) {
    std::thread::scope(|threads| {
        for (name, act, expected) in cases {
            threads.spawn(move || assert_eq!(found(serve(*act)), *expected, "{name}"));
        }
    });
}

fn head(stream: &mut TcpStream, status: &str, fields: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n"
    )
}

/// A redirect from `/` alone.
fn once(stream: &mut TcpStream, path: &str, fields: &str) -> std::io::Result<()> {
    match path {
        "/" => head(stream, "301 Moved", fields),
        _ => head(stream, "200 OK", ""),
    }
}

#[test]
fn redirects_that_lead_nowhere_are_named() {
    const INVALID: &[&str] = &["http/location-invalid"];
    hold(&[
        (
            "no Location",
            |stream, path, _| once(stream, path, ""),
            INVALID,
        ),
        (
            "an empty one",
            |stream, path, _| once(stream, path, "Location: \r\n"),
            INVALID,
        ),
        (
            "two",
            |stream, path, _| once(stream, path, "Location: /a\r\nLocation: /b\r\n"),
            INVALID,
        ),
        (
            "a script",
            |stream, path, _| once(stream, path, "Location: javascript:alert(1)\r\n"),
            INVALID,
        ),
        (
            "a literal where nobody listens",
            |stream, path, _| once(stream, path, "Location: https://[::1]:1/\r\n"),
            &[
                "http/target-unreachable",
                "http/off-host-first",
                "http/only-root",
            ],
        ),
        (
            "half a literal",
            |stream, path, _| once(stream, path, "Location: http://[::1\r\n"),
            INVALID,
        ),
        (
            "no host",
            |stream, path, _| once(stream, path, "Location: http:///a\r\n"),
            INVALID,
        ),
        (
            "a control",
            |stream, path, _| once(stream, path, "Location: /a\x01b\r\n"),
            &["http/malformed"],
        ),
    ]);
}

#[test]
fn a_scheme_that_no_site_has_and_a_place_that_is_none_lead_nowhere() {
    const INVALID: &[&str] = &["http/location-invalid"];
    hold(&[
        (
            "a file to be sent",
            |stream, path, _| once(stream, path, "Location: ftp://127.0.0.1/a\r\n"),
            INVALID,
        ),
        (
            "data",
            |stream, path, _| once(stream, path, "Location: data:text/html,<p>\r\n"),
            INVALID,
        ),
        (
            "a script in upper case",
            |stream, path, _| once(stream, path, "Location: JAVASCRIPT:alert(1)\r\n"),
            INVALID,
        ),
        (
            "two slashes alone",
            |stream, path, _| once(stream, path, "Location: //\r\n"),
            INVALID,
        ),
        (
            "blanks alone",
            |stream, path, _| once(stream, path, "Location:  \t \r\n"),
            INVALID,
        ),
        (
            "a port that is none",
            |stream, path, _| once(stream, path, "Location: http://127.0.0.1:99999/\r\n"),
            INVALID,
        ),
        (
            "a user and no host",
            |stream, path, _| once(stream, path, "Location: http://user@/a\r\n"),
            INVALID,
        ),
        (
            "three",
            |stream, path, _| {
                once(
                    stream,
                    path,
                    "Location: /a\r\nLocation: /a\r\nLocation: /b\r\n",
                )
            },
            INVALID,
        ),
        (
            "NUL",
            |stream, path, _| once(stream, path, "Location: /a\0b\r\n"),
            &["http/malformed"],
        ),
        (
            "a line that ends within",
            |stream, path, _| once(stream, path, "Location: /a\rb\r\n"),
            &["http/malformed"],
        ),
    ]);
}

#[test]
fn a_status_that_nobody_knows_is_the_kind_that_its_first_digit_says() {
    hold(&[
        (
            "305",
            |stream, _, _| head(stream, "305 Use Proxy", "Location: /a\r\n"),
            &[],
        ),
        (
            "306",
            |stream, _, _| head(stream, "306 Unused", "Location: /a\r\n"),
            &[],
        ),
        (
            "399",
            |stream, _, _| head(stream, "399 X", "Location: /a\r\n"),
            &[],
        ),
        (
            "299 without words",
            |stream, _, _| head(stream, "299", ""),
            &[],
        ),
        (
            "599",
            |stream, _, _| head(stream, "599 X", ""),
            &["http/server-error"],
        ),
        (
            "999",
            |stream, _, _| head(stream, "999 X", ""),
            &["http/server-error"],
        ),
        (
            "099",
            |stream, _, _| head(stream, "099 X", ""),
            &["http/malformed"],
        ),
        (
            "20",
            |stream, _, _| head(stream, "20 X", ""),
            &["http/malformed"],
        ),
        (
            "2000",
            |stream, _, _| head(stream, "2000 X", ""),
            &["http/malformed"],
        ),
        (
            "announcements and then the end",
            |stream, _, _| stream.write_all(&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(3)),
            &["http/malformed"],
        ),
        (
            "one of each kind before the answer",
            |stream, _, _| {
                for status in ["100 Continue", "102 Processing", "103 Early Hints", "199 X"] {
                    write!(stream, "HTTP/1.1 {status}\r\nLocation: /a\r\n\r\n")?;
                }
                head(stream, "200 OK", "")
            },
            &[],
        ),
    ]);
}

/// What a person sees who wants to know all.
fn shown(port: u16) -> String {
    let target = format!("http://127.0.0.1:{port}/");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .env_clear()
        .args(["httpcheck", &target, "-v", "--no-config"])
        .args(["--connect-to", "127.0.0.1:443:127.0.0.1:1"])
        .args(["--probe-timeout", "500ms"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_was_sent_at_length_does_not_flood_the_terminal() {
    let port = serve(|stream, path, port| {
        let odd = "x\u{202e}".repeat(5_000);
        let name = "c".repeat(8_000);
        let fields = format!("Set-Cookie: {name}=1\r\nServer: nginx/{name}\r\nX-Odd: {odd}\r\n");
        let to = if path.len() > 1 { String::new() } else { name };
        let location = format!("Location: http://127.0.0.1:{port}/{to}\r\n");
        head(stream, "302 Found", &format!("{fields}{location}"))
    });
    let text = shown(port);
    assert!(text.contains("http/redirect-loop"), "{text}");
    assert!(text.lines().count() < 150, "{} lines", text.lines().count());
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}: {text}");
    assert!(!text.contains(['\u{202e}', '\u{1b}']));
}

#[test]
fn what_is_at_fault_is_pointed_at_in_the_line_that_came() {
    let pointed = |act: Act, drawn: &str| {
        let text = shown(serve(act));
        assert!(text.contains(drawn), "{drawn}{text}");
    };
    pointed(
        |stream, path, _| once(stream, path, "Location: /a\x1b[31mb\r\n"),
        "  | Location: /a\\u{1b}[31mb\n  |             ^^^^^^\n",
    );
    pointed(
        |stream, path, _| once(stream, path, "Location:  ftp://[::1]/\r\n"),
        "  | Location:  ftp://[::1]/\n  |            ^^^\n",
    );
    pointed(
        |stream, path, _| once(stream, path, "Location: /a\r\nlocation: /b\r\n"),
        "  | location: /b\n  |           ^^\n",
    );
    pointed(
        |stream, _, _| {
            let id = "a".repeat(200);
            head(
                stream,
                "200 OK",
                &format!("Set-Cookie: id={id}; Path=/\r\n"),
            )
        },
        "  | Set-Cookie: id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\n  |             ^^\n",
    );
}

#[test]
fn odd_redirects_that_lead_on_are_followed() {
    const PLAIN: &[&str] = &["http/first-hop-plain"];
    hold(&[
        (
            "the same twice",
            |stream, path, _| once(stream, path, "Location: /a\r\nLocation: /a\r\n"),
            PLAIN,
        ),
        (
            "a space",
            |stream, path, _| once(stream, path, "Location: /a b\r\n"),
            PLAIN,
        ),
        (
            "upper case",
            |stream, path, port| {
                once(
                    stream,
                    path,
                    &format!("LOCATION: HTTP://127.0.0.1:{port}/A\r\n"),
                )
            },
            PLAIN,
        ),
        (
            "a user",
            |stream, path, port| {
                once(
                    stream,
                    path,
                    &format!("Location: http://a:b@127.0.0.1:{port}/a\r\n"),
                )
            },
            PLAIN,
        ),
        (
            "a folded line",
            |stream, path, _| once(stream, path, "Location:\r\n /a\r\n"),
            PLAIN,
        ),
        (
            "bytes that are no text",
            |stream, path, _| match path {
                "/" => stream.write_all(
                    b"HTTP/1.1 301 Moved\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\n\r\n",
                ),
                _ => head(stream, "200 OK", ""),
            },
            PLAIN,
        ),
        (
            "a tab",
            |stream, path, _| once(stream, path, "Location: /a\tb\r\n"),
            PLAIN,
        ),
        (
            "backslashes",
            |stream, path, port| {
                once(
                    stream,
                    path,
                    &format!("Location: \\\\127.0.0.1:{port}\\a\r\n"),
                )
            },
            PLAIN,
        ),
        (
            "a scheme without slashes",
            |stream, path, _| once(stream, path, "Location: http:a\r\n"),
            PLAIN,
        ),
        (
            "lines that end with LF alone",
            |stream, path, _| match path {
                "/" => stream.write_all(b"HTTP/1.1 301 Moved\nLocation: /a\nContent-Length: 0\n\n"),
                _ => head(stream, "200 OK", ""),
            },
            PLAIN,
        ),
        (
            "HTTP/1.0 without words",
            |stream, path, _| match path {
                "/" => stream.write_all(b"HTTP/1.0 301\r\nLocation: /a\r\n\r\n"),
                _ => head(stream, "200 OK", ""),
            },
            PLAIN,
        ),
        (
            "a redirect whose page drips",
            |stream, path, _| {
                if path != "/" {
                    return head(stream, "200 OK", "");
                }
                stream.write_all(
                    b"HTTP/1.1 301 Moved\r\nLocation: /a\r\nContent-Type: text/html\r\n\r\n",
                )?;
                loop {
                    stream.write_all(b"a")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            },
            PLAIN,
        ),
        (
            "300",
            |stream, _, _| head(stream, "300 Choices", "Location: /a\r\n"),
            &[],
        ),
        (
            "304",
            |stream, _, _| head(stream, "304 Not Modified", "Location: /a\r\n"),
            &[],
        ),
    ]);
}

#[test]
fn chains_and_loops_come_to_an_end() {
    // A loop in clear begins with a step in clear, which it explains.
    const LOOP: &[&str] = &["http/redirect-loop", "http/first-hop-plain"];
    const LONG: &[&str] = &["http/too-many-hops", "http/first-hop-plain"];
    /// `/` leads to itself after so many steps.
    fn round(stream: &mut TcpStream, path: &str, length: usize) -> std::io::Result<()> {
        let at: usize = path.trim_matches('/').parse().unwrap_or_default();
        let next = match (at + 1) % length {
            0 => String::new(),
            next => next.to_string(),
        };
        head(stream, "302 Found", &format!("Location: /{next}\r\n"))
    }
    /// `/` leads through so many redirects to a page.
    fn chain(stream: &mut TcpStream, path: &str, length: usize) -> std::io::Result<()> {
        let at: usize = path.trim_matches('/').parse().unwrap_or_default();
        if at == length {
            head(stream, "200 OK", "")
        } else {
            head(stream, "302 Found", &format!("Location: /{}\r\n", at + 1))
        }
    }
    const MANY: &[&str] = &["http/many-hops", "http/first-hop-plain"];
    hold(&[
        ("10 hops", |stream, path, _| chain(stream, path, 10), MANY),
        ("11 hops", |stream, path, _| chain(stream, path, 11), LONG),
        ("1", |stream, path, _| round(stream, path, 1), LOOP),
        ("2", |stream, path, _| round(stream, path, 2), LOOP),
        ("3", |stream, path, _| round(stream, path, 3), LOOP),
        ("4", |stream, path, _| round(stream, path, 4), LOOP),
        ("5", |stream, path, _| round(stream, path, 5), LOOP),
        ("30 hops", |stream, path, _| round(stream, path, 30), LONG),
        (
            "a loop that grows",
            |stream, path, _| head(stream, "302 Found", &format!("Location: {path}x\r\n")),
            LONG,
        ),
    ]);
}

#[test]
fn heads_without_end_are_bounded() {
    const LIMIT: &[&str] = &["http/limit-reached"];
    hold(&[
        (
            "a field of a MiB",
            |stream, _, _| head(stream, "200 OK", &format!("X: {}\r\n", "a".repeat(1 << 20))),
            LIMIT,
        ),
        (
            "a Location that no server would read",
            |stream, path, _| {
                once(
                    stream,
                    path,
                    &format!("Location: /{}\r\n", "a".repeat(20_000)),
                )
            },
            LIMIT,
        ),
        (
            "10,000 fields",
            |stream, _, _| head(stream, "200 OK", &"X: a\r\n".repeat(10_000)),
            LIMIT,
        ),
        (
            "announcements without end",
            |stream, _, _| loop {
                stream.write_all(&b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))?;
            },
            LIMIT,
        ),
        (
            "a thousand announcements",
            |stream, _, _| {
                stream.write_all(&b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000))?;
                head(stream, "200 OK", "")
            },
            &[],
        ),
        (
            "a head that drips",
            |stream, _, _| {
                stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
                loop {
                    stream.write_all(b"X: a\r\n")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            },
            &["http/malformed"],
        ),
    ]);
}

#[test]
fn pages_without_end_are_no_fault_and_are_not_unpacked() {
    hold(&[
        (
            "a page that drips",
            |stream, _, _| {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")?;
                loop {
                    stream.write_all(b"a")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            },
            &[],
        ),
        (
            "a page without end",
            |stream, _, _| {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")?;
                loop {
                    stream.write_all(&[b'<'; 65_536])?;
                }
            },
            &[],
        ),
        (
            "what would burst",
            |stream, _, _| {
                let fields = "Content-Type: text/html\r\nContent-Encoding: gzip";
                write!(stream, "HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")?;
                loop {
                    stream.write_all(&[0; 65_536])?;
                }
            },
            &[],
        ),
        (
            "what would burst on the way",
            |stream, _, _| {
                let fields = "Content-Type: text/html\r\nTransfer-Encoding: gzip, chunked";
                write!(stream, "HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")?;
                loop {
                    stream.write_all(b"10000\r\n")?;
                    stream.write_all(&[0; 65_536])?;
                    stream.write_all(b"\r\n")?;
                }
            },
            &[],
        ),
        (
            "chunks of nonsense",
            |stream, _, _| {
                let fields = "Content-Type: text/html\r\nTransfer-Encoding: chunked";
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\n{fields}\r\n\r\nzzz\r\n-1\r\n\r\n"
                )
            },
            &[],
        ),
    ]);
}

#[test]
fn a_page_leads_on_by_itself_in_its_first_64_kib_alone() {
    const TAG: &str = "<meta http-equiv=refresh content=\"0; url=https://shop.example/\">";
    /// A page whose tag ends so many bytes behind the first 64 KiB.
    fn page(stream: &mut TcpStream, path: &str, beyond: usize) -> std::io::Result<()> {
        let before = " ".repeat(64 * 1024 - TAG.len() + beyond);
        let length = before.len() + TAG.len();
        match path {
            "/" => write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{before}{TAG}"
            ),
            _ => head(stream, "200 OK", ""),
        }
    }
    hold(&[
        (
            "just within",
            |stream, path, _| page(stream, path, 0),
            &["http/html-redirect"],
        ),
        ("just beyond", |stream, path, _| page(stream, path, 1), &[]),
    ]);
}

#[test]
fn fields_that_browsers_pass_over_hide_no_page() {
    hold(&[
        (
            "a control",
            |stream, _, _| head(stream, "200 OK", "X: a\x01b\r\n"),
            &[],
        ),
        (
            "a blank before the colon",
            |stream, _, _| head(stream, "200 OK", "X : a\r\n"),
            &[],
        ),
        (
            "a name that is none",
            |stream, _, _| head(stream, "200 OK", "X\u{e9}: a\r\n"),
            &[],
        ),
    ]);
}

#[test]
fn a_reset_in_the_middle_is_named() {
    let peer = |words: &'static [u8]| {
        Peer::start(move |_, mut stream| {
            let mut byte = [0];
            // The request is left unread, so that closing is a reset.
            let _ = stream.peek(&mut byte);
            let _ = stream.write_all(words);
            std::thread::sleep(Duration::from_millis(50));
            reset(&stream);
        })
    };
    let head = peer(b"HTTP/1.1 200 OK\r\nContent-Le");
    assert_eq!(found(head.port), ["http/malformed"]);
    let page = peer(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<p>");
    assert_eq!(found(page.port), [""; 0]);
}

#[test]
fn what_is_no_http_is_named() {
    const MALFORMED: &[&str] = &["http/malformed"];
    hold(&[
        (
            "HTTP/0.9",
            |stream, _, _| stream.write_all(b"<html>Hello"),
            MALFORMED,
        ),
        (
            "SSH",
            |stream, _, _| stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"),
            MALFORMED,
        ),
        ("nothing", |_, _, _| Ok(()), MALFORMED),
        (
            "silence",
            |_, _, _| {
                std::thread::sleep(Duration::from_secs(5));
                Ok(())
            },
            MALFORMED,
        ),
        (
            "half a head",
            |stream, _, _| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le"),
            MALFORMED,
        ),
        (
            "two lengths",
            |stream, _, _| head(stream, "200 OK", "Content-Length: 5\r\n"),
            MALFORMED,
        ),
        (
            "a status of letters",
            |stream, _, _| head(stream, "abc", ""),
            MALFORMED,
        ),
    ]);
}
