//! The HSTS policy that a browser would keep: the grammar of RFC 6797 §6.1, and nothing more lenient.

mod preload;

use crate::facts::http::{Hop, Hsts, HstsError, Http, host_of};

/// Fills in the policy of the host that was asked for, from its first answer over HTTPS.
pub fn verify(http: &mut Http) {
    let own = |hop: &&Hop| hop.is_https() && hop.status.is_some() && host_of(&hop.url) == http.host;
    let all = || http.given().chain(http.of_root());
    let direct = || all().filter(|route| !route.starts_in_clear());
    let answers = || {
        direct()
            .chain(all())
            .flat_map(|route| &route.hops)
            .filter(own)
    };
    // An error page of one address says less than an answer of another.
    let first = answers()
        .find(|hop| hop.is_conclusive())
        .or_else(|| answers().find(|hop| hop.is_own()))
        // Whom a server turns away, or fails, it need not tell.
        .or_else(|| answers().find(|hop| hop.hsts.is_some()));
    let hsts = first.map(|hop| {
        let mut hsts = policy(&http.host, &fields(hop));
        hsts.preload_errors = preload::errors(http, &hsts);
        hsts
    });
    http.hsts = hsts;
}

/// The field, line by line.
fn fields(hop: &Hop) -> Vec<&str> {
    let lines = hop.values("strict-transport-security");
    match &hop.hsts {
        Some(first) if lines.is_empty() => vec![first],
        _ => lines,
    }
}

/// Of several fields only the first is processed (RFC 6797 §8.1).
fn policy(host: &str, fields: &[&str]) -> Hsts {
    let header = fields.first().copied();
    let mut hsts = Hsts {
        host: host.to_owned(),
        header: header.map(str::to_owned),
        fields: fields.len(),
        max_age: None,
        include_subdomains: false,
        preload: false,
        valid: None,
        errors: Vec::new(),
        preload_errors: None,
    };
    let Some(header) = header else { return hsts };
    // A line may be folded: CR, LF and a blank stand for the blank (RFC 2616 §2.2).
    let header = header.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let mut seen: Vec<String> = Vec::new();
    for text in directives(&header) {
        match directive(&text) {
            Ok(None) => {}
            Ok(Some((name, value))) => {
                if seen.contains(&name) {
                    hsts.errors.push(HstsError::DuplicateDirective {
                        directive: name.clone(),
                    });
                }
                take(&name, value, &mut hsts);
                seen.push(name);
            }
            Err(error) => hsts.errors.push(error),
        }
    }
    if !seen.iter().any(|name| name == "max-age") {
        hsts.errors.push(HstsError::MissingMaxAge);
    }
    hsts.valid = Some(hsts.errors.is_empty());
    hsts
}

fn take(name: &str, value: Option<String>, hsts: &mut Hsts) {
    match (name, value) {
        ("max-age", Some(value)) => match seconds(&value) {
            Some(seconds) => hsts.max_age = Some(seconds),
            None => hsts.errors.push(HstsError::InvalidMaxAge { value }),
        },
        ("max-age", None) => hsts.errors.push(HstsError::InvalidMaxAge {
            value: String::new(),
        }),
        ("includesubdomains", None) => hsts.include_subdomains = true,
        ("includesubdomains", Some(_)) => {
            hsts.errors.push(HstsError::UnexpectedValue {
                directive: name.to_owned(),
            });
        }
        // RFC 6797 does not know it, so a value of it breaks nothing.
        ("preload", _) => hsts.preload = true,
        _ => {}
    }
}

/// Digits only; more than fit are as good as for ever.
fn seconds(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

/// Splits at semicolons that stand outside quotes.
fn directives(header: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in header.chars() {
        if c == ';' && !quoted {
            parts.push(String::new());
            continue;
        }
        match c {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

/// Name in lower case and value; nothing for an empty directive.
fn directive(text: &str) -> Result<Option<(String, Option<String>)>, HstsError> {
    let trimmed = text.trim_matches([' ', '\t']);
    if trimmed.is_empty() {
        return Ok(None);
    }
    let malformed = || HstsError::Malformed {
        token: trimmed.to_owned(),
    };
    let (name, value) = match trimmed.split_once('=') {
        Some((name, value)) => (
            name.trim_end_matches([' ', '\t']),
            Some(value.trim_start_matches([' ', '\t'])),
        ),
        None => (trimmed, None),
    };
    if !is_token(name) {
        return Err(malformed());
    }
    let value = match value {
        Some(value) => Some(unquoted(value).ok_or_else(malformed)?),
        None => None,
    };
    Ok(Some((name.to_ascii_lowercase(), value)))
}

/// A token as it is, or a quoted string without quotes and escapes (RFC 9110 §5.6.4).
fn unquoted(value: &str) -> Option<String> {
    let Some(inside) = value.strip_prefix('"') else {
        return is_token(value).then(|| value.to_owned());
    };
    let mut text = String::new();
    let mut characters = inside.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(text),
            '\\' => text.push(characters.next()?),
            c if c.is_ascii_control() && c != '\t' => return None,
            c => text.push(c),
        }
    }
}

fn is_token(text: &str) -> bool {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(in_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Hsts {
        policy("shop.example", &[header])
    }

    #[test]
    fn what_keeps_to_the_grammar_is_kept() {
        let table = [
            ("max-age=31536000", 31_536_000, false),
            ("max-age=\"31536000\"", 31_536_000, false),
            ("max-age=15768000 ; includeSubDomains", 15_768_000, true),
            ("MAX-AGE=1;INCLUDESUBDOMAINS", 1, true),
            (" ; ;max-age = 1 ; ; includeSubDomains;", 1, true),
            ("max-age=1; unknown; other=\"a;b\"; third=token", 1, false),
            ("max-age=99999999999999999999999", u64::MAX, false),
            ("max-age=0", 0, false),
            ("max-age=1; x=\"a\\\"b;c\"", 1, false),
            ("\tmax-age\t=\t\"100\"\t", 100, false),
            ("max-age=1; x=\"caf\u{fffd} b\u{fc}cher\"", 1, false),
            ("max-age=1; x=\"\"; y=\" \"", 1, false),
            ("max-age=\"\\1\\2\"", 12, false),
            ("max-age=007", 7, false),
            (
                "\r\n\t x = y; max-age= 3 \t; z;\tincludeSubDomains",
                3,
                true,
            ),
            ("max-age=1; includesubdomainsx; preload=x", 1, false),
            (";;;max-age=1;;;", 1, false),
            ("max-age=1;includeSubDomains;", 1, true),
            ("includeSubDomains;max-age=\"1\"", 1, true),
            ("max-age=1; x=\"a\\\\\"; includeSubDomains", 1, true),
            ("max-age=1; x=\"a\\\"; includeSubDomains; y=\"", 1, false),
            ("max-age=1; x=\"max-age=2; includeSubDomains\"", 1, false),
            ("max-age=1; !#$%&'*+-.^_`|~9=!#$%&'*+-.^_`|~9", 1, false),
            ("max-age=18446744073709551615", u64::MAX, false),
            ("max-age=18446744073709551616", u64::MAX, false),
            ("max-age=000000000000000000000000000001", 1, false),
            ("max-age=1; max-age2=2; xmax-age=3", 1, false),
            ("max-age=1; x=\"\t\"", 1, false),
        ];
        for (header, max_age, include) in table {
            let hsts = read(header);
            assert_eq!(
                (hsts.valid, hsts.max_age, hsts.include_subdomains),
                (Some(true), Some(max_age), include),
                "{header}"
            );
        }
        assert!(read("max-age=1; preload").preload);
    }

    #[test]
    fn what_breaks_the_grammar_is_dropped_whole() {
        for header in [
            "",
            ";",
            "includeSubDomains",
            "max-age",
            "max-age=",
            "max-age=abc",
            "max-age=-1",
            "max-age=1.5",
            "max-age=1 2",
            "max-age=\"1",
            "max-age=1; max-age=2",
            "max-age=1; includeSubDomains; includesubdomains",
            "max-age=1; includeSubDomains=1",
            "max-age=1, includeSubDomains",
            "max age=1",
            "=1",
            "max-age=1; x=\"a\"b",
            "max-age=1; bücher",
            "max-age=1; x; X",
            "max-age==1",
            "max-age=+1",
            "max-age=1includeSubDomains",
            "max-age=1 includeSubDomains",
            "max-age=\"1 \"",
            "max-age=\" 1\"",
            "max-age=\"\"",
            "max-age='1'",
            "max-age=\"1\"2",
            "max-age=1; includeSubDomains=\"\"",
            "max-age=1; x=",
            "max-age=1; x=a b",
            "max-age=1; x=\"a\x07b\"",
            "max-age=1; x=\"a",
            "max-age=1; x=a\"b\"",
            "max-age=1, max-age=1",
            "max-age=1; \u{fffd}",
            "max-age=\u{ff11}",
            "max\u{2010}age=1",
            "max-age=1;\u{a0}includeSubDomains",
            "\r\nmax-age=1",
            "max-age=1; (x)",
            "max-age=1; x/y",
            "max-age=\"1; includeSubDomains\"",
            "max-age=1; \"x\"",
            "max-age=1; \"max-age\"=1",
            "\"max-age\"=1",
            "max-age=1; x=\"a\\",
            "max-age=1; x=\"a\\\"",
            "max-age=1; x=\"a\" \"b\"",
            "max-age=1; x=\"a\u{7f}\"",
            "max-age=1; x=\u{e9}",
            "max-age=0x10",
            "max-age=1e3",
            "max-age=1_000",
            "max-age=--1",
            "max-age=\"-1\"",
            "max-age=1;=",
            "max-age=1; = x",
            "max-age=1:includeSubDomains",
            "max-age=1 ;includeSubDomains includeSubDomains",
            "max-age:1",
            "max-age=1; INCLUDESUBDOMAINS; MAX-AGE=1",
            "max-age=1; preload; preload",
            "max-age=1\u{b}",
            "max-age=1;\nincludeSubDomains",
            ",max-age=1",
        ] {
            assert_eq!(read(header).valid, Some(false), "{header:?}");
        }
    }

    #[test]
    fn of_several_fields_the_first_counts() {
        let both = |first, second| policy("shop.example", &[first, second]);
        let hsts = both("max-age=1", "max-age=2; includeSubDomains");
        assert_eq!((hsts.max_age, hsts.fields), (Some(1), 2));
        assert!(!hsts.include_subdomains);
        assert_eq!(both("nothing", "max-age=2").valid, Some(false));
        assert_eq!(both("", "max-age=2").valid, Some(false));
        assert_eq!(both("max-age=1", "nothing").valid, Some(true));
    }

    #[test]
    fn without_a_field_there_is_nothing_to_be_valid() {
        let hsts = policy("shop.example", &[]);
        assert_eq!((hsts.valid, hsts.errors.len()), (None, 0));
    }
}
