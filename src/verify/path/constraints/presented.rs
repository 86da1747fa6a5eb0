//! The names that a certificate presents, of all kinds to which constraints apply.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::certificate::{Cert, general_name, id};
use super::super::distinguished::{Distinguished, mail_addresses};
use crate::verify::der::Element;

/// A name that a certificate presents.
#[derive(Debug)]
pub(super) enum Presented {
    Dns(String),
    Email(String),
    Uri(String),
    Ip(Vec<u8>),
    Directory(Distinguished, String),
    Other(u8),
}

/// Every name of a certificate to which constraints apply. `None` when its alternative names cannot be read.
pub(super) fn presented(certificate: &Cert<'_>) -> Option<Vec<Presented>> {
    let mut all = Vec::new();
    let subject = Distinguished::read(certificate.subject_der())?;
    if !subject.is_empty() {
        all.push(Presented::Directory(subject, certificate.subject()));
    }
    let mails = mail_addresses(certificate.subject_der());
    all.extend(mails.iter().map(|mailbox| mailbox_of(mailbox)));
    let extension = certificate.extension(id::ALTERNATIVE_NAME);
    if extension.is_some() {
        for name in certificate.alternative_names()? {
            all.push(presented_name(&name));
        }
    }
    Some(all)
}

fn presented_name(name: &Element<'_>) -> Presented {
    let text = || String::from_utf8_lossy(name.content).into_owned();
    match name.tag {
        general_name::DNS => Presented::Dns(text().to_ascii_lowercase()),
        general_name::EMAIL => mailbox_of(&text()),
        general_name::URI => Presented::Uri(text()),
        general_name::IP => Presented::Ip(name.content.to_vec()),
        general_name::DIRECTORY => match Distinguished::read(name.content) {
            Some(read) => Presented::Directory(read, "a directory name".to_owned()),
            None => Presented::Other(name.tag),
        },
        other => Presented::Other(other),
    }
}

pub(super) fn mailbox_of(text: &str) -> Presented {
    Presented::Email(match text.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
        None => text.to_owned(),
    })
}

impl Presented {
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Dns(name) => format!("DNS:{name}"),
            Self::Email(name) => format!("email:{name}"),
            Self::Uri(name) => format!("URI:{name}"),
            Self::Ip(bytes) => match (
                <[u8; 4]>::try_from(&bytes[..]),
                <[u8; 16]>::try_from(&bytes[..]),
            ) {
                (Ok(v4), _) => format!("IP:{}", Ipv4Addr::from(v4)),
                (_, Ok(v6)) => format!("IP:{}", Ipv6Addr::from(v6)),
                _ => "IP:?".to_owned(),
            },
            Self::Directory(_, subject) => format!("DirName:{subject}"),
            Self::Other(tag) => format!("name of kind {}", tag & 0x1f),
        }
    }
}

/// The host of a URI, when it has one that is a name.
pub(super) fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    if host.starts_with('[') {
        return None;
    }
    let host = host.split(':').next()?.to_ascii_lowercase();
    (!host.is_empty() && host.parse::<Ipv4Addr>().is_err()).then_some(host)
}
