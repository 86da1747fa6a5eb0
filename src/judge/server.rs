//! Who answered, and which lines of its configuration mend what is wrong: one room for each server that is known.

mod alb;
mod apache;
mod caddy;
mod cloudflare;
mod cloudfront;
mod haproxy;
mod iis;
mod nginx;
mod recognition;
mod sts;

use std::net::IpAddr;

use crate::facts::http::{Hop, Http};
use recognition::{Known, Software};
pub(super) use sts::Sts;

/// What is to be written into a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    /// Port 80 leads to https of the same URL, for good.
    Redirect,
    /// Only what came in clear to the proxy in front is redirected.
    RedirectBehindProxy,
    /// The target of a redirect is mended where it is written.
    Target,
    /// This HSTS policy goes with every answer over https.
    Policy(&'a Sts),
    /// This HSTS policy is set here alone.
    OnlyPolicy(&'a Sts),
    /// The challenges of certificate authorities are answered in clear.
    Challenge,
    /// Cookies are for https alone.
    Cookie,
    /// HTTP/2 is offered.
    Http2,
    /// HTTP/3 is offered.
    Http3,
    /// HTTP/3 is announced in the answers.
    AltSvc,
    /// The application knows that visitors come by https.
    Scheme,
    /// The application knows the host that visitors ask for.
    Host,
    /// These ports are listened on, over this family.
    Listen(Family, &'a [u16]),
    /// Port 80 is listened on, and leads to https of this host.
    Port80(&'a str),
    /// These names, of one site, are known.
    Names(&'a [&'a str]),
    /// The configuration in force is shown, to be compared.
    Shown,
    /// The reason of a failure is read.
    Log,
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    /// The family of an address; IPv4 where there is none.
    pub(super) fn of(address: Option<IpAddr>) -> Self {
        match address {
            Some(IpAddr::V6(_)) => Self::V6,
            _ => Self::V4,
        }
    }
}

impl Wish<'_> {
    /// Whether it is the proxy in front that is to do it: who answered may be the application behind.
    fn is_for_the_front(self) -> bool {
        matches!(self, Self::Scheme | Self::Host)
    }
}

/// What to write, for the server that answered; for the commonest ones when nothing tells who it is. Lines to write stand in
/// backquotes first, then where they belong.
pub(super) fn advice(http: &Http, hop: &Hop, wish: Wish<'_>) -> String {
    let answered = recognition::known(hop);
    let neighbours = || {
        let all = http.routes.iter().flat_map(|route| &route.hops);
        all.filter(|other| hop.address.is_some() && other.address == hop.address)
    };
    let fronts = || neighbours().filter_map(|other| Some((other, recognition::known(other)?)));
    if wish.is_for_the_front() {
        let own = answered.as_ref().map(|known| known.software);
        let is_front = |known: &Known<'_>| {
            known.software.is_in_front() || own.is_some_and(|own| own != known.software)
        };
        if let Some((other, known)) = fronts().find(|(_, known)| is_front(known)) {
            return format!(
                "{} at {}: {}",
                known.in_words(),
                other.label(),
                known.software.lines(wish, &known)
            );
        }
    }
    if let Some(known) = answered {
        return format!(
            "{}: {}",
            known.in_words(),
            known.software.lines(wish, &known)
        );
    }
    if let Some((other, known)) = fronts().next() {
        return format!(
            "{} at {}: {}",
            known.in_words(),
            other.label(),
            known.software.lines(wish, &known)
        );
    }
    commonest(wish)
}

/// The lines for the servers that are met most.
fn commonest(wish: Wish<'_>) -> String {
    let common = [Software::Nginx, Software::Apache, Software::Haproxy];
    let lines = common.map(|software| {
        let known = Known::unseen(software);
        format!("{}: {}", software.name(), software.lines(wish, &known))
    });
    lines.join("; ")
}

/// Lines of a configuration, each in backquotes, and where they belong.
fn write<S: AsRef<str>>(lines: &[S], place: &str) -> String {
    let quoted: Vec<String> = lines
        .iter()
        .map(|line| format!("`{}`", line.as_ref()))
        .collect();
    match quoted.split_last() {
        Some((last, [])) => format!("{last} {place}"),
        Some((last, rest)) => format!("{} and {last} {place}", rest.join(", ")),
        None => place.to_owned(),
    }
}

#[cfg(test)]
mod tests;
