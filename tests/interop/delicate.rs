//! Lists of servers that do not bear all that is said to them: a gate before nginx, which accepts nearly everything, cuts them off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tls::{Server, listed, material, words};

/// What a client says first: its record, and how many connections there are with this one.
struct First<'a> {
    record: &'a [u8],
    open: usize,
}

impl First<'_> {
    /// The newest that it offers, if that is below TLS 1.3.
    fn version(&self) -> u16 {
        u16::from_be_bytes([self.record[9], self.record[10]])
    }

    fn length(&self) -> usize {
        usize::from(u16::from_be_bytes([self.record[3], self.record[4]]))
    }

    /// As they stand in the hello, behind its header, version, random bytes and session.
    fn suites(&self) -> usize {
        let session = usize::from(self.record[43]);
        let at = 44 + session;
        usize::from(u16::from_be_bytes([self.record[at], self.record[at + 1]])) / 2
    }
}

/// Passes on to a port what is borne and cuts off the rest; listens until the tests end.
fn gate(upstream: u16, bears: impl Fn(&First<'_>) -> bool + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (bears, open) = (Arc::new(bears), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (bears, open) = (Arc::clone(&bears), Arc::clone(&open));
            let own = open.fetch_add(1, Ordering::SeqCst) + 1;
            std::thread::spawn(move || {
                // A client that leaves is no fault.
                let _ = pass(client, upstream, |record| {
                    bears(&First { record, open: own })
                });
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    port
}

fn pass(
    mut client: TcpStream,
    upstream: u16,
    bears: impl Fn(&[u8]) -> bool,
) -> std::io::Result<()> {
    let mut record = vec![0; 5];
    client.read_exact(&mut record)?;
    let is_tls = record[0] == 22;
    if is_tls {
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        record.resize(5 + length, 0);
        client.read_exact(&mut record[5..])?;
    }
    if is_tls && !bears(&record) {
        return Ok(());
    }
    let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
    server.write_all(&record)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let said = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let answered = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    let _ = said.join();
    answered.map(|_| ())
}

#[test]
#[ignore = "needs openssl and nginx; .ci/run installs them"]
fn what_a_server_does_not_bear_leaves_its_list_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = material(directory.path());
    for (order, configuration) in [("on", file("on.conf")), ("off", file("off.conf"))] {
        let server = Server::start("nginx", |port| {
            let text = format!(
                "daemon off; error_log {errors}; pid {pid}; events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl; \
                 ssl_certificate {rsa}; ssl_certificate_key {rsa_key}; ssl_certificate {ec}; ssl_certificate_key {ec_key}; \
                 ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:COMPLEMENTOFALL@SECLEVEL=0; \
                 ssl_prefer_server_ciphers {order}; }} }}",
                errors = file("error.log"),
                pid = file(&format!("{order}.pid")),
                rsa = file("rsa.pem"),
                rsa_key = file("rsa.key"),
                ec = file("ec.pem"),
                ec_key = file("ec.key"),
            );
            std::fs::write(&configuration, text).unwrap();
            words(&format!("-c {configuration}"))
        });
        let (whole, _, _) = listed(server.port);
        assert_eq!(whole.len(), 4, "{whole:?}");
        let of_suites = gate(server.port, |first| first.suites() <= 64);
        let of_bytes = gate(server.port, |first| first.length() <= 512);
        assert_eq!(listed(of_suites).0, whole, "64 suites, order {order}");
        let (short, findings, _) = listed(of_bytes);
        assert_eq!(short, whole, "512 bytes, order {order}");
        let found = |id: &str| findings.iter().any(|own| own == id);
        assert!(found("tls/large-hello-intolerant"), "{findings:?}");
        let of_old_versions = gate(server.port, |first| first.version() <= 0x0302);
        let mut old = whole.clone();
        old.retain(|version, _| version == "TLSv1.1" || version == "TLSv1.0");
        assert_eq!(listed(of_old_versions).0, old, "TLS 1.1, order {order}");
        for most in [1, 2, 4] {
            let narrow = gate(server.port, move |first| first.open <= most);
            let (list, findings, _) = listed(narrow);
            assert_eq!(list, whole, "{most} connections, order {order}");
            let false_alarm = findings.iter().find(|own| own.ends_with("-refused"));
            assert_eq!(false_alarm, None, "{most} connections, order {order}");
        }
    }
}
