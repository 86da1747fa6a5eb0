//! A handshake told in words, as one would teach it.

use super::super::super::style::{Style, harmless};
use super::super::super::words::{common_name, count};
use super::super::wrapped;
use crate::facts::tls::{Endpoint, TrustStatus};

/// What the client offered, what the server chose and proved, and what the talk's protection rests on.
pub(super) fn story(endpoint: &Endpoint, style: Style) -> String {
    let mut out = format!("  The handshake with {}\n", endpoint.label());
    let mut say = |text: String| out.push_str(&wrapped(&harmless(&text), "    ", "    ", style));
    say(offered(endpoint));
    say(chosen(endpoint));
    say(keys(endpoint));
    say(shown(endpoint));
    say(confidentiality(endpoint));
    say(integrity(endpoint));
    say(authentication(endpoint));
    out
}

fn offered(endpoint: &Endpoint) -> String {
    let hello = &endpoint.hello;
    let connect = endpoint.timings.connect_ms.unwrap_or_default().0;
    let protocols = match hello.alpn.as_slice() {
        [] => String::new(),
        names => format!(
            ", and the protocols {} to speak afterwards",
            names.join(" and ")
        ),
    };
    format!(
        "The client connected in {connect:.1} ms and said hello: it offered {}, {} ({}) and the groups {}{protocols}. It \
         named `{}`, so that a server of many sites can pick the right certificate.",
        hello.versions.join(" and "),
        count(hello.cipher_suites.len(), "cipher suite"),
        hello.cipher_suites.join(", "),
        hello.groups.join(", "),
        endpoint.server_name
    )
}

fn chosen(endpoint: &Endpoint) -> String {
    let or_none = |part: &Option<String>| part.clone().unwrap_or_else(|| "none".to_owned());
    let took = endpoint.timings.handshake_ms.unwrap_or_default().0;
    let timings = &endpoint.timings;
    let phases = match (timings.hello_ms, timings.certificate_ms) {
        (Some(hello), Some(certificate)) => format!(
            "Its hello came after {:.1} ms, its certificate was there after {:.1} ms. ",
            hello.0, certificate.0
        ),
        _ => String::new(),
    };
    format!(
        "The server chose {}, the suite {}, the group {} and the protocol {}. {phases}After {took:.1} ms the handshake was done, and \
         both sides had shown that they hold the same keys by a first protected message each (Finished).",
        or_none(&endpoint.version),
        or_none(&endpoint.cipher_suite),
        or_none(&endpoint.group),
        or_none(&endpoint.alpn)
    )
}

fn keys(endpoint: &Endpoint) -> String {
    let group = endpoint.group.as_deref().unwrap_or("the group");
    let hybrid = if group.contains("MLKEM") {
        " This group is a hybrid: whoever records the talk today cannot read it with a quantum computer later."
    } else {
        ""
    };
    format!(
        "How the keys came about: each side sent one half of a fresh key agreement over {group} and computed the same secret \
         from both; the secret itself never travelled. Formerly the client made the secret up and sent it encrypted under the \
         key of the certificate: whoever got that key later could read every recorded talk. So that is no longer done, and the \
         certificate's key only signs.{hybrid}"
    )
}

fn shown(endpoint: &Endpoint) -> String {
    let certificates = count(endpoint.chain.len(), "certificate");
    let (they, lead) = if endpoint.chain.len() == 1 {
        ("it", "leads")
    } else {
        ("they", "lead")
    };
    let end = match &endpoint.trust {
        Some(trust) if trust.status == TrustStatus::Trusted => {
            let path: Vec<&str> = trust
                .path
                .iter()
                .map(|subject| common_name(subject))
                .collect();
            format!(
                "{they} {lead} to a root of the trust store: {}",
                path.join(", issued by ")
            )
        }
        Some(_) => format!("{they} {lead} to no root of the trust store"),
        None => format!("whether {they} {lead} to a root was not looked at"),
    };
    format!("The server sent {certificates}; {end}.")
}

fn confidentiality(endpoint: &Endpoint) -> String {
    let suite = endpoint.cipher_suite.as_deref().unwrap_or_default();
    let cipher = ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"]
        .into_iter()
        .find(|name| suite.contains(name));
    format!(
        "Confidentiality: nobody on the way can read along. It rests on {} with keys that only these two sides computed; they \
         are thrown away afterwards (forward secrecy).",
        cipher.unwrap_or(suite).replace('_', "-")
    )
}

fn integrity(endpoint: &Endpoint) -> String {
    let suite = endpoint.cipher_suite.as_deref().unwrap_or_default();
    let named = suite.rsplit('_').next();
    let hash = named
        .filter(|hash| ["SHA256", "SHA384"].contains(hash))
        .unwrap_or("the hash of the suite");
    format!(
        "Integrity: nobody can change a byte unnoticed. It rests on the tag that the cipher adds to every record, and for the \
         handshake itself on {hash} over all that both sides said."
    )
}

fn authentication(endpoint: &Endpoint) -> String {
    let trusted = endpoint
        .trust
        .as_ref()
        .is_some_and(|trust| trust.status == TrustStatus::Trusted);
    let proven = endpoint.key_proven == Some(true);
    let named = endpoint.name_matches == Some(true);
    let algorithm = endpoint
        .leaf()
        .and_then(|leaf| leaf.key.as_ref())
        .map_or("its", |key| key.algorithm.as_str());
    if trusted && proven && named {
        return format!(
            "Authentication: the server is who it says. It signed the handshake with the {algorithm} key of a certificate that \
             names `{}` and leads to a trusted root.",
            endpoint.server_name
        );
    }
    let mut lacks = Vec::new();
    if !trusted {
        lacks.push("no trusted root vouches for its certificate");
    }
    if !named {
        lacks.push("the certificate does not name the server");
    }
    if !proven {
        lacks.push("it did not prove that it has the certificate's key");
    }
    format!(
        "Authentication: missing, {}. So the two lines above hold only against those who merely listen: who stands in the way \
         could be the server.",
        lacks.join(", and ")
    )
}
