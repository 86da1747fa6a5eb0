//! `tlscheck` before servers good and bad: the right finding, in bounded time, and never a verdict that was not measured.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::peers::{
    Peer, certificate, drain, hello, ids, message, modern, newest, of_two_keys, outcome, record,
    reset, server_hello, shake,
};

/// With short waits every one is over after the handshake's own, one try alone and a little.
const SOON: Duration = Duration::from_secs(12);

#[expect(
    clippy::disallowed_methods,
    reason = "a test measures how long a run takes"
)]
fn soon(peer: &Peer) -> (Value, i32) {
    let began = Instant::now();
    let seen = peer.report(&["--probe-timeout", "700ms"]);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    seen
}

#[test]
fn a_modern_server_accepts_nothing_that_is_forbidden_in_at_most_18_connections() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    let (report, _) = peer.report(&[]);
    assert_eq!(ids(&report), Vec::<&str>::new(), "{report:#}");
    assert!(peer.connections() <= 18, "{}", peer.connections());
    for accepted in ["tls12-ecdsa", "post-quantum", "grease", "no-sni"] {
        assert_eq!(outcome(&report, accepted), "accepted", "{accepted}");
    }
    for refused in [
        "sslv2",
        "sslv3",
        "tls10",
        "tls11",
        "null",
        "anonymous",
        "export",
        "rc4",
        "small-blocks",
        "static-rsa",
        "dhe",
    ] {
        assert_eq!(outcome(&report, refused), "refused", "{refused}");
    }
}

#[test]
fn one_handshake_is_one_connection() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    let (report, _) = peer.report(&["--handshake-only"]);
    assert_eq!(
        (peer.connections(), &report["tls"]["endpoints"][0]["probes"]),
        (1, &Value::Null)
    );
}

#[test]
fn a_list_has_what_the_server_has_in_its_order() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    let (report, _) = peer.report(&["--enumerate"]);
    let offered = &report["tls"]["endpoints"][0]["offered"];
    let suites = |version: usize| {
        offered["versions"][version]["cipher_suites"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (offered["versions"][0]["version"].as_str(), suites(0)),
        (Some("TLSv1.3"), 3)
    );
    assert_eq!(
        (offered["versions"][1]["version"].as_str(), suites(1)),
        (Some("TLSv1.2"), 3)
    );
    assert_eq!(offered["versions"].as_array().unwrap().len(), 2);
    let groups: Vec<&str> = offered["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group.as_str().unwrap())
        .collect();
    assert!(
        groups.contains(&"X25519MLKEM768") && groups.contains(&"secp384r1"),
        "{groups:?}"
    );
    assert_eq!(offered["complete"], true, "{report:#}");
    assert!(peer.connections() <= 50, "{}", peer.connections());
    assert_eq!(offered["connections"], peer.connections());
}

#[test]
fn a_server_of_two_keys_in_its_own_order_is_listed_with_the_suites_of_both() {
    let config = of_two_keys();
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    let (report, _) = peer.report(&["--enumerate"]);
    let offered = &report["tls"]["endpoints"][0]["offered"];
    let older = offered["versions"][1]["cipher_suites"].as_array().unwrap();
    let by = |key: &str| {
        let names = older.iter().filter_map(Value::as_str);
        names.filter(|name| name.contains(key)).count()
    };
    assert_eq!((by("_ECDSA_"), by("_RSA_")), (3, 3), "{offered:#}");
    assert_eq!(offered["complete"], true);
    assert_eq!(offered["versions"][1]["server_order"], true);
}

#[test]
fn a_list_has_at_most_18_hellos_and_14_connections_ahead_open_at_a_time() {
    let config = modern(&["h2"]);
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let peer = Peer::start(move |_, stream| {
        let now = open.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        // Before the answer, as the client may open the next connection right after it.
        open.fetch_sub(1, Ordering::SeqCst);
        shake(&config, stream);
    });
    let (report, _) = peer.report(&["--enumerate"]);
    assert_eq!(report["tls"]["endpoints"][0]["offered"]["complete"], true);
    let most = seen.load(Ordering::SeqCst);
    assert!((10..=32).contains(&most), "{most}");
}

#[test]
fn a_list_tells_whether_sessions_go_on_and_when_each_part_came() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    let (report, _) = peer.report(&["--enumerate"]);
    let endpoint = &report["tls"]["endpoints"][0];
    let resumption = &endpoint["resumption"];
    assert_eq!(resumption["resumed"], true, "{resumption:#}");
    assert_eq!(resumption["early_data_bytes"], 0);
    assert!(resumption["tickets"].as_u64().unwrap() > 0);
    let timings = &endpoint["timings"];
    let at = |name: &str| timings[name].as_f64().unwrap();
    assert!(at("hello_ms") <= at("certificate_ms") && at("certificate_ms") < at("finished_ms"));
    // The keys of the hello are made before it is sent.
    assert!(at("finished_ms") < at("handshake_ms"));
    let (report, _) = peer.report(&[]);
    assert_eq!(report["tls"]["endpoints"][0]["resumption"], Value::Null);
}

#[test]
fn where_nothing_is_signed_in_tls12_no_schemes_are_listed_rather_than_none() {
    let listed = |config: Arc<rustls::ServerConfig>| {
        let peer = Peer::start(move |_, stream| shake(&config, stream));
        let (report, _) = peer.report(&["--enumerate"]);
        report["tls"]["endpoints"][0]["offered"]["signature_algorithms"].clone()
    };
    assert_eq!(listed(newest()), Value::Null);
    let some = listed(modern(&["h2"]));
    assert!(!some.as_array().unwrap().is_empty(), "{some}");
}

#[test]
fn early_data_that_would_be_accepted_is_told_and_a_server_without_tickets_too() {
    let made = |change: fn(&mut rustls::ServerConfig)| {
        let mut config = Arc::unwrap_or_clone(modern(&["h2"]));
        change(&mut config);
        let config = Arc::new(config);
        let peer = Peer::start(move |_, stream| shake(&config, stream));
        let (report, _) = peer.report(&["--enumerate"]);
        report["tls"]["endpoints"][0]["resumption"].clone()
    };
    let early = made(|config| config.max_early_data_size = 4_096);
    assert_eq!(early["early_data_bytes"], 4_096, "{early:#}");
    assert_eq!(early["early_data_accepted"], true, "{early:#}");
    let none = made(|config| config.send_tls13_tickets = 0);
    assert_eq!(
        (&none["tickets"], &none["resumed"]),
        (&Value::from(0), &Value::Null)
    );
}

#[test]
fn a_policy_of_ones_own_is_held() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| shake(&config, stream));
    assert_eq!(
        ids(&peer.report(&["--min-version", "1.3"]).0),
        ["tls/below-policy"]
    );
    assert!(ids(&peer.report(&["--min-version", "1.2"]).0).is_empty());
}

#[test]
fn a_server_of_tls10_alone_is_shown_whole() {
    let made = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let der = made.cert.der().to_vec();
    let peer = Peer::start(move |_, mut stream| {
        let hello = hello(&mut stream);
        let asks_tls10 = hello
            .get(9..11)
            .is_some_and(|version| version >= &[3, 1][..]);
        let offers_cbc = hello.windows(2).any(|pair| pair == [0xc0, 0x14]);
        let answer = if asks_tls10 && offers_cbc {
            let mut curve = vec![3, 0, 0x17, 2, 9, 9, 0, 1, 7];
            curve.truncate(9);
            record(
                22,
                &[
                    server_hello(0x0301, 0xc014),
                    certificate(&der),
                    message(12, &curve),
                    message(14, &[]),
                ]
                .concat(),
            )
        } else {
            record(21, &[2, 40])
        };
        let _ = stream.write_all(&answer);
        drain(stream);
    });
    let (report, code) = soon(&peer);
    assert_eq!(
        (ids(&report), code),
        (vec!["tls/legacy-only", "tls/renegotiation-insecure"], 1),
        "{report:#}"
    );
    let endpoint = &report["tls"]["endpoints"][0];
    assert_eq!(endpoint["version"], "TLSv1.0");
    assert_eq!(
        endpoint["cipher_suite"],
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
    );
    assert_eq!(endpoint["group"], "secp256r1");
    assert_eq!(endpoint["chain"][0]["san"][0], "shop.example");
}

#[test]
fn words_instead_of_tls_are_named() {
    for (words, protocol) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
        ("SSH-2.0-OpenSSH_9\r\n", "SSH"),
    ] {
        let (report, code) = soon(&Peer::saying(words.as_bytes().to_vec()));
        assert_eq!(
            (ids(&report), code),
            (vec!["tls/plaintext"], 1),
            "{report:#}"
        );
        assert_eq!(report["tls"]["endpoints"][0]["error"]["protocol"], protocol);
    }
}

#[test]
fn broken_records_and_endless_certificates_are_bounded_and_told_as_a_refusal() {
    let endless = |_, mut stream: TcpStream| {
        hello(&mut stream);
        let _ = stream.write_all(&record(22, &server_hello(0x0303, 0xc02f)));
        let _ = stream.write_all(&record(22, &[11, 0xff, 0xff, 0xff]));
        let part = record(22, &[1; 16_000]);
        while stream.write_all(&part).is_ok() {}
    };
    let empty = |_, mut stream: TcpStream| {
        hello(&mut stream);
        while stream.write_all(&record(22, &[])).is_ok() {}
    };
    let peers = [
        Peer::saying(vec![22, 3, 3, 0xff, 0xff, 1, 2, 3]),
        Peer::saying(record(22, &message(2, &[1, 2, 3]))),
        Peer::saying(record(21, &[2, 40])),
        Peer::start(endless),
        Peer::start(empty),
    ];
    for (number, peer) in peers.iter().enumerate() {
        let (report, code) = soon(peer);
        assert!(
            ids(&report).contains(&"tls/handshake-refused"),
            "{number}: {report:#}"
        );
        assert_eq!(code, 1);
    }
}

#[test]
fn a_mute_peer_and_a_slow_one_cost_one_wait() {
    let mute = Peer::start(|_, stream| drain_for(stream, Duration::from_secs(8)));
    let slow = Peer::start(|_, mut stream| {
        for byte in record(22, &server_hello(0x0303, 0xc02f)) {
            std::thread::sleep(Duration::from_secs(1));
            if stream.write_all(&[byte]).is_err() {
                return;
            }
        }
    });
    for peer in [mute, slow] {
        let (report, code) = soon(&peer);
        assert_eq!(
            (ids(&report), code),
            (vec!["tls/handshake-refused"], 1),
            "{report:#}"
        );
    }
}

fn drain_for(stream: TcpStream, time: Duration) {
    std::thread::sleep(time);
    drop(stream);
}

#[test]
fn what_was_not_offered_accepts_nothing() {
    let (report, _) = soon(&Peer::saying(record(
        22,
        &[server_hello(0x0303, 0x1234), message(14, &[])].concat(),
    )));
    assert!(
        !ids(&report)
            .iter()
            .any(|id| ["tls/rc4", "tls/null-cipher", "tls/tls10"].contains(id)),
        "{report:#}"
    );
    for name in ["null", "rc4", "tls10", "static-rsa"] {
        assert_eq!(outcome(&report, name), "not-offered", "{name}");
    }
}

#[test]
fn a_reset_at_every_stage_is_a_refusal_of_the_handshake_and_no_verdict_on_anything_else() {
    let at_once = Peer::start(|_, stream| drop(stream));
    let after_hello = Peer::start(|_, stream| {
        reset(&stream);
        let _ = stream.shutdown(Shutdown::Both);
    });
    let after_server_hello = Peer::start(|_, mut stream| {
        hello(&mut stream);
        let _ = stream.write_all(&record(22, &server_hello(0x0303, 0xc02f)));
    });
    for peer in [at_once, after_hello, after_server_hello] {
        let (report, _) = soon(&peer);
        assert!(
            ids(&report).contains(&"tls/handshake-refused"),
            "{report:#}"
        );
        assert!(
            !ids(&report).contains(&"tls/no-tls13") || outcome(&report, "tls12-rsa") == "accepted"
        );
    }
}

#[test]
fn a_cut_after_the_certificate_and_after_the_end_of_the_flight_is_an_error_and_no_verdict() {
    let suite = server_hello(0x0303, 0xc02f);
    let made = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let chain = certificate(made.cert.der());
    let after_certificate = record(22, &[suite.clone(), chain.clone()].concat());
    let after_done = record(22, &[suite, chain, message(14, &[])].concat());
    for flight in [after_certificate, after_done] {
        let peer = Peer::start(move |_, mut stream| {
            hello(&mut stream);
            let _ = stream.write_all(&flight);
            // What the client still says is left unread, so the end is a reset.
            std::thread::sleep(Duration::from_millis(50));
        });
        let (report, code) = soon(&peer);
        let error = &report["tls"]["endpoints"][0]["error"];
        assert_eq!((&error["stage"], code), (&Value::from("handshake"), 1));
        for name in ["null", "rc4", "tls10", "post-quantum"] {
            assert_ne!(outcome(&report, name), "accepted", "{name}");
        }
    }
}

#[test]
fn alerts_before_and_after_the_hello_are_a_refusal_that_names_them() {
    let fatal = record(21, &[2, 80]);
    let early = {
        let fatal = fatal.clone();
        Peer::start(move |_, mut stream| {
            let _ = stream.write_all(&fatal);
            hello(&mut stream);
            drain(stream);
        })
    };
    let warned = Peer::saying([record(21, &[1, 112]), fatal.clone()].concat());
    let late = Peer::saying([record(22, &server_hello(0x0303, 0xc02f)), fatal].concat());
    for peer in [early, warned, late] {
        let (report, code) = soon(&peer);
        assert!(
            ids(&report).contains(&"tls/handshake-refused"),
            "{report:#}"
        );
        let error = &report["tls"]["endpoints"][0]["error"];
        assert_eq!((&error["code"], code), (&Value::from(80), 1), "{error:#}");
    }
    // A warning alone ends nothing, and is followed by silence.
    let (report, _) = soon(&Peer::saying(record(21, &[1, 112])));
    assert!(
        ids(&report).contains(&"tls/handshake-refused"),
        "{report:#}"
    );
}

/// The most memory that a run may take, in KiB.
const MEMORY: usize = 50 * 1024;

/// Runs a check, and says how much memory it took at most.
fn peak(peer: &Peer) -> usize {
    let target = format!("shop.example:{}", peer.port);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args(["tlscheck", &target, "--address", "127.0.0.1"])
        .args(["--enumerate", "--probe-timeout", "700ms", "--no-config"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(crate::bounded::memory(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    most
}

#[test]
fn a_list_of_16_mib_and_records_of_every_size_take_little_memory() {
    let list = |_, mut stream: TcpStream| {
        hello(&mut stream);
        let _ = stream.write_all(&record(22, &server_hello(0x0303, 0xc02f)));
        // A message of 16 MiB, of which every byte comes.
        let _ = stream.write_all(&record(22, &[11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc]));
        let part = record(22, &[0; 16_384]);
        (0..1_024).all(|_| stream.write_all(&part).is_ok());
        drain(stream);
    };
    let packed = |_, mut stream: TcpStream| {
        hello(&mut stream);
        let _ = stream.write_all(&record(22, &server_hello(0x0303, 0xc02f)));
        // Certificates of one byte, as many as one message holds.
        let certificates = [0, 0, 1, 0].repeat(60_000);
        let length = u32::try_from(certificates.len()).unwrap().to_be_bytes();
        let body = [length[1..].to_vec(), certificates].concat();
        for part in message(11, &body).chunks(16_384) {
            let _ = stream.write_all(&record(22, part));
        }
        drain(stream);
    };
    let large = |_, mut stream: TcpStream| {
        hello(&mut stream);
        while stream.write_all(&record(22, &[0; 65_535])).is_ok() {}
    };
    for (number, peer) in [Peer::start(list), Peer::start(packed), Peer::start(large)]
        .iter()
        .enumerate()
    {
        let most = peak(peer);
        assert!(most < MEMORY, "{number}: {most} KiB");
    }
}

#[test]
fn a_server_that_bears_two_connections_at_a_time_is_read_rightly() {
    let (config, open) = (modern(&["h2"]), Arc::new(AtomicUsize::new(0)));
    let peer = Peer::start(move |_, stream| {
        if open.fetch_add(1, Ordering::SeqCst) < 2 {
            shake(&config, stream);
        } else {
            reset(&stream);
        }
        open.fetch_sub(1, Ordering::SeqCst);
    });
    let (report, _) = peer.report(&[]);
    let wrong: Vec<&str> = ids(&report)
        .into_iter()
        .filter(|id| *id != "tls/uncertain")
        .collect();
    assert_eq!(wrong, Vec::<&str>::new(), "{report:#}");
}

#[test]
fn a_rate_limit_makes_answers_uncertain_and_not_unsupported() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |number, stream| {
        if number < 4 {
            shake(&config, stream);
        } else {
            reset(&stream);
        }
    });
    let (report, _) = peer.report(&[]);
    assert_eq!(ids(&report), ["tls/uncertain"], "{report:#}");
}

#[test]
fn a_server_that_cuts_off_what_it_dislikes_refuses_it() {
    let config = modern(&["h2"]);
    let peer = Peer::start(move |_, stream| {
        let mut first = [0; 11];
        let read = stream.peek(&mut first).unwrap_or_default();
        // The TLS 1.0 and 1.1 hellos are cut off without an alert.
        let old = read == 11 && first[9..11] < [3, 3][..];
        if old {
            reset(&stream)
        } else {
            shake(&config, stream)
        }
    });
    let (report, _) = peer.report(&[]);
    assert_eq!(ids(&report), Vec::<&str>::new(), "{report:#}");
    assert_eq!(outcome(&report, "tls10"), "refused");
}

#[test]
fn starttls_comes_before_every_hello_and_its_absence_is_told() {
    let config = modern(&[]);
    let greeting = |offer: &'static str, config: Option<Arc<rustls::ServerConfig>>| {
        Peer::start(move |_, mut stream| {
            let _ = stream.write_all(b"220 mx.example ESMTP\r\n");
            line(&mut stream);
            let _ = stream.write_all(format!("250-mx.example\r\n250 {offer}\r\n").as_bytes());
            line(&mut stream);
            if let Some(config) = &config {
                let _ = stream.write_all(b"220 ready\r\n");
                shake(config, stream);
            }
        })
    };
    let (report, _) = greeting("STARTTLS", Some(config)).report(&["--starttls", "smtp"]);
    assert_eq!(ids(&report), Vec::<&str>::new(), "{report:#}");
    assert_eq!(report["tls"]["endpoints"][0]["starttls"], "smtp");
    assert_eq!(outcome(&report, "post-quantum"), "accepted");
    let (report, code) = greeting("SIZE 1000", None).report(&["--starttls", "smtp"]);
    assert_eq!(
        (ids(&report), code),
        (vec!["tls/starttls-missing"], 1),
        "{report:#}"
    );
}

fn line(stream: &mut TcpStream) {
    use std::io::Read;
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() && byte != *b"\n" {}
}
