//! How long it takes to judge chains in files: one, and thousands in one go, on one core.
//!
//! Run by hand: `cargo bench --bench certificates`. Needs taskset (util-linux). Prints what stands in the README.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and stops by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// As many as a large estate has.
const CHAINS: usize = 9_000;
/// How many of them differ; the others are copies under other names.
const DIFFERENT: usize = 300;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.use_authority_key_identifier_extension = true;
    params
}

/// A chain of three: leaf and intermediate, and the root beside them.
fn chain(number: usize, below: &Issuer, root: &Issuer) -> String {
    let name = format!("shop-{number}.example");
    let mut params = CertificateParams::new(vec![name]).unwrap();
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = params
        .signed_by(&KeyPair::generate().unwrap(), below)
        .unwrap();
    [leaf.pem(), below.pem(), root.pem()].concat()
}

fn written(directory: &Path) -> Vec<PathBuf> {
    let key = || KeyPair::generate().unwrap();
    let root = CertifiedIssuer::self_signed(authority("Root"), key()).unwrap();
    let below = CertifiedIssuer::signed_by(authority("Below"), key(), &root).unwrap();
    std::fs::write(directory.join("root.pem"), root.pem()).unwrap();
    let chains: Vec<String> = (0..DIFFERENT)
        .map(|number| chain(number, &below, &root))
        .collect();
    let each = chains.iter().cycle().take(CHAINS).enumerate();
    each.map(|(number, text)| {
        let path = directory.join(format!("{number}.pem"));
        std::fs::write(&path, text).unwrap();
        path
    })
    .collect()
}

/// The wall clock of judging these files on one core.
fn judged(directory: &Path, files: &[PathBuf], format: &str) -> Duration {
    let began = Instant::now();
    let status = Command::new("taskset")
        .args(["-c", "0", env!("CARGO_BIN_EXE_doorstep"), "tlscheck"])
        .args(["--no-config", "--format", format, "--trust"])
        .arg(directory.join("root.pem"))
        .arg("--pem")
        .args(files)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.code().is_some_and(|code| code < 2));
    began.elapsed()
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let files = written(directory.path());
    println!("| | in all | for each chain |\n| --- | --- | --- |");
    for (what, count, format) in [
        ("1 chain of 3, start-up included", 1, "jsonl"),
        ("9,000 chains of 3, as JSON lines", CHAINS, "jsonl"),
        ("9,000 chains of 3, for people", CHAINS, "human"),
    ] {
        let files = files.get(..count).unwrap();
        let best = (0..3)
            .map(|_| judged(directory.path(), files, format))
            .min();
        let best = best.unwrap();
        let each = best / u32::try_from(count).unwrap();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        println!(
            "| {what} | {:.0} ms | {:.3} ms |",
            milliseconds(best),
            milliseconds(each)
        );
    }
}
