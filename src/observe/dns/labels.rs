//! QNAME minimisation: how much of a name each question shows (RFC 9156).

use crate::facts::name::DnsName;
use crate::net::limits;

/// How many labels of the name the next question shows (RFC 9156 §2.3).
pub(super) struct Labels {
    shown: usize,
    steps: usize,
}

impl Labels {
    pub(super) fn new(minimise: bool, zone: &DnsName, name: &DnsName) -> Self {
        let shown = if minimise {
            zone.label_count() + 1
        } else {
            name.label_count()
        };
        Self { shown, steps: 1 }
    }

    pub(super) fn current(&self, name: &DnsName) -> DnsName {
        name.with_labels(self.shown)
    }

    /// One label more at first; what is left is then spread over the steps that remain.
    pub(super) fn next(&mut self, name: &DnsName) {
        let left = name.label_count().saturating_sub(self.shown);
        let steps_left = limits::MINIMISED_STEPS.saturating_sub(self.steps).max(1);
        self.shown += if self.steps < limits::MINIMISED_SINGLY {
            1
        } else {
            left.div_ceil(steps_left)
        };
        self.steps += 1;
    }

    pub(super) fn give_up(&mut self) {
        self.shown = usize::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, zone: &str) -> Vec<String> {
        let (name, zone): (DnsName, DnsName) = (name.parse().unwrap(), zone.parse().unwrap());
        let mut labels = Labels::new(true, &zone, &name);
        let mut shown = vec![labels.current(&name).to_string()];
        while labels.current(&name) != name {
            labels.next(&name);
            shown.push(labels.current(&name).to_string());
        }
        shown
    }

    #[test]
    fn a_name_is_shown_label_by_label_from_the_zone_down() {
        assert_eq!(
            shown("a.b.example.", "."),
            ["example.", "b.example.", "a.b.example."]
        );
        assert_eq!(shown("a.example.", "example."), ["a.example."]);
    }

    #[test]
    fn a_long_name_takes_ten_steps_at_most() {
        let long = format!("{}ip6.arpa.", "1.".repeat(32));
        let steps = shown(&long, ".");
        assert!(steps.len() <= limits::MINIMISED_STEPS, "{}", steps.len());
        assert_eq!(steps.last(), Some(&long));
    }
}
