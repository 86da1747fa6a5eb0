//! The lines that a fix sentence gives for a server, and where it says that they belong.

use serde_json::Value;

use super::Peer;

#[derive(Debug)]
pub(super) struct Fix {
    lines: Vec<String>,
    place: String,
}

impl Fix {
    /// What is said to the server that answered, or among the commonest ones when nothing tells who that was.
    pub(super) fn of(report: &Value, id: &str, peer: Peer) -> Self {
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["id"] == id).unwrap();
        Self::read(finding["fix"].as_str().unwrap(), peer)
    }

    fn read(sentence: &str, peer: Peer) -> Self {
        let name = match peer {
            Peer::Nginx => "nginx",
            Peer::Apache => "Apache",
            Peer::Haproxy => "HAProxy",
            Peer::Caddy => "Caddy",
        };
        let answered = sentence.find(&format!("; {name} answered"));
        let own = answered.or_else(|| sentence.find(&format!("; {name}: ")));
        let own = own.unwrap_or_else(|| panic!("nothing for {name} in {sentence}"));
        let (_, mut rest) = sentence[own..].split_once(": ").unwrap();
        let mut lines = Vec::new();
        while let Some((line, behind)) =
            rest.strip_prefix('`').and_then(|rest| rest.split_once('`'))
        {
            lines.push(line.to_owned());
            let next = [", ", " and "].map(|joined| behind.strip_prefix(joined));
            let next = next
                .into_iter()
                .flatten()
                .find(|next| next.starts_with('`'));
            rest = next.unwrap_or(behind);
        }
        // What is said to others follows when nobody knows who answered.
        let others = if answered.is_some() {
            None
        } else {
            rest.find("; ")
        };
        let place = rest.get(..others.unwrap_or(rest.len())).unwrap();
        Self {
            lines,
            place: place.trim().to_owned(),
        }
    }

    /// The lines, one below the other, which belong there by the words of the sentence.
    pub(super) fn lines(&self, place: &str) -> String {
        assert!(self.place.starts_with(place), "{place}: {self:?}");
        self.lines.join("\n") + "\n"
    }

    /// The lines with these words in them: each has a place of its own.
    pub(super) fn lines_with(&self, place: &str, words: &str) -> String {
        assert!(self.place.starts_with(place), "{place}: {self:?}");
        let own = self.lines.iter().filter(|line| line.contains(words));
        let own: Vec<&str> = own.map(String::as_str).collect();
        assert!(!own.is_empty(), "{words}: {self:?}");
        own.join("\n") + "\n"
    }
}

#[test]
fn lines_stand_in_backquotes_before_their_place() {
    let told =
        "do so; nginx answered (`nginx/1.22.1`): `a b;`, `c, d;` and `e;` in the block, and no `f`";
    let fix = Fix::read(told, Peer::Nginx);
    assert_eq!(fix.lines("in the block"), "a b;\nc, d;\ne;\n");
    assert_eq!(fix.lines_with("in the block", "c,"), "c, d;\n");
    let common =
        "send `x`; nginx: `a;` here; Apache: `b` and `c` there, with `d`; HAProxy: `e` beside";
    assert_eq!(Fix::read(common, Peer::Apache).place, "there, with `d`");
    assert_eq!(Fix::read(common, Peer::Haproxy).lines("beside"), "e\n");
}
