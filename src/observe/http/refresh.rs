//! Where a page sends the browser by itself: `<meta http-equiv="refresh" content="0; url=…">` in what comes early in it.

/// Elements whose content a browser with scripts does not take for markup.
const OPAQUE: [(&str, &str); 4] = [
    ("<!--", "-->"),
    ("<script", "</script"),
    ("<noscript", "</noscript"),
    ("<template", "</template"),
];

/// The URL, as it stands there.
pub(super) fn target(page: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(page);
    // Lower case of ASCII alone keeps every position.
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = lower.get(at..)?.find('<') {
        let start = at + found;
        let rest = lower.get(start..)?;
        if let Some((_, end)) = OPAQUE.iter().find(|(begin, _)| rest.starts_with(begin)) {
            at = start + rest.find(end)?;
            at += 1;
            continue;
        }
        let end = start + rest.find('>')?;
        if rest.starts_with("<meta") {
            let attributes = attributes(text.get(start + 5..end)?);
            if let Some(url) = refresh(&attributes) {
                return Some(url);
            }
        }
        at = end + 1;
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
    let (_, url) = value("content")?.split_once([';', ','])?;
    let url = url.trim_start();
    let marked = url
        .get(..3)
        .is_some_and(|mark| mark.eq_ignore_ascii_case("url"));
    let url = match url.get(3..) {
        Some(rest) if marked => rest.trim_start().strip_prefix('=')?,
        _ => url,
    };
    let url = url.trim().trim_matches(['"', '\'']);
    (!url.is_empty()).then(|| url.replace("&amp;", "&"))
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
