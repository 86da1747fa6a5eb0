//! Where in a Location the parts of its URL stand, by the letters of it (RFC 3986 appendix B), so that one that leads nowhere has parts as well.

use std::ops::Range;

use url::{ParseError, Url};

use crate::facts::http::Hop;
use crate::finding::AtFault;
use crate::judge::field::{Field, controls, fields};

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Scheme,
    Host,
    /// With the colon before it.
    Port,
    Path,
    /// With the question mark before it; where it would stand when there is none.
    Query,
    Whole,
}

/// This part of where the answer sends the client; all of it when it has no such part.
pub(super) fn at_fault(hop: &Hop, part: Part) -> Option<AtFault> {
    let fields = fields(hop, "location");
    let field = fields.first()?;
    let found = Parts::of(field.value()).get(part);
    match found {
        Some(bytes) => field.part(bytes),
        None => field.whole(),
    }
}

/// What has grown together with the host, behind the name of the site.
pub(super) fn glued(hop: &Hop, target_host: &str, grown: &str) -> Option<AtFault> {
    let fields = fields(hop, "location");
    let field = fields.first()?;
    let Some(host) = Parts::of(field.value()).host else {
        return field.whole();
    };
    let site = target_host.len().saturating_sub(grown.len());
    let own = field.value().get(host.clone()).unwrap_or_default();
    let same = own.eq_ignore_ascii_case(target_host);
    field.part(if same {
        host.start + site..host.end
    } else {
        host
    })
}

/// Why a redirect cannot be followed.
pub(super) fn unfollowed(hop: &Hop) -> Option<AtFault> {
    let fields = fields(hop, "location");
    let first = fields.first()?;
    // Of several, the first that says something else.
    if let Some(other) = fields.iter().find(|field| field.value() != first.value()) {
        return other.whole();
    }
    match broken(first, hop) {
        Some(bytes) => first.part(bytes),
        None => first.whole(),
    }
}

fn broken(field: &Field, hop: &Hop) -> Option<Range<usize>> {
    let value = field.value();
    let parts = Parts::of(value);
    let scheme = parts.scheme.clone().and_then(|bytes| value.get(bytes));
    let of_site = |name: &str| ["http", "https"].contains(&name.to_ascii_lowercase().as_str());
    if scheme.is_some_and(|scheme| !of_site(scheme)) {
        return parts.scheme;
    }
    let joined = Url::parse(&hop.url).ok()?.join(value);
    controls(value).or(match joined {
        Err(ParseError::InvalidPort) => parts.port,
        _ => parts.host,
    })
}

/// The bytes of the parts.
#[derive(Clone, Debug, Default)]
struct Parts {
    scheme: Option<Range<usize>>,
    host: Option<Range<usize>>,
    port: Option<Range<usize>>,
    path: Range<usize>,
    query: Option<Range<usize>>,
}

impl Parts {
    fn of(url: &str) -> Self {
        let until = |from: usize, ends: &[char]| {
            let rest = url.get(from..).unwrap_or_default();
            from + rest.find(ends).unwrap_or(rest.len())
        };
        // Browsers take a backslash for a slash.
        let colon = until(0, &[':', '/', '\\', '?', '#']);
        let scheme = (colon > 0 && url.get(colon..colon + 1) == Some(":")).then_some(0..colon);
        let from = scheme.as_ref().map_or(0, |scheme| scheme.end + 1);
        let rest = url.get(from..).unwrap_or_default();
        let slashes = rest.chars().take(2).filter(|c| ['/', '\\'].contains(c));
        let mut parts = Self {
            scheme,
            ..Self::default()
        };
        let mut path = from;
        if slashes.count() == 2 {
            path = until(from + 2, &['/', '\\', '?', '#']);
            parts.authority(url, from + 2..path);
        }
        parts.path = path..until(path, &['?', '#']);
        let query = parts.path.end..until(parts.path.end, &['#']);
        parts.query = (!query.is_empty()).then_some(query);
        parts
    }

    /// The host and the port, behind what a user may be called.
    fn authority(&mut self, url: &str, bytes: Range<usize>) {
        let text = url.get(bytes.clone()).unwrap_or_default();
        let own = text.rfind('@').map_or(0, |at| at + 1);
        let place = text.get(own..).unwrap_or_default();
        let bracket = place.find(']').filter(|_| place.starts_with('['));
        let from = bracket.unwrap_or_default();
        let colon = place.get(from..).and_then(|rest| rest.find(':'));
        let length = colon.map_or(place.len(), |colon| from + colon);
        let start = bytes.start + own;
        self.host = Some(start..start + length);
        self.port = colon.map(|_| start + length..bytes.end);
    }

    fn get(&self, part: Part) -> Option<Range<usize>> {
        match part {
            Part::Scheme => self.scheme.clone(),
            Part::Host => self.host.clone(),
            Part::Port => self.port.clone(),
            Part::Path => Some(self.path.clone()),
            Part::Query => {
                let missing = self.path.end..self.path.end;
                Some(self.query.clone().unwrap_or(missing))
            }
            Part::Whole => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::redirect;
    use super::*;

    /// What stands before the part at fault, and the part.
    fn split(at_fault: Option<AtFault>) -> (String, String) {
        let at_fault = at_fault.unwrap();
        let (before, part, _) = at_fault.split().unwrap();
        (before.to_owned(), part.to_owned())
    }

    fn marked(location: &str, part: Part) -> String {
        split(at_fault(
            &redirect("https://shop.example/", 301, location),
            part,
        ))
        .1
    }

    #[test]
    fn each_part_is_found_by_its_letters() {
        let full = "HTTPS://me:secret@Shop.example:80/a%20b?x=/&y#z";
        for (part, text) in [
            (Part::Scheme, "HTTPS"),
            (Part::Host, "Shop.example"),
            (Part::Port, ":80"),
            (Part::Path, "/a%20b"),
            (Part::Query, "?x=/&y"),
            (Part::Whole, full),
        ] {
            assert_eq!(marked(full, part), text, "{part:?}");
        }
        let literal = "http://[2001:db8::1]:8080";
        assert_eq!(marked(literal, Part::Host), "[2001:db8::1]");
        assert_eq!(marked(literal, Part::Port), ":8080");
        assert_eq!(marked("//[::1]/x", Part::Host), "[::1]");
        assert_eq!(marked("https:\\\\a.example\\b", Part::Host), "a.example");
    }

    #[test]
    fn a_part_that_is_not_there_is_all_of_it_or_where_it_is_missing() {
        assert_eq!(marked("/en", Part::Scheme), "/en");
        assert_eq!(marked("/en?a:b", Part::Scheme), "/en?a:b");
        assert_eq!(marked("", Part::Host), "");
        let query = |location| {
            split(at_fault(
                &redirect("https://shop.example/", 301, location),
                Part::Query,
            ))
        };
        let before = "Location: https://shop.example/a".to_owned();
        assert_eq!(
            query("https://shop.example/a"),
            (before.clone(), String::new())
        );
        assert_eq!(query("https://shop.example/a#b"), (before, String::new()));
    }

    #[test]
    fn what_has_grown_together_is_marked_where_the_slash_is_missing() {
        let hop = |location| redirect("http://shop.example/about", 301, location);
        let marked = |location| split(glued(&hop(location), "shop.exampleabout", "about"));
        let before = |scheme: &str| format!("Location: {scheme}://Shop.example");
        let about = "about".to_owned();
        assert_eq!(
            marked("https://Shop.exampleabout"),
            (before("https"), about)
        );
        assert_eq!(marked("https://other.example/").1, "other.example");
    }

    #[test]
    fn what_cannot_be_followed_is_marked_at_its_cause() {
        let marked = |location: &str| {
            let hop = redirect("https://shop.example/", 301, location);
            split(unfollowed(&hop))
        };
        for (location, part) in [
            ("javascript:alert(1)", "javascript"),
            ("https://sh op.example/", "sh op.example"),
            ("https://shop.example:99999/", ":99999"),
            ("https://[::g]/", "[::g]"),
            ("https://shop\u{1b}\u{7}.example/", "\u{1b}\u{7}"),
            ("https:///path", ""),
            ("", ""),
        ] {
            assert_eq!(marked(location).1, part, "{location}");
        }
        assert_eq!(marked("https:///path").0, "Location: https://");
        assert_eq!(marked("").0, "Location: ");
    }

    #[test]
    fn of_several_the_one_that_differs_is_marked() {
        let mut hop = redirect("https://shop.example/", 301, "/a");
        hop.head = Some("HTTP/1.1 301 X\nLocation: /a\nlocation: /a\nlocation: /b\n\n".to_owned());
        assert_eq!(
            split(unfollowed(&hop)),
            ("location: ".to_owned(), "/b".to_owned())
        );
        hop.head = Some("HTTP/1.1 301 X\n\n".to_owned());
        hop.location = None;
        assert_eq!(unfollowed(&hop), None);
    }
}
