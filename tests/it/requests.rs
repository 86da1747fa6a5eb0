//! What `httpcheck` sends: method, path and fields as the user said, heard by a server that writes them down.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::site::{self, Machine, World, moved, routes};

/// One request as it came: its first line, and its fields.
#[derive(Clone)]
struct Heard {
    line: String,
    fields: Vec<String>,
}

/// A server that answers `/moved` with a 301, `/kept` with a 308, and all else with a page.
struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || answer(stream, &kept));
            }
        });
        Self { port, heard }
    }

    /// The requests of the walk from `path` with these options, in order.
    fn walk(&self, path: &str, options: &[&str]) -> Vec<Heard> {
        self.heard.lock().unwrap().clear();
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .env_clear()
            .args(["httpcheck", &url, "--json", "--no-config"])
            .args(["--probe-timeout", "2s"])
            .args(["--connect-to", "127.0.0.1:443:127.0.0.1:1"])
            .args(options)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!report["http"]["routes"].as_array().unwrap().is_empty());
        let heard = self.heard.lock().unwrap().clone();
        let own = |heard: &Heard| ["/moved", "/kept", "/end"].contains(&path_of(heard));
        heard.into_iter().filter(own).collect()
    }
}

fn path_of(heard: &Heard) -> &str {
    heard.line.split(' ').nth(1).unwrap_or_default()
}

fn answer(mut stream: TcpStream, kept: &Mutex<Vec<Heard>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut lines = lines.by_ref().map_while(Result::ok);
    let Some(line) = lines.next() else { return };
    let fields = lines.take_while(|line| !line.is_empty()).collect();
    let heard = Heard { line, fields };
    let (status, location) = match path_of(&heard) {
        "/moved" => ("301 Moved Permanently", "Location: /end\r\n"),
        "/kept" => ("308 Permanent Redirect", "Location: /end\r\n"),
        _ => ("200 OK", ""),
    };
    kept.lock().unwrap().push(heard);
    let head = format!("HTTP/1.1 {status}\r\n{location}Content-Length: 0\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
}

fn lines(heard: &[Heard]) -> Vec<&str> {
    heard
        .iter()
        .map(|heard| heard.line.trim_end_matches(" HTTP/1.1"))
        .collect()
}

#[test]
fn without_options_a_page_is_fetched_in_the_name_of_doorstep() {
    let server = Server::start();
    let heard = server.walk("/moved", &[]);
    assert_eq!(lines(&heard), ["GET /moved", "GET /end"]);
    let agent = format!("user-agent: doorstep/{}", env!("CARGO_PKG_VERSION"));
    assert!(heard.iter().all(|heard| heard.fields.contains(&agent)));
}

#[test]
fn a_method_is_kept_or_changed_by_redirects_as_the_standard_says() {
    let server = Server::start();
    let walk = |path, method| server.walk(path, &["--method", method]);
    assert_eq!(lines(&walk("/moved", "HEAD")), ["HEAD /moved", "HEAD /end"]);
    assert_eq!(lines(&walk("/moved", "POST")), ["POST /moved", "GET /end"]);
    let kept = walk("/kept", "POST");
    assert_eq!(lines(&kept), ["POST /kept", "POST /end"]);
    let empty = "content-length: 0".to_owned();
    assert!(kept.iter().all(|heard| heard.fields.contains(&empty)));
}

#[test]
fn path_fields_and_name_are_the_users_own() {
    let server = Server::start();
    let options = [
        "--path",
        "/moved",
        "--header",
        "Accept: text/html",
        "--header",
        "X-Note: caf\u{e9}",
        "--header",
        "X-Note: two",
        "--user-agent",
        "probe/1",
    ];
    let heard = server.walk("/elsewhere", &options);
    assert_eq!(lines(&heard), ["GET /moved", "GET /end"]);
    let first = &heard[0];
    for field in [
        "accept: text/html",
        "x-note: caf\u{e9}",
        "x-note: two",
        "user-agent: probe/1",
    ] {
        assert!(
            first.fields.iter().any(|own| own == field),
            "{field}: {:?}",
            first.fields
        );
    }
}

#[test]
fn what_cannot_be_sent_is_a_fault_of_usage() {
    for wrong in [
        ["--method", "CONNECT"],
        ["--method", "GE T"],
        ["--header", "Content-Length: 5"],
        ["--header", "Transfer-Encoding: chunked"],
        ["--header", "X: a\u{7}b"],
        ["--user-agent", "a\nb"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_doorstep"))
            .env_clear()
            .args(["httpcheck", "http://127.0.0.1:1/"])
            .args(wrong)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!error.contains('\u{7}'), "{error}");
    }
}

#[test]
fn the_look_up_of_a_host_that_a_redirect_leads_to_is_timed_and_asked_for_once() {
    let world = World::new();
    let names = ["shop.example", "other.example"];
    let machine = Machine::start(world.config(&names), |asked| match asked.host.as_str() {
        "shop.example" => moved("https://other.example/a"),
        _ if asked.path == "/a" => moved("/b"),
        _ => site::answer("200 OK", "", ""),
    });
    let report = world
        .with("127.0.0.2", &names, machine)
        .report(&["shop.example"]);
    let timed = |route: &Value| -> Vec<bool> {
        let hops = route["hops"].as_array().unwrap().iter();
        hops.map(|hop| hop["timings"]["lookup_ms"].is_number())
            .collect()
    };
    let walks: Vec<Vec<bool>> = routes(&report, "target").map(timed).collect();
    // The host of the target was looked up before, the other by who came there first, and is known then.
    assert!(walks.contains(&vec![false, true, false]), "{walks:?}");
    assert!(
        walks.iter().all(|timed| !timed[0] && !timed[2]),
        "{walks:?}"
    );
}

#[test]
fn where_the_time_went_is_shown_within_the_width() {
    let world = World::new();
    let machine = Machine::start(world.config(&["shop.example"]), |asked| {
        match asked.scheme {
            "http" => moved(&format!("https://{}{}", asked.host, asked.path)),
            _ => site::answer("200 OK", "", ""),
        }
    });
    let world = world.with("127.0.0.2", &["shop.example"], machine);
    let text = world.said(&["shop.example"]);
    let bars: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("  First page"))
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(bars.len(), 3, "{text}");
    assert!(bars[1].starts_with("    http://shop.example/  "), "{text}");
    assert!(bars[2].starts_with("    https://shop.example/ "), "{text}");
    assert!(bars.iter().all(|line| line.chars().count() <= 80), "{text}");
    let at_length = world.said(&["shop.example", "-v"]);
    assert!(!at_length.contains("First page") && at_length.contains("Where the time"));
}
