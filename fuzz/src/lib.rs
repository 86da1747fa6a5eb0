//! What the fuzz targets share: the way from facts to what a person and a script read.

use doorstep::facts::Facts;
use doorstep::facts::attempt::Millis;
use doorstep::facts::tls::Tls;
use doorstep::judge;
use doorstep::judge::policy::Policy;
use doorstep::render::style::Style;
use doorstep::render::{human, json};
use doorstep::report::Report;
use doorstep::verify::dnssec::anchors::TrustAnchors;
use doorstep::verify::path::Anchors;
use jiff::Timestamp;

/// The moment of every run, so that a crash comes again: 2026-11-23T12:00:00Z.
pub const NOW: i64 = 1_795_435_200;

/// The longest of what a person can be shown.
const STORY: Style = Style {
    color: false,
    unicode: true,
    width: 80,
    verbose: true,
    quiet: false,
};

/// Facts of one door, at [`NOW`].
pub fn of_tls(tls: Tls) -> Facts {
    let at = Timestamp::from_second(NOW).expect("a moment of this century");
    Facts {
        started: at,
        judged_at: at,
        inconclusive: Vec::new(),
        dns: None,
        tls: Some(tls),
        http: None,
    }
}

/// Derives, judges and renders. What a terminal is given has no control characters, and a report can be read back.
pub fn judged_and_shown(mut facts: Facts, anchors: &Anchors) {
    doorstep::verify::verify(&mut facts, anchors, &TrustAnchors::built_in());
    let findings = judge::judge(&facts, &Policy::default());
    let report = Report::new("check", "fuzz", facts, findings, Millis(0.0));
    let shown = human::report(&report, STORY);
    let control = shown.chars().find(|c| c.is_control() && *c != '\n');
    assert!(control.is_none(), "{control:?} reaches the terminal");
    let written = json::report(&report);
    serde_json::from_str::<Report>(&written).expect("a report can be read back");
}
