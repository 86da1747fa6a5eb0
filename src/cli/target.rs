//! What is to be looked at: a host, host:port, URL, address or international name, as its user writes it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use url::Url;

use super::exit::UsageError;
use crate::facts::name::DnsName;

/// Longer than any international name can be; a bound on what is handed to the parser.
const LONGEST_NAME: usize = 1_024;

/// One target, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// As it was given.
    pub(super) given: String,
    /// Whom it names.
    pub(super) host: Host,
    /// The port, when it names one.
    pub(super) port: Option<u16>,
    /// The URL, when it was one.
    pub(super) url: Option<Url>,
}

/// A name or an address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Host {
    Name(DnsName),
    Address(IpAddr),
}

impl fmt::Display for Host {
    /// Without the final dot, and IPv6 without brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&name.without_dot()),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl Host {
    /// As it stands in a URL: IPv6 in brackets.
    pub(super) fn in_url(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            other => other.to_string(),
        }
    }
}

impl Target {
    /// Reads one target.
    pub(super) fn read(text: &str) -> Result<Self, UsageError> {
        let given = text.to_owned();
        if text.contains("://") {
            return read_url(text, given);
        }
        if let Ok(address) = bare(text).parse() {
            return Ok(Self {
                given,
                host: Host::Address(address),
                port: None,
                url: None,
            });
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            let (host, port) = (Host::Address(socket.ip()), Some(socket.port()));
            return Ok(Self {
                given,
                host,
                port: nonzero(port, text)?,
                url: None,
            });
        }
        match text.split_once(':') {
            Some((host, port)) => {
                let port = read_port(port, text)?;
                Ok(Self {
                    given,
                    host: Host::Name(host_name(host)?),
                    port: Some(port),
                    url: None,
                })
            }
            None => Ok(Self {
                given,
                host: Host::Name(host_name(text)?),
                port: None,
                url: None,
            }),
        }
    }

    /// As it is shown: international names in both spellings.
    pub(super) fn shown(&self) -> String {
        let ascii = self.host.to_string();
        let (unicode, read) = idna::domain_to_unicode(&ascii);
        if read.is_ok() && unicode != ascii && self.url.is_none() {
            let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
            return format!("{unicode}{port} ({ascii})");
        }
        self.given.clone()
    }
}

fn bare(text: &str) -> &str {
    text.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text)
}

fn read_url(text: &str, given: String) -> Result<Target, UsageError> {
    let wrong = |why: &str| UsageError::new(format!("`{}` is no URL: {why}", text.escape_debug()));
    let hint = "write it as https://www.example.com/path";
    // The URL standard for browsers skips slashes in front of the host; here they mean that it was forgotten.
    if text
        .split_once("://")
        .is_some_and(|(_, rest)| rest.starts_with(['/', '?', '#']))
    {
        return Err(wrong("it names no host").hint(hint));
    }
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()).hint(hint))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("only http and https lead to a site").hint(hint));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it holds a user name, which browsers do not send").hint(hint));
    }
    let host = match url.host() {
        None => return Err(wrong("it names no host").hint(hint)),
        Some(url::Host::Domain(name)) => Host::Name(host_name(name)?),
        Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
        Some(url::Host::Ipv6(address)) => Host::Address(address.into()),
    };
    let port = nonzero(url.port(), text)?;
    Ok(Target {
        given,
        host,
        port,
        url: Some(url),
    })
}

fn read_port(text: &str, target: &str) -> Result<u16, UsageError> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(no_port(text, target)),
    }
}

fn nonzero(port: Option<u16>, target: &str) -> Result<Option<u16>, UsageError> {
    if port == Some(0) {
        Err(no_port("0", target))
    } else {
        Ok(port)
    }
}

fn no_port(port: &str, target: &str) -> UsageError {
    UsageError::new(format!(
        "`{}` is no port, in `{}`",
        port.escape_debug(),
        target.escape_debug()
    ))
    .hint("ports are numbers from 1 to 65535; an IPv6 address goes in brackets before a port")
}

/// A name as a user writes it, international ones included.
pub(super) fn host_name(text: &str) -> Result<DnsName, UsageError> {
    let wrong = |why: &str| UsageError::new(format!("`{}` is no name: {why}", text.escape_debug()));
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.contains("://") {
        return Err(wrong("it is a URL").hint("give the host alone, as in www.example.com"));
    }
    if text.len() > LONGEST_NAME {
        return Err(wrong("a name has at most 253 characters"));
    }
    if let Some(odd) = text
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "/:@?#[]\\".contains(*c))
    {
        return Err(wrong(&format!("it holds `{}`", odd.escape_debug())));
    }
    let ascii = if text.is_ascii() {
        text.to_owned()
    } else {
        idna::domain_to_ascii(text)
            .map_err(|_| wrong("it holds characters that no name can have"))?
    };
    let relative = ascii.strip_suffix('.').unwrap_or(&ascii);
    if !relative.is_empty() {
        for label in relative.split('.') {
            match label.len() {
                0 => {
                    return Err(wrong("a label is empty")
                        .hint("two dots stand side by side, or one stands in front"));
                }
                1..=63 => {}
                _ => return Err(wrong("a label has at most 63 characters")),
            }
        }
    }
    ascii
        .parse()
        .map_err(|_| wrong("a name has at most 253 characters, in labels of at most 63"))
}

/// What `read` makes of a list: one a line, blank lines and `#` comments passed over.
pub(super) fn read_list<T>(
    text: &str,
    from: &str,
    read: impl Fn(&str) -> Result<T, UsageError>,
) -> Result<Vec<T>, UsageError> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    let named = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    named
        .map(|(number, line)| read(line).map_err(|wrong| wrong.at(from, number)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<u16>) {
        let target = Target::read(text).unwrap();
        (target.host.to_string(), target.port)
    }

    #[test]
    fn hosts_ports_urls_and_addresses_are_read() {
        assert_eq!(
            read("WWW.Example.com."),
            ("www.example.com".to_owned(), None)
        );
        assert_eq!(
            read("example.com:8443"),
            ("example.com".to_owned(), Some(8443))
        );
        assert_eq!(
            read("https://example.com:8443/a?b"),
            ("example.com".to_owned(), Some(8443))
        );
        assert_eq!(read("192.0.2.1:8443"), ("192.0.2.1".to_owned(), Some(8443)));
        assert_eq!(read("2001:db8::1"), ("2001:db8::1".to_owned(), None));
        assert_eq!(
            read("[2001:db8::1]:8443"),
            ("2001:db8::1".to_owned(), Some(8443))
        );
        assert_eq!(
            read("http://[2001:db8::1]/"),
            ("2001:db8::1".to_owned(), None)
        );
    }

    #[test]
    fn international_names_are_shown_both_ways() {
        let target = Target::read("bücher.example").unwrap();
        assert_eq!(target.host.to_string(), "xn--bcher-kva.example");
        assert_eq!(target.shown(), "bücher.example (xn--bcher-kva.example)");
        assert_eq!(
            Target::read("xn--bcher-kva.example").unwrap().shown(),
            target.shown()
        );
        assert_eq!(Target::read("example.com").unwrap().shown(), "example.com");
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for wrong in [
            "",
            "http://",
            "https:///path",
            "ftp://example.com",
            "example.com:70000",
            "example.com:",
            "a b.example",
            "http://user:secret@example.com/",
            "example.com:0",
            "a\x1b[2J.example",
            "a..example",
            "[::1",
            "http://[::1",
        ] {
            assert!(Target::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_list_passes_over_comments_and_names_the_line_of_a_fault() {
        let list = read_list(
            "# sites\n\nexample.com\n https://example.org/ \n",
            "sites.txt",
            Target::read,
        )
        .unwrap();
        assert_eq!(list.len(), 2);
        let wrong = read_list(
            "example.com\nexample.com:70000\n",
            "sites.txt",
            Target::read,
        )
        .unwrap_err();
        assert!(wrong.to_string().contains("sites.txt, line 2"), "{wrong}");
    }
}
