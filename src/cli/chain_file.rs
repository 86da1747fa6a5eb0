//! `--save-chain`: the chain as sent, or as it should be sent.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::args::PemArgs;
use super::exit::UsageError;
use super::output;
use crate::facts::certificate::Certificate;
use crate::facts::tls::{Endpoint, Tls};

/// Where the chain of the only target goes, if anywhere.
pub(super) struct Saving {
    to: Option<PathBuf>,
    complete: bool,
    failed: Mutex<Option<UsageError>>,
}

impl Saving {
    pub(super) fn new(args: &PemArgs, targets: usize) -> Result<Self, UsageError> {
        if args.save_chain.is_some() && targets != 1 {
            return Err(
                UsageError::new("--save-chain writes the chain of one target")
                    .hint("give one host or file, or leave --save-chain out"),
            );
        }
        Ok(Self {
            to: args.save_chain.clone(),
            complete: args.complete,
            failed: Mutex::default(),
        })
    }

    /// Writes what was shown, where that is wanted.
    pub(super) fn save(&self, tls: Option<&Tls>) {
        if let (Some(to), Some(tls)) = (&self.to, tls)
            && let Err(wrong) = save(to, tls, self.complete)
        {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(wrong);
        }
    }

    /// Whether what was to be written was.
    pub(super) fn done(self) -> Result<(), UsageError> {
        let failed = self.failed.into_inner();
        failed
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(()), Err)
    }
}

/// Writes the chain of the first endpoint that showed one; `complete`: in order, with the issuers that it lacks, without the root.
fn save(to: &Path, tls: &Tls, complete: bool) -> Result<(), UsageError> {
    let mut shown = tls
        .endpoints
        .iter()
        .filter(|endpoint| !endpoint.chain.is_empty());
    let Some(endpoint) = shown.next() else {
        output::warn(&format!(
            "no chain was shown, `{}` is not written",
            to.display()
        ));
        return Ok(());
    };
    let certificates = if complete {
        completed(endpoint)
    } else {
        endpoint.chain.iter().collect()
    };
    let text: String = certificates.iter().map(|own| own.pem.as_str()).collect();
    output::replace(to, &text)
}

/// The path from the leaf up, each by its issuer's name, until a root or an issuer that nobody has.
fn completed(endpoint: &Endpoint) -> Vec<&Certificate> {
    let fetched = endpoint.issuers_fetched.iter();
    let known: Vec<&Certificate> = endpoint
        .chain
        .iter()
        .chain(fetched.filter_map(|fetched| fetched.certificate.as_ref()))
        .collect();
    let mut path: Vec<&Certificate> = endpoint.leaf().into_iter().collect();
    while let Some(top) = path.last() {
        let fits = |candidate: &&&Certificate| {
            let by_key = top.authority_key_id.is_none()
                || candidate.subject_key_id.is_none()
                || top.authority_key_id == candidate.subject_key_id;
            candidate.subject == top.issuer
                && by_key
                && candidate.subject != candidate.issuer
                && !path.iter().any(|own| own.sha256 == candidate.sha256)
        };
        match known.iter().find(fits) {
            Some(next) => path.push(next),
            None => break,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tls::FetchedIssuer;

    fn certificate(subject: &str, issuer: &str) -> Certificate {
        Certificate {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            sha256: subject.to_owned(),
            ..Certificate::default()
        }
    }

    #[test]
    fn a_completed_chain_is_in_order_with_what_was_fetched_and_without_the_root() {
        let sent = vec![
            certificate("leaf", "one"),
            certificate("root", "root"),
            certificate("one", "two"),
        ];
        let mut tls = crate::observe::tls::file::read("chain.pem", None, &[]);
        let endpoint = tls.endpoints.first_mut().unwrap();
        endpoint.chain = sent;
        endpoint.issuers_fetched = vec![FetchedIssuer {
            url: "http://ca.example/two".to_owned(),
            certificate: Some(certificate("two", "root")),
            failure: None,
        }];
        let subjects: Vec<&str> = completed(endpoint)
            .iter()
            .map(|own| own.subject.as_str())
            .collect();
        assert_eq!(subjects, ["leaf", "one", "two"]);
    }
}
