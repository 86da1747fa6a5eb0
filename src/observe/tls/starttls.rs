//! Asks for TLS on a connection that begins in clear, in the words of each protocol.

mod binary;
mod lines;
mod xml;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::facts::attempt::Failure;
use crate::net::limits;

/// A protocol that can be upgraded to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 3207.
    Smtp,
    /// RFC 2033.
    Lmtp,
    /// RFC 3501 §6.2.1.
    Imap,
    /// RFC 2595 §4.
    Pop3,
    /// RFC 4217.
    Ftp,
    /// RFC 4511 §4.14.
    Ldap,
    /// RFC 6120 §5, towards clients.
    Xmpp,
    /// RFC 6120 §5, between servers.
    XmppServer,
    /// RFC 5804 §2.2.
    Sieve,
    /// RFC 4642.
    Nntp,
    /// The SSLRequest of PostgreSQL's message protocol.
    Postgres,
    /// The SSLRequest of the MySQL client/server protocol.
    Mysql,
}

/// Name and ports of each.
const PROTOCOLS: [(Protocol, &str, &[u16]); 12] = [
    (Protocol::Smtp, "smtp", &[25, 587]),
    (Protocol::Lmtp, "lmtp", &[24]),
    (Protocol::Imap, "imap", &[143]),
    (Protocol::Pop3, "pop3", &[110]),
    (Protocol::Ftp, "ftp", &[21]),
    (Protocol::Ldap, "ldap", &[389]),
    (Protocol::Xmpp, "xmpp", &[5222]),
    (Protocol::XmppServer, "xmpp-server", &[5269]),
    (Protocol::Sieve, "sieve", &[4190]),
    (Protocol::Nntp, "nntp", &[119]),
    (Protocol::Postgres, "postgres", &[5432]),
    (Protocol::Mysql, "mysql", &[3306]),
];

impl Protocol {
    /// Its name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        let own = PROTOCOLS.iter().find(|(protocol, ..)| *protocol == self);
        own.map_or("", |(_, name, _)| name)
    }

    /// The protocol of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let own = PROTOCOLS.iter().find(|(_, own, _)| *own == name);
        own.map(|(protocol, ..)| *protocol)
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PROTOCOLS.iter().map(|(_, name, _)| *name)
    }

    /// The protocol that is spoken on a port, unless TLS begins there at once.
    #[must_use]
    pub fn of_port(port: u16) -> Option<Self> {
        let own = PROTOCOLS.iter().find(|(_, _, ports)| ports.contains(&port));
        own.map(|(protocol, ..)| *protocol)
    }
}

/// Speaks until the server is ready for TLS. What it says in clear after that could have been put in by anybody.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    protocol: Protocol,
    server_name: &str,
) -> Result<(), Failure> {
    let mut talk = Talk {
        stream,
        unread: Vec::new(),
    };
    match protocol {
        Protocol::Smtp => lines::mail(&mut talk, "EHLO").await,
        Protocol::Lmtp => lines::mail(&mut talk, "LHLO").await,
        Protocol::Imap => lines::imap(&mut talk).await,
        Protocol::Pop3 => lines::pop3(&mut talk).await,
        Protocol::Ftp => lines::ftp(&mut talk).await,
        Protocol::Sieve => lines::sieve(&mut talk).await,
        Protocol::Nntp => lines::nntp(&mut talk).await,
        Protocol::Xmpp => xml::xmpp(&mut talk, "jabber:client", server_name).await,
        Protocol::XmppServer => xml::xmpp(&mut talk, "jabber:server", server_name).await,
        Protocol::Ldap => binary::ldap(&mut talk).await,
        Protocol::Postgres => binary::postgres(&mut talk).await,
        Protocol::Mysql => binary::mysql(&mut talk).await,
    }?;
    if talk.unread.is_empty() {
        return Ok(());
    }
    Err(Failure::StarttlsInjected {
        first_bytes: shown(&talk.unread),
    })
}

/// A talk in clear, with what came and was not read yet.
struct Talk<'s, S> {
    stream: &'s mut S,
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sent = self.stream.write_all(bytes).await;
        sent.map_err(|error| Failure::from_io(&error, Duration::ZERO))
    }

    /// Waits until more has come.
    async fn more(&mut self) -> Result<(), Failure> {
        if self.unread.len() > limits::STARTTLS_BYTES {
            return Err(Failure::LimitReached {
                limit: "STARTTLS_BYTES".to_owned(),
            });
        }
        let read = self.stream.read_buf(&mut self.unread).await;
        match read.map_err(|error| Failure::from_io(&error, Duration::ZERO))? {
            0 => Err(Failure::Closed),
            _ => Ok(()),
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        while self.unread.len() < length {
            self.more().await?;
        }
        let rest = self.unread.split_off(length);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    /// The next line without its end.
    async fn line(&mut self) -> Result<String, Failure> {
        let end = loop {
            match self.unread.iter().position(|byte| *byte == b'\n') {
                Some(end) => break end,
                None => self.more().await?,
            }
        };
        let line = self.exactly(end + 1).await?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// What was said, escaped and cut.
fn shown(bytes: &[u8]) -> String {
    let first: Vec<u8> = bytes.iter().copied().take(64).collect();
    first.escape_ascii().to_string()
}

fn not_offered(said: &str) -> Failure {
    Failure::StarttlsNotOffered {
        said: shown(said.as_bytes()),
    }
}

fn refused(said: &[u8]) -> Failure {
    Failure::StarttlsRefused { said: shown(said) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Lets a server say `greeting`, and each answer after the client said what stands before it.
    async fn talk(
        protocol: Protocol,
        greeting: &[u8],
        turns: &[(&[u8], &[u8])],
    ) -> Result<(), Failure> {
        let (mut client, mut server) = tokio::io::duplex(4096);
        let serving = async move {
            server.write_all(greeting).await.unwrap();
            for (asked, answer) in turns {
                let mut heard = Vec::new();
                while !heard.ends_with(asked) {
                    let mut byte = [0];
                    if server.read(&mut byte).await.unwrap() == 0 {
                        return server;
                    }
                    heard.extend(byte);
                }
                server.write_all(answer).await.unwrap();
            }
            server
        };
        let (done, _) = tokio::join!(upgrade(&mut client, protocol, "shop.example"), serving);
        done
    }

    fn run(protocol: Protocol, greeting: &[u8], turns: &[(&[u8], &[u8])]) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(talk(protocol, greeting, turns))
    }

    /// For each protocol: the greeting, and the turns of a server that offers TLS.
    type Script = (
        Protocol,
        &'static [u8],
        &'static [(&'static [u8], &'static [u8])],
    );

    const MYSQL: &[u8] =
        b"\x22\0\0\0\x0a8.0\0\x01\0\0\0abcdefgh\0\xff\xff\x08\x02\0\xff\xff\x15\0\0\0\0\0\0\0\0";

    const GOOD: [Script; 12] = [
        (
            Protocol::Smtp,
            b"220-mx.example\r\n220 ESMTP\r\n",
            &[
                (b"EHLO doorstep.invalid\r\n", b"250-mx.example\r\n250-SIZE 1\r\n250 STARTTLS\r\n"),
                (b"STARTTLS\r\n", b"220 go ahead\r\n"),
            ],
        ),
        (
            Protocol::Lmtp,
            b"220 mx LMTP\r\n",
            &[
                (b"LHLO doorstep.invalid\r\n", b"250-mx\r\n250 starttls\r\n"),
                (b"STARTTLS\r\n", b"220 2.0.0 ready\r\n"),
            ],
        ),
        (
            Protocol::Imap,
            b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
            &[
                (b"a1 CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"),
                (b"a2 STARTTLS\r\n", b"a2 OK begin\r\n"),
            ],
        ),
        (
            Protocol::Pop3,
            b"+OK ready\r\n",
            &[
                (b"CAPA\r\n", b"+OK list\r\nTOP\r\nSTLS\r\n.\r\n"),
                (b"STLS\r\n", b"+OK begin\r\n"),
            ],
        ),
        (
            Protocol::Ftp,
            b"220-hello\r\n220 ready\r\n",
            &[(b"AUTH TLS\r\n", b"234 proceed\r\n")],
        ),
        (
            Protocol::Ldap,
            b"",
            &[(b"1.3.6.1.4.1.1466.20037", b"0\x0c\x02\x01\x01x\x07\x0a\x01\0\x04\0\x04\0")],
        ),
        (
            Protocol::Xmpp,
            b"",
            &[
                (b"version='1.0'>", b"<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
                (b"xmpp-tls'/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            ],
        ),
        (
            Protocol::XmppServer,
            b"",
            &[
                (b"version='1.0'>", b"<stream:features><starttls/></stream:features>"),
                (b"xmpp-tls'/>", b"<proceed/>"),
            ],
        ),
        (
            Protocol::Sieve,
            b"\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n",
            &[(b"STARTTLS\r\n", b"OK \"begin\"\r\n")],
        ),
        (
            Protocol::Nntp,
            b"200 news\r\n",
            &[
                (b"CAPABILITIES\r\n", b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
                (b"STARTTLS\r\n", b"382 continue\r\n"),
            ],
        ),
        (Protocol::Postgres, b"", &[(b"\0\0\0\x08\x04\xd2\x16\x2f", b"S")]),
        (Protocol::Mysql, MYSQL, &[]),
    ];

    #[test]
    fn every_protocol_is_asked_in_its_own_words() {
        assert_eq!(
            GOOD.map(|(protocol, ..)| protocol),
            PROTOCOLS.map(|(protocol, ..)| protocol)
        );
        for (protocol, greeting, turns) in GOOD {
            assert_eq!(
                run(protocol, greeting, turns),
                Ok(()),
                "{}",
                protocol.name()
            );
        }
    }

    #[test]
    fn greetings_and_words_of_every_form_that_the_standards_allow_are_understood() {
        let asked: &[(&[u8], &[u8])] = &[(b"AUTH TLS\r\n", b"234 go\r\n")];
        for greeting in [
            &b"220-Welcome\r\n  234 users so far\r\n220 end\r\n"[..],
            b"220-Welcome\r\nplain\r\n\r\n999 of them\r\n220-more\r\n220 end\r\n",
        ] {
            assert_eq!(run(Protocol::Ftp, greeting, asked), Ok(()));
        }
        let sieve: &[(&[u8], &[u8])] = &[(b"STARTTLS\r\n", b"ok\r\n")];
        assert_eq!(
            run(Protocol::Sieve, b"\"STARTTLS\"\r\nok\r\n", sieve),
            Ok(())
        );
        let none: &[(&[u8], &[u8])] = &[(b">", b"<stream:features />")];
        let done = run(Protocol::Xmpp, b"", none);
        assert!(
            matches!(done, Err(Failure::StarttlsNotOffered { .. })),
            "{done:?}"
        );
    }

    #[test]
    fn what_is_said_in_clear_after_the_answer_is_flagged() {
        for (protocol, greeting, turns) in GOOD.iter().filter(|(_, _, turns)| !turns.is_empty()) {
            let mut turns = turns.to_vec();
            let (asked, answer) = turns.pop().unwrap();
            let answer = [answer, b"250 injected\r\n"].concat();
            turns.push((asked, answer.as_slice()));
            let done = run(*protocol, greeting, &turns);
            assert!(
                matches!(done, Err(Failure::StarttlsInjected { .. })),
                "{}: {done:?}",
                protocol.name()
            );
        }
    }

    #[test]
    fn a_server_that_does_not_offer_it_is_told_from_one_that_refuses() {
        let lacks: [Script; 8] = [
            (Protocol::Smtp, b"220 x\r\n", &[(b"\r\n", b"250-x\r\n250 SIZE\r\n")]),
            (Protocol::Imap, b"* OK x\r\n", &[(b"\r\n", b"* CAPABILITY IMAP4\r\na1 OK\r\n")]),
            (Protocol::Pop3, b"+OK\r\n", &[(b"\r\n", b"+OK\r\nTOP\r\n.\r\n")]),
            (Protocol::Sieve, b"\"SASL\" \"\"\r\nOK\r\n", &[]),
            (Protocol::Nntp, b"200 x\r\n", &[(b"\r\n", b"101 list\r\nVERSION 2\r\n.\r\n")]),
            (Protocol::Xmpp, b"", &[(b">", b"<stream:features></stream:features>")]),
            (Protocol::Postgres, b"", &[(b"\x2f", b"N")]),
            (Protocol::Mysql, b"\x22\0\0\0\x0a8.0\0\x01\0\0\0abcdefgh\0\xff\xf7\x08\x02\0\xff\xff\x15\0\0\0\0\0\0\0\0", &[]),
        ];
        for (protocol, greeting, turns) in lacks {
            let done = run(protocol, greeting, turns);
            assert!(
                matches!(done, Err(Failure::StarttlsNotOffered { .. })),
                "{}: {done:?}",
                protocol.name()
            );
        }
        let refuses: [Script; 6] = [
            (Protocol::Smtp, b"421 too many\r\n", &[]),
            (
                Protocol::Smtp,
                b"220 x\r\n",
                &[
                    (b"\r\n", b"250 STARTTLS\r\n"),
                    (b"TLS\r\n", b"454 not now\r\n"),
                ],
            ),
            (Protocol::Imap, b"* BYE x\r\n", &[]),
            (Protocol::Ftp, b"220 x\r\n", &[(b"\r\n", b"530 no\r\n")]),
            (
                Protocol::Ldap,
                b"",
                &[(b"20037", b"0\x0c\x02\x01\x01x\x07\x0a\x01\x02\x04\0\x04\0")],
            ),
            (Protocol::Mysql, b"\x05\0\0\0\xff\x10\x04no", &[]),
        ];
        for (protocol, greeting, turns) in refuses {
            let done = run(protocol, greeting, turns);
            assert!(
                matches!(done, Err(Failure::StarttlsRefused { .. })),
                "{}: {done:?}",
                protocol.name()
            );
        }
    }

    #[test]
    fn endless_words_reach_a_bound_and_a_cut_is_a_cut() {
        let endless = vec![b'x'; limits::STARTTLS_BYTES + 4096];
        let (mut client, mut server) = tokio::io::duplex(1 << 20);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let done = runtime.block_on(async {
            server.write_all(&endless).await.unwrap();
            upgrade(&mut client, Protocol::Smtp, "shop.example").await
        });
        assert!(
            matches!(done, Err(Failure::LimitReached { .. })),
            "{done:?}"
        );
        let (mut client, mut server) = tokio::io::duplex(64);
        let done = runtime.block_on(async {
            server.write_all(b"+O").await.unwrap();
            drop(server);
            upgrade(&mut client, Protocol::Pop3, "shop.example").await
        });
        assert_eq!(done, Err(Failure::Closed));
    }

    #[test]
    fn ports_choose_the_protocol_that_begins_in_clear() {
        assert_eq!(Protocol::of_port(587), Some(Protocol::Smtp));
        assert_eq!(Protocol::of_port(5269), Some(Protocol::XmppServer));
        assert_eq!(
            (Protocol::of_port(443), Protocol::of_port(993)),
            (None, None)
        );
        assert_eq!(Protocol::named("sieve"), Some(Protocol::Sieve));
    }
}
