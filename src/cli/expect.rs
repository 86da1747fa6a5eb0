//! What `--expect` says: values of the types that are asked for, in the form in which answers are reported.

use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{Name, RData, Record as WireRecord};

use super::exit::UsageError;
use crate::facts::dns::Record;
use crate::facts::name::RrType;
use crate::observe::dns::TracePlan;

/// The types of the user's questions, and the data that each must have.
pub(super) type Expected = Vec<(RrType, Vec<String>)>;

/// Longest part of a text (RFC 1035 §3.3).
const TEXT_PART: usize = 255;

/// Reads the values for the types of `plan`. Where the user named no type, only those that values were given for are asked.
pub(super) fn expected(
    values: &[String],
    plan: &mut TracePlan,
    types_named: bool,
) -> Result<Option<Expected>, UsageError> {
    if values.is_empty() {
        return Ok(None);
    }
    let mut expected: Expected = plan.types.iter().map(|own| (*own, Vec::new())).collect();
    for value in values.iter().flat_map(|list| split(list)) {
        let found = expected
            .iter_mut()
            .find_map(|(rr_type, set)| Some((set, read(value, *rr_type)?)));
        let (set, data) = found.ok_or_else(|| no_value(value, &plan.types, types_named))?;
        set.push(data);
    }
    if !types_named {
        expected.retain(|(_, set)| !set.is_empty());
        plan.types = expected.iter().map(|(rr_type, _)| *rr_type).collect();
    }
    for (_, set) in &mut expected {
        set.sort_unstable();
        set.dedup();
    }
    Ok(Some(expected))
}

fn no_value(value: &str, types: &[RrType], types_named: bool) -> UsageError {
    let names: Vec<String> = types.iter().map(ToString::to_string).collect();
    let error = UsageError::new(format!(
        "`{}` is no value of type {}",
        value.escape_debug(),
        names.join(" or ")
    ));
    if types_named {
        error.hint(
            "write it as a zone file does: 192.0.2.1, 10 mail.example.com., '\"v=spf1 -all\"'",
        )
    } else {
        error.hint("name the type before it, as in dnstrace NAME TXT --expect '\"v=spf1 -all\"'")
    }
}

/// The values of a list: at commas, but not at those within quotes.
fn split(list: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = list.split(move |c| {
        let ends = c == ',' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// A value as answers are reported; `None` when it is none of the type.
fn read(value: &str, rr_type: RrType) -> Option<String> {
    let data = match rr_type {
        RrType::TXT if !value.starts_with('"') => text(value),
        _ => RData::try_from_str(rr_type.as_wire(), &absolute(value, rr_type)).ok()?,
    };
    let record = WireRecord::from_rdata(Name::root(), 0, data);
    Some(Record::from(&record).data)
}

fn text(value: &str) -> RData {
    let parts = value.as_bytes().chunks(TEXT_PART);
    RData::TXT(TXT::from_bytes(parts.collect()))
}

/// Names are absolute, whether or not they end in a dot.
fn absolute(value: &str, rr_type: RrType) -> String {
    const NAMES: [RrType; 5] = [
        RrType::CNAME,
        RrType::NS,
        RrType(12), // PTR
        RrType(15), // MX
        RrType(33), // SRV
    ];
    if NAMES.contains(&rr_type) && !value.ends_with('.') {
        format!("{value}.")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::name::DnsName;
    use crate::observe::dns::hints::RootHints;

    fn plan(types: &[&str]) -> TracePlan {
        TracePlan {
            name: DnsName::root(),
            types: types.iter().map(|own| own.parse().unwrap()).collect(),
            hints: RootHints::built_in(),
            minimise: true,
            tcp_only: false,
            signatures: true,
            buffer: 1232,
            probe_timeout: std::time::Duration::from_secs(1),
            thorough: false,
            shared: None,
        }
    }

    fn read_as(types: &[&str], named: bool, values: &[&str]) -> Result<Vec<String>, String> {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let mut plan = plan(types);
        let read = expected(&values, &mut plan, named).map_err(|error| error.to_string())?;
        let each = read.unwrap_or_default().into_iter();
        Ok(each
            .map(|(rr_type, set)| format!("{rr_type}: {}", set.join(" ")))
            .collect())
    }

    #[test]
    fn addresses_find_their_type_and_the_other_is_not_asked() {
        let read = |values: &[&str]| read_as(&["A", "AAAA"], false, values).unwrap();
        assert_eq!(read(&["192.0.2.2,192.0.2.1"]), ["A: 192.0.2.1 192.0.2.2"]);
        assert_eq!(
            read(&["192.0.2.1", "2001:DB8:0::1"]),
            ["A: 192.0.2.1", "AAAA: 2001:db8::1"]
        );
    }

    #[test]
    fn a_type_that_was_named_and_has_no_value_must_have_none() {
        let read = read_as(&["A", "AAAA"], true, &["192.0.2.1"]).unwrap();
        assert_eq!(read, ["A: 192.0.2.1", "AAAA: "]);
    }

    #[test]
    fn names_are_absolute_and_commas_within_quotes_are_text() {
        let read = |rr_type: &str, value: &str| read_as(&[rr_type], true, &[value]).unwrap();
        assert_eq!(
            read("MX", "10 mail.example.com"),
            ["MX: 10 mail.example.com."]
        );
        assert_eq!(
            read("NS", "b.example.,a.example"),
            ["NS: a.example. b.example."]
        );
        assert_eq!(read("TXT", "\"a, b\",c d"), ["TXT: \"a, b\" \"c d\""]);
    }

    #[test]
    fn nonsense_is_refused_with_what_was_meant_to_be_there() {
        let wrong = read_as(&["A", "AAAA"], false, &["v=spf1 -all"]).unwrap_err();
        assert!(
            wrong.contains("A or AAAA") && wrong.contains("TXT --expect"),
            "{wrong}"
        );
        let wrong = read_as(&["MX"], true, &["mail.example.com"]).unwrap_err();
        assert!(wrong.contains("no value of type MX"), "{wrong}");
        assert!(read_as(&["A"], true, &["2001:db8::1"]).is_err());
    }
}
