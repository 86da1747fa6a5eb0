//! Resolvers as they are written: `system`, `trace`, an address, or a URL with one.

use std::net::{IpAddr, SocketAddr};

use super::exit::UsageError;
use crate::facts::dns::Transport;
use crate::net::limits;
use crate::observe::dns::TracePlan;
use crate::observe::dns::resolvers::ResolverChoice;

/// What `--compare public` stands for: resolvers that validate and filter as little as their operators offer, asked over HTTPS so
/// that no one on the way can answer in their place. From the operators' own pages (developers.cloudflare.com/1.1.1.1,
/// developers.google.com/speed/public-dns, quad9.net/service, adguard-dns.io "non-filtering"), 2026-11-25.
const PUBLIC: [&str; 4] = [
    "https://1.1.1.1/dns-query#cloudflare-dns.com",
    "https://8.8.8.8/dns-query#dns.google",
    "https://9.9.9.9/dns-query#dns.quad9.net",
    "https://94.140.14.140/dns-query#unfiltered.adguard-dns.com",
];

/// The resolver of `--resolver`.
pub(super) fn resolver(spec: &str, trace: &TracePlan) -> Result<ResolverChoice, UsageError> {
    match spec {
        "system" => Ok(ResolverChoice::System),
        "trace" => Ok(ResolverChoice::Trace(Box::new(trace.clone()))),
        _ => server(spec),
    }
}

/// The resolvers of `--compare`, each once.
pub(super) fn compared(specs: &[String]) -> Result<Vec<ResolverChoice>, UsageError> {
    let mut all: Vec<&str> = Vec::new();
    for spec in specs {
        let meant: &[&str] = if spec == "public" { &PUBLIC } else { &[spec] };
        let new = meant.iter().filter(|spec| !all.contains(spec));
        all.extend(new.copied().collect::<Vec<_>>());
    }
    if all.len() > limits::RESOLVERS {
        let error = UsageError::new(format!("{} resolvers to compare with", all.len()));
        return Err(error.hint(format!(
            "at most {} are asked in one run",
            limits::RESOLVERS
        )));
    }
    all.into_iter().map(resolver_beside).collect()
}

fn resolver_beside(spec: &str) -> Result<ResolverChoice, UsageError> {
    match spec {
        "system" => Ok(ResolverChoice::System),
        "trace" => Err(
            UsageError::new("`trace` is what resolvers are compared with")
                .hint("name resolvers, as in --compare 9.9.9.9,public"),
        ),
        _ => server(spec),
    }
}

fn server(spec: &str) -> Result<ResolverChoice, UsageError> {
    let (bare, name) = match spec.split_once('#') {
        Some((bare, name)) if !name.is_empty() => (bare, Some(name)),
        Some(_) => return Err(no_resolver(spec)),
        None => (spec, None),
    };
    let (transport, rest, port) = match bare.split_once("://") {
        None => (Transport::Udp, bare, 53),
        Some(("tls", rest)) => (Transport::Tls, rest, 853),
        Some(("quic", rest)) => (Transport::Quic, rest, 853),
        Some(("https", rest)) => (Transport::Https, rest, 443),
        Some(_) => return Err(no_resolver(spec)),
    };
    let (at, path) = match rest.split_once('/') {
        Some((at, path)) if transport == Transport::Https => (at, Some(format!("/{path}"))),
        _ => (rest, None),
    };
    let address = socket(at, port).ok_or_else(|| no_resolver(spec))?;
    if name.is_none() && transport == Transport::Https && address.is_ipv6() {
        // The library writes the name of the certificate into the URL as it is, where an IPv6 address needs brackets.
        let error = UsageError::new(format!("`{spec}` needs the name of its certificate"));
        return Err(error.hint(format!("write it after a #, as in {spec}#dns.example")));
    }
    Ok(ResolverChoice::Server {
        address,
        transport,
        server_name: name.map_or_else(|| address.ip().to_string(), str::to_owned),
        path,
    })
}

fn socket(text: &str, port: u16) -> Option<SocketAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    match (bare.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
        (Ok(address), _) => Some(SocketAddr::new(address, port)),
        (_, Ok(socket)) if socket.port() > 0 => Some(socket),
        _ => None,
    }
}

fn no_resolver(spec: &str) -> UsageError {
    UsageError::new(format!("`{}` is no resolver", spec.escape_debug())).hint(
        "write system, trace, an address as in 9.9.9.9, or tls://, https:// or quic:// and an address",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(spec: &str) -> Option<(SocketAddr, Transport, String)> {
        match server(spec) {
            Ok(ResolverChoice::Server {
                address,
                transport,
                server_name,
                ..
            }) => Some((address, transport, server_name)),
            _ => None,
        }
    }

    fn read(
        address: &str,
        transport: Transport,
        name: &str,
    ) -> Option<(SocketAddr, Transport, String)> {
        Some((address.parse().unwrap(), transport, name.to_owned()))
    }

    #[test]
    fn resolvers_are_read_with_their_transport_and_port() {
        assert_eq!(
            choice("9.9.9.9"),
            read("9.9.9.9:53", Transport::Udp, "9.9.9.9")
        );
        assert_eq!(
            choice("[2620:fe::fe]:5353"),
            read("[2620:fe::fe]:5353", Transport::Udp, "2620:fe::fe")
        );
        assert_eq!(
            choice("tls://9.9.9.9"),
            read("9.9.9.9:853", Transport::Tls, "9.9.9.9")
        );
        assert_eq!(
            choice("quic://[2620:fe::fe]#dns.quad9.net"),
            read("[2620:fe::fe]:853", Transport::Quic, "dns.quad9.net")
        );
        assert_eq!(
            choice("https://9.9.9.9/dns-query#dns.quad9.net"),
            read("9.9.9.9:443", Transport::Https, "dns.quad9.net")
        );
        for wrong in [
            "",
            "dns.example",
            "udp://9.9.9.9",
            "tls://",
            "9.9.9.9:0",
            "tls://9.9.9.9#",
            "https://[2620:fe::fe]/dns-query",
        ] {
            assert!(choice(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_list_names_each_once_and_public_stands_for_several() {
        let compared = |specs: &[&str]| {
            let specs: Vec<String> = specs.iter().map(ToString::to_string).collect();
            compared(&specs)
                .map(|all| all.len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(compared(&["9.9.9.9", "tls://9.9.9.9", "9.9.9.9"]), Ok(2));
        assert_eq!(compared(&["public"]), Ok(PUBLIC.len()));
        assert!(compared(&["trace"]).unwrap_err().contains("--compare"));
        let many: Vec<String> = (0..40).map(|n| format!("192.0.2.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(compared(&many).unwrap_err().contains("at most 32"));
    }
}
