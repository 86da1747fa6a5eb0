//! A certificate as path validation sees it: the parser's view, and raw bytes where the parser reads leniently.

use x509_parser::extensions::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, ParsedExtension, X509Extension,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::verify::der::{self, Element};

/// Object identifiers of extensions, as their content bytes (RFC 5280 §4.2).
pub(in crate::verify) mod id {
    pub(in crate::verify) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
    pub(in crate::verify) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
    pub(in crate::verify) const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];
    pub(in crate::verify) const ISSUER_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 18];
    pub(in crate::verify) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
    pub(in crate::verify) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
    pub(in crate::verify) const CRL_POINTS: &[u8] = &[0x55, 0x1d, 31];
    pub(in crate::verify) const POLICIES: &[u8] = &[0x55, 0x1d, 32];
    pub(in crate::verify) const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
    pub(in crate::verify) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
    pub(in crate::verify) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
    pub(in crate::verify) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
    pub(in crate::verify) const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
    pub(in crate::verify) const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
    pub(in crate::verify) const SUBJECT_DIRECTORY: &[u8] = &[0x55, 0x1d, 9];
    /// Authority information access, 1.3.6.1.5.5.7.1.1.
    pub(in crate::verify) const AUTHORITY_ACCESS: &[u8] = &[43, 6, 1, 5, 5, 7, 1, 1];
    /// Subject information access, 1.3.6.1.5.5.7.1.11.
    pub(in crate::verify) const SUBJECT_ACCESS: &[u8] = &[43, 6, 1, 5, 5, 7, 1, 11];
    /// TLS Feature, 1.3.6.1.5.5.7.1.24 (RFC 7633).
    pub(in crate::verify) const TLS_FEATURE: &[u8] = &[43, 6, 1, 5, 5, 7, 1, 24];
    /// 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 §3.3).
    pub(in crate::verify) const TIMESTAMPS: &[u8] = &[43, 6, 1, 4, 1, 214, 121, 2, 4, 2];
}

/// Tags of general names (RFC 5280 §4.2.1.6).
pub(in crate::verify) mod general_name {
    pub(in crate::verify) const EMAIL: u8 = 0x81;
    pub(in crate::verify) const DNS: u8 = 0x82;
    pub(in crate::verify) const DIRECTORY: u8 = 0xa4;
    pub(in crate::verify) const URI: u8 = 0x86;
    pub(in crate::verify) const IP: u8 = 0x87;
}

/// A certificate that could be read.
#[derive(Debug)]
pub(in crate::verify) struct Cert<'a> {
    pub(in crate::verify) x509: X509Certificate<'a>,
    pub(in crate::verify) der: &'a [u8],
    /// Its place in the chain as sent.
    pub(in crate::verify) place: Option<usize>,
}

impl<'a> Cert<'a> {
    /// Reads all of `der`; bytes after the certificate make it none, and so does anything within it after the signature, or that
    /// no client reads.
    pub(in crate::verify) fn read(der: &'a [u8], place: Option<usize>) -> Option<Self> {
        let (rest, x509) = X509Certificate::from_der(der).ok()?;
        let parts = der::sequence(der)?;
        let is_whole = rest.is_empty() && parts.len() == 3 && is_readable(parts.first()?);
        is_whole.then_some(Self { x509, der, place })
    }

    pub(in crate::verify) fn subject(&self) -> String {
        self.x509.subject().to_string()
    }

    pub(in crate::verify) fn subject_der(&self) -> &[u8] {
        self.x509.subject().as_raw()
    }

    pub(in crate::verify) fn issuer_der(&self) -> &[u8] {
        self.x509.issuer().as_raw()
    }

    pub(in crate::verify) fn key_der(&self) -> &[u8] {
        self.x509.public_key().raw
    }

    pub(in crate::verify) fn is_self_issued(&self) -> bool {
        self.subject_der() == self.issuer_der()
    }

    /// The first extension of this kind.
    pub(in crate::verify) fn extension(&self, id: &[u8]) -> Option<&X509Extension<'a>> {
        let mut all = self.x509.extensions().iter();
        all.find(|extension| extension.oid.as_bytes() == id)
    }

    fn parsed(&self) -> impl Iterator<Item = &ParsedExtension<'a>> {
        let all = self.x509.extensions().iter();
        all.map(X509Extension::parsed_extension)
    }

    pub(in crate::verify) fn basic_constraints(&self) -> Option<&BasicConstraints> {
        self.parsed().find_map(|extension| match extension {
            ParsedExtension::BasicConstraints(found) => Some(found),
            _ => None,
        })
    }

    pub(in crate::verify) fn is_authority(&self) -> bool {
        self.basic_constraints().is_some_and(|found| found.ca)
    }

    pub(in crate::verify) fn key_usage(&self) -> Option<&KeyUsage> {
        self.parsed().find_map(|extension| match extension {
            ParsedExtension::KeyUsage(found) => Some(found),
            _ => None,
        })
    }

    pub(in crate::verify) fn purposes(&self) -> Option<&ExtendedKeyUsage<'a>> {
        self.parsed().find_map(|extension| match extension {
            ParsedExtension::ExtendedKeyUsage(found) => Some(found),
            _ => None,
        })
    }

    pub(in crate::verify) fn key_id(&self) -> Option<&'a [u8]> {
        let value = self.extension(id::SUBJECT_KEY_ID)?.value;
        Some(der::only(value, der::OCTET_STRING)?.content)
    }

    /// The fields of the authority key identifier: `[0]` key identifier, `[1]` issuer, `[2]` serial number.
    pub(in crate::verify) fn authority_key_id(&self) -> Option<Vec<Element<'a>>> {
        der::sequence(self.extension(id::AUTHORITY_KEY_ID)?.value)
    }

    /// The issuer's key identifier.
    pub(in crate::verify) fn issuer_key_id(&self) -> Option<&'a [u8]> {
        let fields = self.authority_key_id()?;
        let mut ids = fields.iter().filter(|field| field.tag == 0x80);
        ids.next().map(|field| field.content)
    }

    /// The alternative names; `None` when there are none that can be read.
    pub(in crate::verify) fn alternative_names(&self) -> Option<Vec<Element<'a>>> {
        der::sequence(self.extension(id::ALTERNATIVE_NAME)?.value)
    }
}

/// What all clients ask of the body that the parser does not: a version that exists, a serial number that is one, a beginning and
/// an end of the validity, and extensions in DER (RFC 5280 §4.1).
fn is_readable(body: &Element<'_>) -> bool {
    let fields = der::elements(body.content).unwrap_or_default();
    let (version, fields) = match fields.split_first() {
        Some((version, rest)) if version.tag == 0xa0 => (Some(version), rest),
        _ => (None, fields.as_slice()),
    };
    let is_version = version.is_none_or(|version| {
        let number = der::only(version.content, der::INTEGER);
        number.is_some_and(|number| matches!(number.content, [0..=2]))
    });
    let serial = fields.first();
    let is_serial =
        serial.is_some_and(|serial| serial.tag == der::INTEGER && der::is_number(serial.content));
    let times = fields.get(3).and_then(|field| der::elements(field.content));
    let has_two_times = times.is_some_and(|times| times.len() == 2);
    let mut extensions = fields.iter().filter(|field| field.tag == 0xa3);
    let are_read = extensions.all(|list| {
        let all = der::sequence(list.content);
        all.is_some_and(|all| all.iter().all(|own| der::sequence(own.whole).is_some()))
    });
    is_version && is_serial && has_two_times && are_read
}

/// Common names of a distinguished name that are text.
pub(in crate::verify) fn common_names(subject: &x509_parser::x509::X509Name<'_>) -> Vec<String> {
    let names = subject.iter_common_name();
    names
        .filter_map(|name| name.as_str().ok().map(str::to_owned))
        .collect()
}
