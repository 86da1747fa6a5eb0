//! `tlscheck --pem`: chains, trust stores and revocation lists in files, as PEM, DER or PKCS#7.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::args::PemArgs;
use super::chain_file::Saving;
use super::exit::{Exit, UsageError};
use super::settings::Settings;
use super::walk::Seen;
use super::{output, run, target};
use crate::net::limits;
use crate::observe::tls::bundle::{self, Held};
use crate::observe::tls::file;
use crate::verify::path::RevocationList;

/// Judges the chain in each file.
pub(super) fn judge(args: &PemArgs, settings: &Settings) -> Result<Exit, UsageError> {
    let name = args.name.as_deref().map(name).transpose()?;
    let twice = args.pem.iter().filter(|path| is_stdin(path)).count() > 1;
    if twice {
        return Err(UsageError::new("standard input can be read only once"));
    }
    let targets: Vec<(String, PathBuf)> = args
        .pem
        .iter()
        .map(|path| (shown(path), path.clone()))
        .collect();
    // Read at once, so that a wrong file is told before anything is printed; the chains are judged one by one.
    let mut chains = Vec::with_capacity(targets.len());
    for (shown, path) in targets {
        chains.push((shown, chain(&path)?));
    }
    let saving = Saving::new(args, chains.len())?;
    let (name, saving_to) = (&name, &saving);
    let exit = run::run(
        "tlscheck",
        named(chains),
        1,
        settings,
        |(file, chain), _| async move {
            let tls = file::read(&file, name.as_deref(), &chain);
            saving_to.save(Some(&tls));
            Seen {
                tls: Some(tls),
                ..Seen::default()
            }
        },
    )?;
    saving.done().map(|()| exit)
}

type NamedChain = (String, Vec<Vec<u8>>);

fn named(chains: Vec<NamedChain>) -> Vec<(String, NamedChain)> {
    let each = chains.into_iter();
    each.map(|(shown, chain)| (shown.clone(), (shown, chain)))
        .collect()
}

/// A name or an address, as `--server-name` takes it.
fn name(text: &str) -> Result<String, UsageError> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match bare.unwrap_or(text).parse::<std::net::IpAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Ok(target::host_name(text)?.without_dot()),
    }
}

fn chain(path: &Path) -> Result<Vec<Vec<u8>>, UsageError> {
    let mut held = read(path, "chain")?;
    let shown = shown(path);
    if held.certificates.is_empty() {
        let found = held.warnings.first();
        let found = found.map(|first| format!(": {first}")).unwrap_or_default();
        return Err(
            UsageError::new(format!("`{shown}`: no certificate in it{found}")).hint(
                "it must hold certificates in PEM form (-----BEGIN CERTIFICATE-----), in DER, or in PKCS#7, the server's own first",
            ),
        );
    }
    for warning in &held.warnings {
        output::warn(&format!("`{shown}`: {warning}"));
    }
    if held.certificates.len() > limits::FILE_CERTIFICATES {
        let (has, limit) = (held.certificates.len(), limits::FILE_CERTIFICATES);
        output::warn(&format!(
            "`{shown}` holds {has} certificates, of which the first {limit} are looked at"
        ));
        held.certificates.truncate(limit);
    }
    Ok(held.certificates)
}

/// What a file holds; `what` says what it is meant to be.
pub(super) fn read(path: &Path, what: &str) -> Result<Held, UsageError> {
    let bytes = bytes(path, what, limits::FILE_BYTES)?;
    Ok(bundle::read(&bytes))
}

/// The revocation lists in a file.
pub(super) fn list(path: &Path) -> Result<Vec<RevocationList>, UsageError> {
    let shown = shown(path);
    let held = bundle::read(&bytes(path, "revocation list", limits::LIST_BYTES)?).lists;
    // One that cannot be read is told with the verdict: the others may be enough.
    let read = |der| {
        RevocationList::read(&shown, der).unwrap_or_else(|| RevocationList::unreadable(&shown))
    };
    let lists: Vec<RevocationList> = held.into_iter().map(read).collect();
    if lists.is_empty() {
        return Err(
            UsageError::new(format!("`{shown}`: no revocation list that can be read"))
                .hint("it must hold lists in PEM form (-----BEGIN X509 CRL-----), or one in DER"),
        );
    }
    Ok(lists)
}

fn bytes(path: &Path, what: &str, limit: u64) -> Result<Vec<u8>, UsageError> {
    let shown = shown(path);
    let wrong = |error: std::io::Error| {
        UsageError::new(format!("cannot read the {what} `{shown}`: {error}"))
    };
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin()
            .lock()
            .take(limit + 1)
            .read_to_end(&mut bytes)
    } else {
        let file = std::fs::File::open(path).map_err(wrong)?;
        file.take(limit + 1).read_to_end(&mut bytes)
    };
    match read.map_err(wrong)? {
        size if size as u64 > limit => Err(UsageError::new(format!(
            "the {what} `{shown}` is larger than {} MB",
            limit / 1024 / 1024
        ))),
        _ => Ok(bytes),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn shown(path: &Path) -> String {
    if is_stdin(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}
