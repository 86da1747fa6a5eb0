//! Where a trace begins: the root servers.

use std::net::IpAddr;

use crate::facts::name::DnsName;
use crate::net::roots::ROOT_SERVERS;

/// The names and addresses of the root servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootHints(pub Vec<(DnsName, IpAddr)>);

/// What is wrong with a hints file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HintsError {
    /// A line that is neither NS, A nor AAAA in zone-file form.
    #[error("line {line}: `{text}` is no NS, A or AAAA record of the `named.root` format")]
    Line {
        /// Counted from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// No server with an address.
    #[error("no root server with an address in it")]
    Empty,
}

impl RootHints {
    /// All thirteen, in both families.
    #[must_use]
    pub fn built_in() -> Self {
        let hints = ROOT_SERVERS
            .iter()
            .flat_map(|(name, v4, v6)| [(name, v4), (name, v6)]);
        Self(
            hints
                .filter_map(|(name, address)| Some((name.parse().ok()?, address.parse().ok()?)))
                .collect(),
        )
    }

    /// Reads the `named.root` format: zone-file lines of the owner `.` with NS, and of its targets with A and AAAA.
    ///
    /// # Errors
    /// The first line that does not fit, or that no server has an address.
    pub fn parse(text: &str) -> Result<Self, HintsError> {
        let mut hints = Vec::new();
        for (index, full) in text.lines().enumerate() {
            let line = full.split(';').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = || HintsError::Line {
                line: index + 1,
                text: line.to_owned(),
            };
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(owner), Some(data)) = (fields.first(), fields.last()) else {
                return Err(wrong());
            };
            let kind = fields
                .iter()
                .rev()
                .nth(1)
                .map(|kind| kind.to_ascii_uppercase());
            let name: DnsName = owner.parse().map_err(|_| wrong())?;
            match kind.as_deref() {
                Some("NS") if data.parse::<DnsName>().is_ok() => {}
                Some("A" | "AAAA") => hints.push((name, data.parse().map_err(|_| wrong())?)),
                _ => return Err(wrong()),
            }
        }
        if hints.is_empty() {
            Err(HintsError::Empty)
        } else {
            Ok(Self(hints))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_has_13_servers_in_both_families() {
        let hints = RootHints::built_in().0;
        assert_eq!(
            (
                hints.len(),
                hints
                    .iter()
                    .filter(|(_, address)| address.is_ipv6())
                    .count()
            ),
            (26, 13)
        );
    }

    #[test]
    fn named_root_is_read_with_its_comments() {
        let text = "; hints\n.  3600000  NS  A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4 ; formerly\n";
        let hints = RootHints::parse(text).unwrap();
        assert_eq!(
            hints.0,
            [(
                "a.root-servers.net.".parse().unwrap(),
                "198.41.0.4".parse().unwrap()
            )]
        );
    }

    #[test]
    fn a_wrong_line_is_named_and_a_file_without_addresses_is_refused() {
        let wrong = RootHints::parse(". 1 NS a.\na. 1 A 1.2.3\n");
        assert_eq!(
            wrong,
            Err(HintsError::Line {
                line: 2,
                text: "a. 1 A 1.2.3".to_owned()
            })
        );
        assert_eq!(RootHints::parse("; nothing\n"), Err(HintsError::Empty));
    }
}
