//! Which server has the registrations of a TLD (RFC 9224).
//!
//! A selection of the larger TLDs, as IANA's list (data.iana.org/rdap/dns.json) had them in 2025. A TLD that is not here, or that
//! has moved since, is asked with `--rdap URL`.

use url::Url;

use crate::facts::name::DnsName;

/// The server of a domain's TLD.
pub(super) fn server(domain: &DnsName) -> Option<Url> {
    let domain = domain.without_dot();
    let tld = domain.rsplit('.').next()?;
    let has = |(tlds, _): &&(&str, &str)| tlds.split(' ').any(|own| own == tld);
    SERVERS.iter().find(has)?.1.parse().ok()
}

#[rustfmt::skip]
const SERVERS: &[(&str, &str)] = &[
    ("com", "https://rdap.verisign.com/com/v1/"),
    ("net", "https://rdap.verisign.com/net/v1/"),
    ("cc", "https://tld-rdap.verisign.com/cc/v1/"),
    ("tv", "https://tld-rdap.verisign.com/tv/v1/"),
    ("name", "https://tld-rdap.verisign.com/name/v1/"),
    ("org ngo ong charity foundation gives giving", "https://rdap.publicinterestregistry.org/rdap/"),
    ("info pro mobi agency center company digital email group guru life live media network news rocks services social \
      software solutions studio systems technology today world", "https://rdap.identitydigital.services/rdap/"),
    ("app dev page how new zip mov day foo channel", "https://pubapi.registry.google/rdap/"),
    ("online site store tech website space press fun host uno", "https://rdap.radix.host/rdap/"),
    ("xyz", "https://rdap.centralnic.com/xyz/"),
    ("icu", "https://rdap.centralnic.com/icu/"),
    ("shop", "https://rdap.gmoregistry.net/rdap/"),
    ("biz", "https://rdap.nic.biz/"),
    ("club", "https://rdap.nic.club/"),
    ("cloud", "https://rdap.registry.cloud/rdap/"),
    ("fr pm re tf wf yt", "https://rdap.nic.fr/"),
    ("nl", "https://rdap.sidn.nl/"),
    ("uk", "https://rdap.nominet.uk/uk/"),
    ("ca", "https://rdap.ca.fury.ca/rdap/"),
    ("br", "https://rdap.registro.br/"),
    ("cz", "https://rdap.nic.cz/"),
    ("no", "https://rdap.norid.no/"),
    ("fi", "https://rdap.fi/rdap/rdap/"),
    ("pl", "https://rdap.dns.pl/"),
    ("si", "https://rdap.register.si/"),
    ("ar", "https://rdap.nic.ar/"),
    ("tw", "https://ccrdap.twnic.tw/tw/"),
    ("id", "https://rdap.pandi.id/rdap/"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_is_a_url_with_a_final_slash() {
        for (_, server) in SERVERS {
            let url: Url = server.parse().unwrap();
            assert!(
                url.scheme() == "https" && url.path().ends_with('/'),
                "{server}"
            );
        }
    }

    #[test]
    fn the_tld_decides_and_an_unknown_one_has_no_server() {
        let of = |name: &str| server(&name.parse().unwrap()).map(|url| url.to_string());
        assert_eq!(
            of("example.net."),
            Some("https://rdap.verisign.com/net/v1/".to_owned())
        );
        assert_eq!(
            of("example.co.uk."),
            Some("https://rdap.nominet.uk/uk/".to_owned())
        );
        assert_eq!(of("shop.example."), None);
    }
}
