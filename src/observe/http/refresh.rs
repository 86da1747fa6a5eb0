//! Where a page sends the browser by itself: `<meta http-equiv="refresh" content="0; url=…">` in what comes early in it.

/// What a browser with scripts does not take for markup.
const OPAQUE: [&str; 8] = [
    "script", "noscript", "template", "style", "title", "textarea", "iframe", "noframes",
];

/// The URL, as it stands there.
pub(super) fn target(page: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(page);
    // Lower case of ASCII alone keeps every position.
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = lower.get(at..)?.find('<') {
        let start = at + found + 1;
        let rest = lower.get(start..)?;
        if rest.starts_with("!--") {
            at = start + rest.find("-->")?;
            continue;
        }
        let end = end_of_tag(rest)?;
        let (name, _) = split_name(rest);
        at = start + end;
        if OPAQUE.contains(&name) {
            at = start + rest.find(&format!("</{name}"))? + 1;
        } else if name == "meta" {
            let attributes = attributes(text.get(start + name.len()..at)?);
            if let Some(url) = refresh(&attributes) {
                return Some(url);
            }
        }
    }
    None
}

/// The name that a tag begins with, and what follows it.
fn split_name(tag: &str) -> (&str, &str) {
    let end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
    tag.split_at(end.unwrap_or(tag.len()))
}

/// Where a tag ends: not within a value in quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let (mut quote, mut value) = (None, false);
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(own), _) if own == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if value => quote = Some(c),
            (None, '>') => return Some(at),
            (None, _) => value = c == '=' || (value && c.is_ascii_whitespace()),
        }
    }
    None
}

fn refresh(attributes: &[(String, String)]) -> Option<String> {
    let value = |name: &str| {
        let own = attributes.iter().find(|(own, _)| own == name);
        own.map(|(_, value)| value.as_str())
    };
    if !value("http-equiv")?.eq_ignore_ascii_case("refresh") {
        return None;
    }
    let url = declared(&value("content")?.replace("&amp;", "&"))?
        .trim()
        .to_owned();
    (!url.is_empty()).then_some(url)
}

/// Where a declared refresh leads (the shared declarative refresh steps of the HTML standard): a time, then perhaps a URL.
fn declared(content: &str) -> Option<String> {
    let blank = |c: char| c.is_ascii_whitespace();
    let content = content.trim_start_matches(blank);
    content
        .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        .then_some(())?;
    let rest = content.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    rest.starts_with(|c| blank(c) || c == ';' || c == ',')
        .then_some(())?;
    let rest = rest.trim_start_matches(blank);
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest);
    let rest = rest.trim_start_matches(blank);
    let named = rest
        .get(..3)
        .filter(|name| name.eq_ignore_ascii_case("url"));
    let named = named.and_then(|_| rest.get(3..)?.trim_start_matches(blank).strip_prefix('='));
    let url = match named {
        Some(url) => url.trim_start_matches(blank),
        // What begins like the name and is none is the URL itself, quotes and all.
        None if rest.starts_with(['u', 'U']) => return Some(rest.to_owned()),
        None => rest,
    };
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        let inside = url.strip_prefix(quote)?;
        inside.split(quote).next()
    });
    Some(unquoted.unwrap_or(url).to_owned())
}

/// Names in lower case, and values without quotes.
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=' || c == '/')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => ("", after),
        };
        found.push((name.to_ascii_lowercase(), value.to_owned()));
        let next = after.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        // A stray equals sign has no name: it is passed over, so that each round gets on.
        rest = if next.len() < rest.len() {
            next
        } else {
            next.get(1..).unwrap_or_default()
        };
    }
    found
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_found_however_it_is_written() {
        for page in [
            r#"<html><head><meta http-equiv="refresh" content="0; url=https://shop.example/">"#,
            r#"<META CONTENT='0;URL="https://shop.example/"' HTTP-EQUIV=Refresh />"#,
            "<meta http-equiv=refresh content=0,https://shop.example/>",
            r#"<!-- > --><meta name="a" ><meta http-equiv="refresh" content="5;  Url = https://shop.example/ ">"#,
        ] {
            assert_eq!(
                target(page.as_bytes()).as_deref(),
                Some("https://shop.example/"),
                "{page}"
            );
        }
    }

    #[test]
    fn the_content_is_read_as_the_standard_says() {
        let table = [
            ("0;url=/a", Some("/a")),
            ("0;URL=/a", Some("/a")),
            ("0 ; uRl \t=\n /a", Some("/a")),
            ("0,url=/a", Some("/a")),
            ("0 url=/a", Some("/a")),
            ("0\n/a", Some("/a")),
            ("0;/a", Some("/a")),
            ("  5.25.1; /a", Some("/a")),
            (".5;/a", Some("/a")),
            ("0;url='/a'", Some("/a")),
            ("0;url='/a' and more", Some("/a")),
            ("0;url='/a", Some("/a")),
            ("0;url=\"/a'b\"", Some("/a'b")),
            ("0;'/a'", Some("/a")),
            ("0;url=/a;b,c", Some("/a;b,c")),
            ("0;;/a", Some(";/a")),
            ("0;urls", Some("urls")),
            ("0;url /a", Some("url /a")),
            ("0;u='/a'", Some("u='/a'")),
            ("0;url=url=/a", Some("url=/a")),
            ("0", None),
            ("0;", Some("")),
            ("0;url=", Some("")),
            ("0;url", Some("url")),
            ("0;url=''", Some("")),
            ("", None),
            (";url=/a", None),
            ("url=/a", None),
            ("a;url=/a", None),
            ("-1;url=/a", None),
            ("0s;url=/a", None),
        ];
        for (content, url) in table {
            assert_eq!(declared(content).as_deref(), url, "{content:?}");
        }
    }

    #[test]
    fn a_tag_ends_behind_its_values_and_other_elements_are_no_meta() {
        for (page, url) in [
            (
                r#"<meta name="a>b" http-equiv=refresh content="0;url=/a?b>c">"#,
                Some("/a?b>c"),
            ),
            (
                "<p don't><meta http-equiv=refresh content='0;/a'>",
                Some("/a"),
            ),
            (
                "<body><meta\nhttp-equiv=refresh\ncontent='0;/a'/>",
                Some("/a"),
            ),
            ("<meta/http-equiv=refresh content='0;/a'>", Some("/a")),
            ("<metadata http-equiv=refresh content='0;/a'>", None),
            (
                "<title><meta http-equiv=refresh content='0;/a'></title>",
                None,
            ),
            (
                "<titles><meta http-equiv=refresh content='0;/a'>",
                Some("/a"),
            ),
            (
                "<script>'<meta http-equiv=refresh content=0;/a>'</script>",
                None,
            ),
            (
                "<script></script><meta http-equiv=refresh content=0;/a>",
                Some("/a"),
            ),
            (
                "<meta http-equiv=refresh http-equiv=x content=0;/a>",
                Some("/a"),
            ),
            ("<meta http-equiv=refresh content='0;/a", None),
            ("<!--><meta http-equiv=refresh content=0;/a>-->", Some("/a")),
        ] {
            assert_eq!(target(page.as_bytes()).as_deref(), url, "{page}");
        }
    }

    #[test]
    fn a_page_that_stays_leads_nowhere() {
        for page in [
            "",
            "<",
            "<meta",
            "<meta =>",
            r#"<meta http-equiv="refresh" content="30">"#,
            r#"<meta http-equiv="content-type" content="0; url=https://shop.example/">"#,
            r#"<!-- <meta http-equiv="refresh" content="0; url=https://shop.example/"> -->"#,
            r#"<noscript><meta http-equiv="refresh" content="0; url=/x"></noscript>"#,
            "\u{fffd}<meta http-equiv=\"refresh\" content=\"é",
        ] {
            assert_eq!(target(page.as_bytes()), None, "{page}");
        }
    }
}
