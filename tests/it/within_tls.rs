//! Servers that shake hands as they should and then break HTTP, and what `httpcheck` says of them.

use std::io::{Read, Result, Write};
use std::time::Duration;

use serde_json::Value;

use super::bounded::watched;
use super::peers::{Peer, Shaken, modern, shaken};

/// What a server does once it has heard a request.
pub(crate) type Act = fn(&mut Shaken) -> Result<()>;

/// Listens for a request; false when the client has gone.
pub(crate) type Hear = fn(&mut Shaken) -> Result<bool>;

/// Longer than any look may take that is cut off by the bound on one attempt.
const BOUND: Duration = Duration::from_secs(30);

/// A server that speaks this protocol, in its own way.
pub(crate) fn serve(protocol: &str, hear: Hear, act: Act) -> Peer {
    let config = modern(&[protocol]);
    Peer::start(move |_, stream| {
        let Some(mut stream) = shaken(&config, stream) else {
            return;
        };
        // That the client hangs up is what most of these are about.
        let _ = talk(&mut stream, hear, act);
    })
}

fn talk(stream: &mut Shaken, hear: Hear, act: Act) -> Result<()> {
    if !hear(stream)? {
        return Ok(());
    }
    act(stream)?;
    stream.conn.send_close_notify();
    stream.flush()?;
    let mut rest = [0; 4096];
    while stream.sock.read(&mut rest).is_ok_and(|size| size > 0) {}
    Ok(())
}

/// The findings about what is said within TLS; the certificate is nobody's, and which version is offered is meant.
pub(crate) fn findings(port: u16) -> Vec<Value> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"));
    command
        .env_clear()
        .args(["httpcheck", &format!("https://shop.example:{port}/")])
        .args(["--address", "127.0.0.1"])
        .args(["--probe-timeout", "2s", "--json", "--no-config"]);
    let report = watched(&mut command, BOUND).report;
    let mut findings = report["findings"].as_array().unwrap().clone();
    findings.retain(|finding| {
        let id = finding["id"].as_str().unwrap();
        id.starts_with("http/") && id != "http/version-old"
    });
    findings
}

/// Their ids.
pub(crate) fn found(port: u16) -> Vec<String> {
    let findings = findings(port).into_iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Holds every server to its findings.
pub(crate) fn hold(serve: fn(Act) -> Peer, cases: &[(&str, Act, &[&str])]) {
    std::thread::scope(|threads| {
        for (name, act, expected) in cases {
            threads.spawn(move || assert_eq!(found(serve(*act).port), *expected, "{name}"));
        }
    });
}
