//! A report of any origin, judged again: a saved file is input like any other.

#![no_main]

use std::sync::LazyLock;

use doorstep::facts::Facts;
use doorstep::report::Report;
use doorstep::verify::path::Anchors;
use doorstep_fuzz::judged_and_shown;
use libfuzzer_sys::fuzz_target;

static ANCHORS: LazyLock<Anchors> = LazyLock::new(Anchors::webpki);

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = serde_json::from_slice::<Report>(bytes) else {
        return;
    };
    let facts = Facts {
        started: report.started,
        judged_at: report.judged_at,
        inconclusive: report.inconclusive,
        dns: report.dns,
        tls: report.tls,
        http: report.http,
    };
    judged_and_shown(facts, &ANCHORS);
});
