//! Who runs a zone's name servers, told by their names, and where its customers mend what is wrong.
//!
//! The names are those that each host's documentation gives its customers (collected 2026-11). The list is a selection: a host that
//! is not in it is not told.

use super::name::DnsName;

/// A company that serves zones for others.
#[derive(Debug, PartialEq, Eq)]
pub struct DnsHost {
    /// What it is called.
    pub name: &'static str,
    /// Where the zone and its name servers stand on its site; empty for parking, where there is no zone to mend.
    pub console: &'static str,
    /// The names of its servers; a star stands for any characters of one label.
    servers: &'static [&'static str],
}

impl DnsHost {
    /// The host whose servers all of these are; none when they are of several, or of nobody that is known.
    #[must_use]
    pub fn of(servers: &[DnsName]) -> Option<&'static Self> {
        let servers: Vec<String> = servers.iter().map(DnsName::without_dot).collect();
        let first = servers.first()?;
        let host = HOSTS.iter().find(|host| host.has(first))?;
        let all = servers.iter().all(|server| host.has(server));
        all.then_some(host)
    }

    /// Whether it only shows advertisements, or nothing, for names that nobody uses.
    #[must_use]
    pub fn is_parking(&self) -> bool {
        self.console.is_empty()
    }

    fn has(&self, server: &str) -> bool {
        self.servers.iter().any(|pattern| fits(server, pattern))
    }
}

/// Label by label: `*` for any label, `ns*` for one that begins so. From the end, where most differ.
fn fits(name: &str, pattern: &str) -> bool {
    let labels = |text: &str| text.split('.').count();
    let mut pairs = name.rsplit('.').zip(pattern.rsplit('.'));
    let is_like = |(label, pattern): (&str, &str)| match pattern.split_once('*') {
        None => label == pattern,
        Some((begin, end)) => label
            .strip_prefix(begin)
            .is_some_and(|rest| rest.ends_with(end)),
    };
    pairs.all(is_like) && labels(name) == labels(pattern)
}

const fn host(
    name: &'static str,
    console: &'static str,
    servers: &'static [&'static str],
) -> DnsHost {
    DnsHost {
        name,
        console,
        servers,
    }
}

const fn parking(name: &'static str, servers: &'static [&'static str]) -> DnsHost {
    host(name, "", servers)
}

#[rustfmt::skip]
static HOSTS: &[DnsHost] = &[
    host("Amazon Route 53", "Route 53 > Hosted zones > the zone > its NS record",
        &["ns-*.awsdns-*.com", "ns-*.awsdns-*.net", "ns-*.awsdns-*.org", "ns-*.awsdns-*.co.uk"]),
    host("Cloudflare", "dash.cloudflare.com > the domain > DNS > Records > Cloudflare Nameservers", &["*.ns.cloudflare.com"]),
    host("Google Cloud DNS (or Squarespace, of Google Domains)", "account.squarespace.com > Domains, or Cloud console > Network services > Cloud DNS > the zone > Registrar setup",
        &["ns-cloud-*.googledomains.com"]),
    host("Squarespace", "account.squarespace.com > Domains > the domain > DNS > Domain Nameservers", &["connect*.squarespacedns.com"]),
    host("Azure DNS", "Azure portal > DNS zones > the zone > Overview > Name server 1 to 4",
        &["ns*.azure-dns.com", "ns*.azure-dns.net", "ns*.azure-dns.org", "ns*.azure-dns.info"]),
    host("Gandi", "admin.gandi.net > Domain > the domain > Nameservers",
        &["ns-*.gandi.net", "a.dns.gandi.net", "b.dns.gandi.net", "c.dns.gandi.net"]),
    host("OVHcloud", "OVHcloud control panel > Web Cloud > Domain names > the domain > DNS servers",
        &["dns*.ovh.net", "ns*.ovh.net", "dns*.ovh.ca", "ns*.ovh.ca", "dns*.anycast.me", "ns*.anycast.me"]),
    host("GoDaddy", "GoDaddy > My Products > the domain > DNS > Nameservers", &["ns*.domaincontrol.com", "pdns*.domaincontrol.com"]),
    host("Namecheap", "Namecheap > Domain List > Manage > Domain > Nameservers",
        &["dns*.registrar-servers.com", "pdns*.registrar-servers.com", "dns*.namecheaphosting.com"]),
    host("Hetzner DNS", "console.hetzner.com > DNS > the zone > Nameservers",
        &["hydrogen.ns.hetzner.com", "oxygen.ns.hetzner.com", "helium.ns.hetzner.de", "ns*.first-ns.de", "robotns*.second-ns.de",
          "robotns*.second-ns.com"]),
    host("DigitalOcean", "DigitalOcean > Networking > Domains > the domain", &["ns*.digitalocean.com"]),
    host("IONOS", "my.ionos.com > Domains & SSL > the domain > Name server",
        &["ns*.ui-dns.com", "ns*.ui-dns.org", "ns*.ui-dns.de", "ns*.ui-dns.biz"]),
    host("Vercel", "Vercel > the team > Domains > the domain > Nameservers", &["ns*.vercel-dns.com", "*.vercel-dns-*.com"]),
    host("Netlify DNS (NS1)", "Netlify > Domain management, or NS1 Connect > Zones > the zone", &["dns*.p*.nsone.net"]),
    host("Akamai Edge DNS", "Akamai Control Center > DNS solutions > Edge DNS > the zone",
        &["a*.akam.net", "use*.akam.net", "usw*.akam.net", "eur*.akam.net", "asia*.akam.net"]),
    host("Linode (Akamai)", "Cloud Manager > Domains > the domain", &["ns*.linode.com"]),
    host("DNSimple", "DNSimple > the domain > DNS > Name servers",
        &["ns*.dnsimple.com", "ns*.dnsimple-edge.net", "ns*.dnsimple-edge.org", "ns*.dnsimple-edge.io", "ns*.dnsimple-edge.com"]),
    host("deSEC", "desec.io > Domain Management > the domain > Setup instructions", &["ns1.desec.io", "ns2.desec.org"]),
    host("Hurricane Electric", "dns.he.net > Active domains > the domain", &["ns*.he.net"]),
    host("Infomaniak", "manager.infomaniak.com > Domains > the domain > DNS > DNS servers", &["ns*.infomaniak.ch", "ns*.infomaniak.com"]),
    host("STRATO", "STRATO customer login > Domains > Domain management > DNS settings", &["docks*.rzone.de", "shades*.rzone.de"]),
    host("name.com", "name.com > My Domains > the domain > Nameservers", &["ns*.name.com", "ns*cnz.name.com"]),
    host("Porkbun", "porkbun.com > Domain Management > Details > Authoritative Nameservers",
        &["curitiba.ns.porkbun.com", "fortaleza.ns.porkbun.com", "maceio.ns.porkbun.com", "salvador.ns.porkbun.com",
          "curitiba.porkbun.com", "fortaleza.porkbun.com", "maceio.porkbun.com", "salvador.porkbun.com"]),
    host("Hover", "hover.com > the domain > Overview > Nameservers", &["ns*.hover.com"]),
    host("Wix", "Wix > Domains > the domain > Domain actions > Manage DNS records", &["ns*.wixdns.net"]),
    host("WordPress.com", "WordPress.com > Upgrades > Domains > the domain > Name servers", &["ns*.wordpress.com"]),
    host("Oracle Cloud (Dyn)", "OCI console > Networking > DNS management > Zones > the zone",
        &["ns*.p*.dynect.net", "ns*.p*.dns.oraclecloud.net"]),
    host("UltraDNS", "UltraDNS portal > Zones > the zone",
        &["pdns*.ultradns.com", "pdns*.ultradns.net", "pdns*.ultradns.org", "pdns*.ultradns.info", "pdns*.ultradns.biz",
          "pdns*.ultradns.co.uk", "udns*.ultradns.net"]),
    host("ClouDNS", "cloudns.net > DNS Hosting > the zone", &["ns*.cloudns.net", "pns*.cloudns.net", "pns*.cloudns.com"]),
    host("DNS Made Easy", "dnsmadeeasy.com > DNS > Managed DNS > the domain", &["ns*.dnsmadeeasy.com"]),
    host("Bunny DNS", "dash.bunny.net > DNS > the zone", &["kiki.bunny.net", "coco.bunny.net"]),
    host("Vultr", "Vultr > Products > Network > DNS > the domain", &["ns*.vultr.com"]),
    host("Scaleway", "Scaleway console > Domains and DNS > the domain", &["ns*.dom.scw.cloud"]),
    host("Alibaba Cloud DNS", "Alibaba Cloud console > DNS > the domain > DNS servers", &["dns*.hichina.com", "ns*.alidns.com", "vip*.alidns.com"]),
    host("Tencent DNSPod", "console.dnspod.com > the domain", &["*.dnspod.net", "*.dnspod.com"]),
    host("INWX", "inwx.com > Nameserver > the domain", &["ns.inwx.de", "ns*.inwx.de", "ns*.inwx.eu", "ns*.inwx.com", "ns*.inwx.net"]),
    host("netcup", "netcup customer control panel > Domains > the domain > Nameserver",
        &["root-dns.netcup.net", "second-dns.netcup.net", "third-dns.netcup.net"]),
    host("All-Inkl", "KAS > Tools > DNS settings", &["ns*.kasserver.com"]),
    host("one.com", "one.com control panel > DNS settings", &["ns*.one.com"]),
    host("TransIP", "TransIP > Domain & Hosting > the domain > Name servers",
        &["ns0.transip.net", "ns1.transip.nl", "ns2.transip.eu"]),
    host("Loopia", "Loopia customer zone > the domain > Name servers", &["ns*.loopia.se"]),
    host("Bluehost", "Bluehost > Domains > the domain > Name servers", &["ns*.bluehost.com"]),
    host("HostGator", "HostGator portal > Domains > the domain > Name servers", &["ns*.hostgator.com"]),
    host("DreamHost", "DreamHost panel > Websites > Manage > DNS", &["ns*.dreamhost.com"]),
    host("SiteGround", "SiteGround client area > Domains > the domain > DNS", &["ns*.siteground.net"]),
    host("Hostinger", "hPanel > Domains > the domain > DNS / Nameservers", &["ns*.dns-parking.com"]),
    host("Network Solutions", "networksolutions.com > My Domains > the domain > Nameservers", &["ns*.worldnic.com"]),
    parking("Sedo parking", &["ns*.sedoparking.com"]),
    parking("ParkingCrew", &["ns*.parkingcrew.net"]),
    parking("Bodis", &["ns*.bodis.com"]),
    parking("Above.com parking", &["ns*.above.com"]),
    parking("Afternic parking", &["ns*.afternic.com"]),
    parking("Dan.com parking", &["ns*.dan.com", "ns*.undeveloped.com"]),
    parking("HugeDomains", &["ns*.hugedomains.com"]),
    parking("parklogic", &["ns*.parklogic.com"]),
    parking("the registrar's servers for suspended names",
        &["ns*.suspended-domain.com", "ns*.verification-hold.suspended-domain.com", "failed-whois-verification.namecheap.com",
          "verify-contact-details.namecheap.com", "ns*.pendingrenewaldeletion.com"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(servers: &[&str]) -> Option<&'static str> {
        let names: Vec<DnsName> = servers.iter().map(|name| name.parse().unwrap()).collect();
        DnsHost::of(&names).map(|host| host.name)
    }

    #[test]
    fn a_host_is_told_by_the_names_of_all_its_servers() {
        let aws = ["ns-2048.awsdns-64.com.", "NS-2051.awsdns-67.co.uk."];
        assert_eq!(of(&aws), Some("Amazon Route 53"));
        assert_eq!(of(&["ada.ns.cloudflare.com."]), Some("Cloudflare"));
        assert_eq!(
            of(&["ns-cloud-d1.googledomains.com."]),
            Some("Google Cloud DNS (or Squarespace, of Google Domains)")
        );
        assert_eq!(
            of(&["ns1-04.azure-dns.com.", "ns3-04.azure-dns.org."]),
            Some("Azure DNS")
        );
        assert_eq!(of(&["dns1.p05.nsone.net."]), Some("Netlify DNS (NS1)"));
    }

    #[test]
    fn servers_of_two_hosts_or_of_a_lookalike_are_nobody_s() {
        assert_eq!(of(&["ada.ns.cloudflare.com.", "ns-1.awsdns-01.com."]), None);
        assert_eq!(of(&["ada.ns.cloudflare.com.evil.example."]), None);
        assert_eq!(of(&["ns-1.awsdns-01.example."]), None);
        assert_eq!(of(&["awsdns-01.com."]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn parking_has_no_zone_to_mend() {
        let sedo = DnsHost::of(&["ns1.sedoparking.com.".parse().unwrap()]);
        assert!(sedo.is_some_and(DnsHost::is_parking));
        let gandi = DnsHost::of(&["ns-12-a.gandi.net.".parse().unwrap()]);
        assert!(gandi.is_some_and(|host| !host.is_parking()));
    }
}
