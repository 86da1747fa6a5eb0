//! Sentences about what somebody else has written stay sentences, however much that was.

/// Characters of one literal: a URL of this length fills two lines.
const LITERAL: usize = 160;
/// Of those, at its end.
const END: usize = 40;
/// Characters between literals: words of ours, and at times a list; or others' words, where a literal has a backquote in it.
const WORDS: usize = 600;
/// Characters of a whole sentence.
const SENTENCE: usize = 1_200;

/// A text with its middle left out, when it is longer than anybody reads. Evidence has it whole.
#[must_use]
pub fn clipped(text: &str) -> String {
    within(text, LITERAL)
}

/// A sentence whose literals are clipped. They stand in backquotes, and what stands there may have some of its own.
pub(super) fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(number, part)| {
        let most = if number % 2 == 0 { WORDS } else { LITERAL };
        within(part, most)
    });
    let parts: Vec<String> = parts.collect();
    within(&parts.join("`"), SENTENCE)
}

fn within(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most - END - 3).collect();
    let end: String = text.chars().skip(count - END).collect();
    format!("{start}...{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_left_as_it_is() {
        let literal = format!("`{}`", "x".repeat(LITERAL));
        for text in ["", "`a` leads to `b`", &literal, &"x".repeat(WORDS)] {
            assert_eq!(sentence(text), text);
        }
    }

    #[test]
    fn a_long_literal_keeps_its_beginning_and_its_end() {
        let long = format!("https://shop.example/{}?end", "\u{fc}".repeat(9_000));
        let told = sentence(&format!("`{long}` leads to `{long}`: for ever"));
        assert!(told.starts_with("`https://shop.example/\u{fc}"), "{told}");
        assert!(told.contains("\u{fc}?end` leads to `https://"), "{told}");
        assert!(told.ends_with("?end`: for ever"), "{told}");
        assert_eq!(
            told.chars().count(),
            2 * LITERAL + "`` leads to ``: for ever".len()
        );
        assert_eq!(clipped(&long).chars().count(), LITERAL);
    }

    #[test]
    fn many_literals_are_bounded_together() {
        let told = sentence(&"`a` to ".repeat(9_000));
        assert_eq!(told.chars().count(), SENTENCE);
        let quoted = sentence(&"`".repeat(9_000));
        assert_eq!(quoted.chars().count(), SENTENCE);
    }
}
