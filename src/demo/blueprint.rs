//! The healthy world, as data that a scenario changes before it is started.

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::rr::Name;
use rcgen::CertificateParams;
use rustls::pki_types::CertificateDer;

use super::pki::{HEALTHY, ISSUER_URL, Leaf, Pki, Request};
use super::site::{Identity, Page, Pages, Site, Speaks};
use super::zone::ZoneData;
use super::{Behaviour, NameServer, Plan};
use crate::net::roots::ROOT_SERVERS;

/// The site of every scenario.
pub const HOST: &str = "shop.example";

/// The addresses of the site.
pub const ADDRESSES: [&str; 3] = ["192.0.2.10", "192.0.2.11", "2001:db8::10"];

/// The policy that the healthy site sends.
const HSTS: &str = "max-age=31536000";

/// The servers of the TLD, with their addresses.
const TLD: [(&str, [&str; 2]); 2] = [
    ("ns1.nic.example.", ["203.0.113.1", "2001:db8:f::1"]),
    ("ns2.nic.example.", ["203.0.113.129", "2001:db8:f:1::1"]),
];

/// The servers of the zone, in two networks.
pub(super) const SERVERS: [(&str, [&str; 2]); 2] = [
    ("ns1.shop.example.", ["192.0.2.53", "2001:db8::53"]),
    ("ns2.shop.example.", ["198.51.100.53", "2001:db8:1::53"]),
];

/// Why a world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A key cannot be used.
    #[error("a key cannot be used: {0}")]
    Key(#[from] rustls::Error),
}

/// A world before it is started.
#[derive(Debug)]
pub struct Blueprint {
    /// Who issues certificates.
    pub pki: Arc<Pki>,
    /// The root zone.
    pub root: ZoneData,
    /// The zone `example`.
    pub tld: ZoneData,
    /// What the second server of the TLD has in its place.
    pub second_tld: Option<ZoneData>,
    /// The zone `shop.example`.
    pub shop: ZoneData,
    /// What the second server of the zone has in its place.
    pub second: Option<ZoneData>,
    /// How the two servers of the zone behave.
    pub behaviour: [Behaviour; 2],
    /// How the servers of the root behave.
    pub root_behaviour: Behaviour,
    /// Name servers besides.
    pub others: Vec<NameServer>,
    /// The site, one machine an address, in the order of [`ADDRESSES`]; then web servers besides.
    pub sites: Vec<Site>,
    /// What the hosts file of the visitor's machine says.
    pub hosts: String,
    /// The zone as the world's resolver remembers it, when it has changed since.
    pub remembered: Option<ZoneData>,
    /// Names that the world's resolver keeps back.
    pub filtered: Vec<Name>,
}

impl Blueprint {
    /// Everything as it should be.
    ///
    /// # Errors
    /// When certificates cannot be made.
    pub fn healthy(pki: &Arc<Pki>) -> Result<Self, BuildError> {
        let identity = Arc::new(identity(
            &pki.leaf(&HEALTHY)?,
            &[pki.issuing.certificate()],
        )?);
        let machine = |address: &&str| Site {
            name: HOST.to_owned(),
            addresses: parsed(&[address]),
            http: Speaks::Http(redirects()),
            https: Speaks::Https(Arc::clone(&identity), pages()),
        };
        let mut sites: Vec<Site> = ADDRESSES.iter().map(machine).collect();
        sites.push(authority(pki));
        Ok(Self {
            pki: Arc::clone(pki),
            root: root(),
            tld: delegated(tld()),
            shop: with_site(shop()),
            second_tld: None,
            second: None,
            root_behaviour: Behaviour::Serve,
            behaviour: [Behaviour::Serve; 2],
            others: Vec::new(),
            sites,
            hosts: String::new(),
            remembered: None,
            filtered: Vec::new(),
        })
    }

    /// The machines of the site.
    pub(super) fn machines(&mut self) -> impl Iterator<Item = &mut Site> {
        self.sites.iter_mut().filter(|site| site.name == HOST)
    }

    /// Has every machine of the site speak like this on port 80.
    pub(super) fn http(&mut self, speaks: &Speaks) {
        self.machines().for_each(|site| site.http = speaks.clone());
    }

    /// Has every machine of the site speak like this on port 443.
    pub(super) fn https(&mut self, speaks: &Speaks) {
        self.machines().for_each(|site| site.https = speaks.clone());
    }

    /// Has every machine of the site speak HTTP/1.1 alone over HTTPS.
    pub(super) fn age(&mut self) {
        for site in self.machines() {
            if let Speaks::Https(identity, pages) = &site.https {
                site.https = Speaks::OldHttps(Arc::clone(identity), pages.clone());
            }
        }
    }

    /// Has every machine of the site show these pages over HTTPS, with the certificate that it has.
    pub(super) fn show(&mut self, pages: &Pages) {
        for site in self.machines() {
            if let Speaks::Https(_, own) = &mut site.https {
                own.clone_from(pages);
            }
        }
    }

    /// Has every machine, or the one at an address, show this leaf followed by these certificates.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub(super) fn prove(
        &mut self,
        at: Option<&str>,
        leaf: &Leaf,
        chain: &[CertificateDer<'static>],
    ) -> Result<(), BuildError> {
        self.present(at, identity(leaf, chain)?);
        Ok(())
    }

    /// Has every machine, or the one at an address, show this.
    pub(super) fn present(&mut self, at: Option<&str>, shown: Identity) {
        let own = Arc::new(shown);
        let only: Vec<IpAddr> = parsed(at.as_slice());
        for site in self.machines() {
            let here = only.is_empty() || site.addresses == only;
            if let (true, Speaks::Https(identity, _)) = (here, &mut site.https) {
                *identity = Arc::clone(&own);
            }
        }
    }

    /// The same with a leaf of the issuing authority, and its certificate.
    ///
    /// # Errors
    /// When certificates cannot be made.
    pub(super) fn certify(
        &mut self,
        at: Option<&str>,
        request: &Request<'_>,
    ) -> Result<(), BuildError> {
        let leaf = self.pki.leaf(request)?;
        let issuing = self.pki.issuing.certificate();
        self.prove(at, &leaf, &[issuing])
    }

    /// The same with a healthy leaf, but for what `change` does to it.
    ///
    /// # Errors
    /// When certificates cannot be made.
    pub(super) fn certify_as(
        &mut self,
        change: &dyn Fn(&mut CertificateParams),
    ) -> Result<(), BuildError> {
        let leaf = self.pki.leaf_as(change)?;
        let issuing = self.pki.issuing.certificate();
        self.prove(None, &leaf, &[issuing])
    }

    /// What is started.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        let server = |name: &str, addresses: &[&str], zone: &Arc<ZoneData>, behaviour| NameServer {
            name: name.to_owned(),
            addresses: parsed(addresses),
            zones: vec![Arc::clone(zone)],
            behaviour,
        };
        let of_root: Vec<&str> = ROOT_SERVERS
            .iter()
            .flat_map(|(_, v4, v6)| [*v4, *v6])
            .collect();
        let (root, tld, shop) = (Arc::new(self.root), Arc::new(self.tld), Arc::new(self.shop));
        let second = self.second.map_or_else(|| Arc::clone(&shop), Arc::new);
        let of_root_servers = server("root-servers.net.", &of_root, &root, self.root_behaviour);
        let mut servers = vec![of_root_servers];
        let second_tld = self.second_tld.map_or_else(|| Arc::clone(&tld), Arc::new);
        for ((name, addresses), zone) in TLD.into_iter().zip([&tld, &second_tld]) {
            servers.push(server(name, &addresses, zone, Behaviour::Serve));
        }
        let of_shop = SERVERS.into_iter().zip([Arc::clone(&shop), second]);
        for (((name, addresses), zone), behaviour) in of_shop.zip(self.behaviour) {
            servers.push(server(name, &addresses, &zone, behaviour));
        }
        servers.extend(self.others);
        let then = self.remembered.map(Arc::new);
        Plan {
            filtered: self.filtered,
            remembered: then.map_or_else(Vec::new, |then| replaced(&servers, &shop, &then)),
            servers,
            sites: self.sites,
        }
    }
}

/// The servers with another state of one of their zones.
fn replaced(servers: &[NameServer], now: &Arc<ZoneData>, then: &Arc<ZoneData>) -> Vec<NameServer> {
    let mut servers = servers.to_vec();
    for zone in servers.iter_mut().flat_map(|server| &mut server.zones) {
        if Arc::ptr_eq(zone, now) {
            *zone = Arc::clone(then);
        }
    }
    servers
}

/// What a TLS server shows: a leaf, and the certificates after it.
pub(super) fn identity(
    leaf: &Leaf,
    after: &[CertificateDer<'static>],
) -> Result<Identity, BuildError> {
    let chain = [std::slice::from_ref(&leaf.certificate), after].concat();
    Ok(Identity::new(chain, &leaf.key)?)
}

/// Addresses of the world.
///
/// # Panics
/// When one is misspelt.
pub(super) fn parsed(addresses: &[&str]) -> Vec<IpAddr> {
    let parsed = addresses.iter().map(|text| match text.parse() {
        Ok(address) => address,
        Err(_) => unreachable!("`{text}` is no address of the world"),
    });
    parsed.collect()
}

/// What port 80 says: the redirect of nginx's documentation.
pub(super) fn redirects() -> Pages {
    vec![Page::redirect(301, "https://$host$request_uri")]
}

/// What port 443 says: `www` leads to the site.
pub(super) fn pages() -> Pages {
    let to_site = Page::redirect(301, "https://shop.example$request_uri");
    vec![
        to_site
            .of_host("www.shop.example")
            .with("strict-transport-security", HSTS),
        page(),
    ]
}

/// The site's page.
pub(super) fn page() -> Page {
    Page::new(200)
        .with("content-type", "text/html; charset=utf-8")
        .with("strict-transport-security", HSTS)
        .saying("<!doctype html><title>The shop</title><p>Come in, we are open.\n")
}

/// Where the issuing authority's certificate lies.
fn authority(pki: &Pki) -> Site {
    let path = ISSUER_URL.splitn(4, '/').last().unwrap_or_default();
    let page = Page::new(200)
        .at(&format!("/{path}"))
        .with("content-type", "application/pkix-cert")
        .saying(pki.issuing.certificate().to_vec());
    Site {
        name: "certs.ca.example".to_owned(),
        addresses: parsed(&["203.0.113.80", "2001:db8:f::80"]),
        http: Speaks::Http(vec![page]),
        https: Speaks::Closed,
    }
}

fn root() -> ZoneData {
    let names: Vec<&str> = ROOT_SERVERS.iter().map(|(name, ..)| *name).collect();
    let own = ROOT_SERVERS
        .iter()
        .flat_map(|(name, v4, v6)| [(name, v4), (name, v6)]);
    let zone = own.fold(ZoneData::new(".", &names), |zone, (name, address)| {
        zone.address(name, address)
    });
    TLD.iter().fold(zone, |zone, (name, addresses)| {
        zone.delegate("example.", name, addresses)
    })
}

/// The zone `example` without the delegation of the site's.
pub(super) fn tld() -> ZoneData {
    let zone = ZoneData::new("example.", &TLD.map(|(name, _)| name));
    let zone = TLD.iter().fold(zone, |zone, (name, addresses)| {
        addresses
            .iter()
            .fold(zone, |zone, address| zone.address(name, address))
    });
    zone.address("certs.ca.example.", "203.0.113.80")
        .address("certs.ca.example.", "2001:db8:f::80")
}

/// With the delegation of the site's zone, and its glue.
pub(super) fn delegated(tld: ZoneData) -> ZoneData {
    SERVERS.iter().fold(tld, |zone, (name, addresses)| {
        zone.delegate("shop.example.", name, addresses)
    })
}

/// The site's zone without the site.
pub(super) fn shop() -> ZoneData {
    let zone = ZoneData::new("shop.example.", &SERVERS.map(|(name, _)| name));
    SERVERS.iter().fold(zone, |zone, (name, addresses)| {
        addresses
            .iter()
            .fold(zone, |zone, address| zone.address(name, address))
    })
}

/// With the addresses of the site, at the apex and `www`.
pub(super) fn with_site(zone: ZoneData) -> ZoneData {
    at(zone, &["shop.example.", "www.shop.example."], &ADDRESSES)
}

/// With these addresses at these names.
pub(super) fn at(zone: ZoneData, names: &[&str], addresses: &[&str]) -> ZoneData {
    names.iter().fold(zone, |zone, name| {
        addresses
            .iter()
            .fold(zone, |zone, address| zone.address(name, address))
    })
}
