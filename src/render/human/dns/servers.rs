//! The servers of a zone side by side: three lines where all agree, else a table in which what is odd is marked.

use std::fmt::Write;

use colored::Colorize;

use super::super::super::style::{Style, harmless};
use super::super::super::words::count;
use super::super::wrapped;
use crate::facts::dns::{ResponseClass, Step, Zone, ZoneServer};
use crate::facts::dnssec::SecurityStatus;
use crate::facts::name::{DnsName, RrType};
use crate::finding::Severity;

/// Rows of a table; of more those that are alike are counted.
const ROWS: usize = 16;

/// What is said of one server; odd is what sets it apart, or keeps visitors out.
struct Cell {
    text: String,
    odd: bool,
}

struct Row {
    name: String,
    address: String,
    /// UDP, TCP, serial, answer, signed.
    cells: [Cell; 5],
    time: Option<f64>,
}

/// What was not measured.
const UNKNOWN: &str = "?";

const HEADS: [&str; 5] = ["UDP", "TCP", "serial", "answer", "signed"];

/// The servers of a zone that was surveyed; nothing of others.
pub(super) fn servers(zone: &Zone, steps: &[&Step], style: Style) -> String {
    if !zone.is_surveyed() {
        return String::new();
    }
    let mut rows: Vec<Row> = zone
        .servers
        .iter()
        .map(|server| row(zone, server, steps))
        .collect();
    // The facts have the first address of each server before the second of any.
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = if rows.iter().any(Row::is_odd) {
        table(zone, &rows, style)
    } else {
        folded(zone, &rows, style)
    };
    rows + &not_found(zone, style)
}

/// Servers that could not be asked because the look-up of their address led to nothing, not even to a denial.
fn not_found(zone: &Zone, style: Style) -> String {
    let denied = |name: &DnsName| zone.ns_denials.iter().any(|denial| denial.name == *name);
    let names = zone.unresolved_ns.iter();
    // Inside the zone it is the parent that does not tell.
    let names = names.filter(|name| !denied(name) && !name.is_at_or_below(&zone.name));
    let names: Vec<String> = names.map(|name| harmless(&name.without_dot())).collect();
    if names.is_empty() {
        return String::new();
    }
    let text = format!(
        "{} address not found out: {}",
        style.unknown(),
        names.join(", ")
    );
    wrapped(&text, "    ", "      ", style)
}

impl Row {
    fn is_odd(&self) -> bool {
        self.cells.iter().any(|cell| cell.odd)
    }

    fn is_asked(&self) -> bool {
        self.cells.iter().any(|cell| cell.text != UNKNOWN)
    }
}

fn row(zone: &Zone, server: &ZoneServer, steps: &[&Step]) -> Row {
    let serial = zone.serial(server);
    let serial = Cell {
        text: serial.map_or_else(|| UNKNOWN.to_owned(), |serial| serial.to_string()),
        odd: serial.is_some() && serial != zone.newest_serial(),
    };
    Row {
        name: harmless(&server.name.without_dot()),
        address: server.address.to_string(),
        cells: [
            reached(server.reachable_udp),
            reached(server.reachable_tcp),
            serial,
            answer(server),
            signed(zone, server, steps),
        ],
        time: server.rtt_ms.map(|rtt| rtt.0),
    }
}

fn reached(reached: Option<bool>) -> Cell {
    let text = match reached {
        Some(true) => "yes",
        Some(false) => "no",
        None => UNKNOWN,
    };
    Cell {
        text: text.to_owned(),
        odd: reached == Some(false),
    }
}

fn answer(server: &ZoneServer) -> Cell {
    let (text, odd) = match (server.answers_differ, server.response) {
        (_, Some(ResponseClass::Refused)) => ("refused", true),
        (_, Some(class)) if !class.is_response() => ("none", true),
        (_, Some(class)) if !class.is_usable() => ("lame", true),
        (Some(true), _) => ("other", true),
        (Some(false), _) => ("same", false),
        (None, _) => (UNKNOWN, false),
    };
    let text = text.to_owned();
    Cell { text, odd }
}

/// Whether what it says is proven, as far as the zone is signed.
fn signed(zone: &Zone, server: &ZoneServer, steps: &[&Step]) -> Cell {
    let decisive = [
        RrType::SOA,
        RrType::NS,
        RrType::DNSKEY,
        RrType::A,
        RrType::AAAA,
    ];
    let own = steps.iter().filter(|step| {
        step.server.address == server.address
            && step.zone == zone.name
            && decisive.contains(&step.question.r#type)
    });
    let statuses: Vec<SecurityStatus> = own
        .filter_map(|step| Some(step.dnssec.as_ref()?.status))
        .collect();
    let has = |status| statuses.contains(&status);
    let (text, odd) = if has(SecurityStatus::Bogus) {
        ("broken", true)
    } else if has(SecurityStatus::Secure) {
        ("yes", false)
    } else if has(SecurityStatus::Insecure) {
        ("no", false)
    } else {
        (UNKNOWN, false)
    };
    let text = text.to_owned();
    Cell { text, odd }
}

fn heading(zone: &Zone, rows: &[Row]) -> String {
    let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let addresses = match rows.len() {
        1 => "1 address".to_owned(),
        many => format!("{many} addresses"),
    };
    let name = harmless(&zone.name.to_string());
    format!(
        "  {} of {name} at {addresses}\n",
        count(names.len(), "name server")
    )
}

fn folded(zone: &Zone, rows: &[Row], style: Style) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    let said = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(at));
        let mut known = cells
            .map(|cell| cell.text.as_str())
            .filter(|text| *text != UNKNOWN);
        known.next()
    };
    let over = match (said(0), said(1)) {
        (Some(_), Some(_)) => "over UDP and TCP",
        (Some(_), None) => "over UDP",
        _ => "over TCP",
    };
    let mut parts = vec![over.to_owned()];
    let asked = rows.iter().filter(|row| row.is_asked()).count();
    if asked < rows.len() {
        parts.push(format!("{asked} of {} asked", rows.len()));
    }
    parts.extend(said(2).map(|serial| format!("serial {serial}")));
    parts.extend(said(3).map(|_| "same answers".to_owned()));
    parts.extend(said(4).map(|signed| {
        let word = if signed == "yes" {
            "signed"
        } else {
            "not signed"
        };
        word.to_owned()
    }));
    let times = || rows.iter().filter_map(|row| row.time);
    let (quickest, slowest) = (
        times().fold(f64::MAX, f64::min),
        times().fold(0.0, f64::max),
    );
    if slowest > 0.0 {
        parts.push(format!("{quickest:.1}-{slowest:.1} ms"));
    }
    let parts = parts.join(&format!(" {} ", style.dot()));
    heading(zone, rows) + &listed(&names, style) + &format!("    {} {parts}\n", style.good())
}

/// The names in one line; those that it cannot hold are counted.
fn listed(names: &[&str], style: Style) -> String {
    for shown in (0..=names.len()).rev() {
        let left = names.len() - shown;
        let more = (left > 0).then(|| format!("and {left} more"));
        let all: Vec<&str> = names
            .iter()
            .take(shown)
            .copied()
            .chain(more.as_deref())
            .collect();
        let line = format!("    {}\n", all.join(", "));
        if line.chars().count() <= style.width.max(1) || shown <= 1 {
            return line;
        }
    }
    String::new()
}

/// Columns as wide as what stands in them.
struct Widths {
    name: usize,
    address: usize,
    cells: [usize; 5],
}

impl Widths {
    fn of(rows: &[Row]) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let cells = std::array::from_fn(|at| {
            let head = HEADS.get(at).map_or(0, |head| head.len());
            let own = rows.iter().filter_map(|row| row.cells.get(at));
            // The mark of what is odd stands behind it.
            let own = own.map(|cell| cell.text.len() + usize::from(cell.odd));
            widest(&mut own.chain([head]))
        });
        Self {
            name: widest(&mut rows.iter().map(|row| row.name.chars().count())),
            address: widest(&mut rows.iter().map(|row| row.address.len())),
            cells,
        }
    }

    /// Columns of a line with all in it, a time of nine included.
    fn line(&self) -> usize {
        4 + self.name
            + 1
            + self.address
            + self.cells.iter().map(|cell| cell + 1).sum::<usize>()
            + 10
    }
}

fn table(zone: &Zone, rows: &[Row], style: Style) -> String {
    let widths = Widths::of(rows);
    let apart = widths.line() > style.width;
    let mut out = heading(zone, rows);
    out += "    ";
    if !apart {
        let _ = write!(out, "{:width$} ", "name", width = widths.name);
    }
    let _ = write!(out, "{:width$}", "address", width = widths.address);
    for (head, width) in HEADS.iter().zip(widths.cells) {
        let _ = write!(out, " {head:width$}");
    }
    out += " time\n";
    let (mut left_out, mut last) = (0, "");
    let too_many = rows.len() > ROWS;
    for row in rows {
        if too_many && !row.is_odd() {
            left_out += 1;
            continue;
        }
        if apart && row.name != last {
            let _ = writeln!(out, "    {}", row.name);
            last = &row.name;
        }
        out += &line(row, &widths, apart, style);
    }
    if left_out > 0 {
        out += &wrapped(&format!("{left_out} more, alike"), "    ", "    ", style);
    }
    out
}

fn line(row: &Row, widths: &Widths, apart: bool, style: Style) -> String {
    let mark = if row.is_odd() {
        style.mark(Severity::Warning)
    } else {
        " ".to_owned()
    };
    let mut out = format!("  {mark} ");
    if !apart {
        let _ = write!(out, "{:width$} ", row.name, width = widths.name);
    }
    let _ = write!(out, "{:width$}", row.address, width = widths.address);
    for (cell, width) in row.cells.iter().zip(widths.cells) {
        let text = if cell.odd {
            format!("{}!", cell.text)
        } else {
            cell.text.clone()
        };
        let padded = format!("{text:width$}");
        let shown = if cell.odd {
            style.paint(&padded, Colorize::red)
        } else {
            padded
        };
        let _ = write!(out, " {shown}");
    }
    match row.time {
        Some(time) => {
            let _ = writeln!(out, " {time:.1} ms");
        }
        None => {
            let _ = writeln!(out, " -");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::dns::{Record, ServerResponse, Transport};

    const PLAIN: Style = Style {
        color: false,
        unicode: false,
        width: 80,
        verbose: false,
        quiet: false,
    };

    fn server(name: &str, address: &str, serial: u32) -> ZoneServer {
        let zone = "shop.example.".parse().unwrap();
        let soa = ServerResponse {
            name: zone,
            r#type: RrType::SOA,
            transport: Transport::Udp,
            recursion_desired: false,
            response: ResponseClass::Answer,
            rcode: None,
            authoritative: Some(true),
            recursion: Some(false),
            truncated: Some(false),
            answers: vec![Record {
                name: "shop.example.".parse().unwrap(),
                r#type: RrType::SOA,
                ttl: 60,
                data: format!("ns1.shop.example. hostmaster.example. {serial} 1 1 1 1"),
            }],
            soa: None,
            rtt_ms: None,
            failure: None,
        };
        ZoneServer {
            name: name.parse().unwrap(),
            address: address.parse().unwrap(),
            reachable_udp: Some(true),
            reachable_tcp: Some(true),
            authoritative: Some(true),
            soa_serial: Some(serial),
            rtt_ms: Some(crate::facts::attempt::Millis(12.34)),
            answers_differ: Some(false),
            responses: Some(vec![soa]),
            response: Some(ResponseClass::Answer),
            failure: None,
        }
    }

    fn zone(servers: Vec<ZoneServer>) -> Zone {
        Zone {
            host: None,
            name: "shop.example.".parse().unwrap(),
            parent_ns: Vec::new(),
            child_ns: None,
            glue: Vec::new(),
            unresolved_ns: Vec::new(),
            ns_denials: Vec::new(),
            alias_ns: Vec::new(),
            own_addresses: None,
            cds: None,
            servers,
            referred_by: None,
            referrals: Vec::new(),
            dnssec: None,
        }
    }

    fn eight() -> Vec<ZoneServer> {
        let numbers = 1..=4;
        let both = numbers.flat_map(|number| {
            [format!("192.0.2.{number}"), format!("2001:db8::{number}")].map(|address| {
                server(
                    &format!("ns{number}.shop.example."),
                    &address,
                    2_026_112_301,
                )
            })
        });
        both.collect()
    }

    #[test]
    fn eight_addresses_that_agree_are_three_lines() {
        let text = servers(&zone(eight()), &[], PLAIN);
        assert_eq!(
            text,
            "  4 name servers of shop.example. at 8 addresses\n    \
             ns1.shop.example, ns2.shop.example, ns3.shop.example, ns4.shop.example\n    \
             ok over UDP and TCP - serial 2026112301 - same answers - 12.3-12.3 ms\n"
        );
    }

    #[test]
    fn those_that_were_not_asked_are_no_part_of_the_agreement() {
        let mut eight = eight();
        for server in eight.iter_mut().filter(|server| server.address.is_ipv6()) {
            *server = ZoneServer {
                reachable_udp: None,
                reachable_tcp: None,
                answers_differ: None,
                responses: Some(Vec::new()),
                response: None,
                rtt_ms: None,
                ..server.clone()
            };
        }
        let text = servers(&zone(eight), &[], PLAIN);
        assert!(
            text.contains("ok over UDP and TCP - 4 of 8 asked - serial"),
            "{text}"
        );
    }

    #[test]
    fn a_server_whose_address_was_not_found_out_is_named() {
        let mut zone = zone(eight());
        assert_eq!(servers(&zone, &[], PLAIN).lines().count(), 3);
        zone.unresolved_ns = vec!["ns9.dead.example.".parse().unwrap()];
        let text = servers(&zone, &[], PLAIN);
        assert!(
            text.ends_with("    ? address not found out: ns9.dead.example\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_odd_is_marked_in_a_table_of_eighty_columns() {
        let mut eight = eight();
        eight[1].reachable_tcp = Some(false);
        let behind = server("ns2.shop.example.", "192.0.2.2", 2_026_111_601);
        eight[2] = ZoneServer {
            answers_differ: Some(true),
            ..behind
        };
        let text = servers(&zone(eight), &[], PLAIN);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.lines().count(), 10, "{text}");
        let odd: Vec<&str> = text.lines().filter(|line| line.contains('!')).collect();
        assert_eq!(
            odd,
            [
                "  ! ns1.shop.example 2001:db8::1 yes no! 2026112301  same   ?      12.3 ms",
                "  ! ns2.shop.example 192.0.2.2   yes yes 2026111601! other! ?      12.3 ms"
            ]
        );
    }

    #[test]
    fn names_that_do_not_fit_beside_their_addresses_stand_above_them() {
        let name = "ns-1350.a-rather-long-name.awsdns-40.org.";
        let mut dead = server(name, "2600:9000:5306:7400:1111:2222:3333:1", 7);
        dead.reachable_udp = Some(false);
        let text = servers(&zone(vec![dead]), &[], PLAIN);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_zone_that_was_not_surveyed_has_no_table() {
        let mut one = server("ns1.shop.example.", "192.0.2.1", 1);
        one.responses = None;
        assert!(servers(&zone(vec![one]), &[], PLAIN).is_empty());
    }
}
