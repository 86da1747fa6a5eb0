//! Is one response proven? Each server's data stands for itself.

use std::rc::Rc;

use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::chain::{Chain, Trust};
use super::evidence::Reply;
use super::rrset::{Keys, RrSet};
use crate::facts::dns::ResponseClass;
use crate::facts::dnssec::{Flaw, Security};
use crate::facts::name::{DnsName, RrType, substituted, uncompressed};

/// What a proven response means: mostly what its class says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    AsClassed,
    /// It says that the name does not exist, and proves that it exists without the type.
    Nodata,
}

/// Whether a response is proven; `None` for what is no answer of its zone.
pub(super) fn security(chain: &Chain<'_>, reply: &Reply) -> Option<Security> {
    if !reply.class.is_usable() || reply.class == ResponseClass::Referral {
        return None;
    }
    Some(match meaning(chain, reply) {
        Ok(_) => Security::secure(),
        Err(flaw) => flaw.into(),
    })
}

/// What a response proves, or why it does not.
pub(super) fn meaning(chain: &Chain<'_>, reply: &Reply) -> Result<Meaning, Flaw> {
    let keys = match chain.trust(&reply.zone) {
        Trust::Secure(keys) => keys,
        Trust::Not(flaw) => return Err(flaw),
    };
    let proof = Proving { chain, reply, keys };
    match reply.class {
        ResponseClass::Answer => proof.answer().map(|()| Meaning::AsClassed),
        ResponseClass::Alias => proof.alias().map(|()| Meaning::AsClassed),
        ResponseClass::Nxdomain => proof.no_name(),
        _ => proof.no_data().map(|()| Meaning::AsClassed),
    }
}

struct Proving<'a, 'c> {
    chain: &'a Chain<'c>,
    reply: &'a Reply,
    /// Those of the zone that was asked.
    keys: Rc<Keys>,
}

impl Proving<'_, '_> {
    fn answer(&self) -> Result<(), Flaw> {
        let (name, answers) = (self.reply.name.as_wire(), &self.reply.message().answers);
        let wanted = self.reply.rr_type.as_wire();
        if wanted == RecordType::RRSIG {
            let r#type = self.reply.rr_type;
            return Err(Flaw::NotVerifiable { r#type });
        }
        if wanted == RecordType::CNAME {
            return self.alias();
        }
        let any = wanted == RecordType::ANY;
        let mut sets = RrSet::all(answers);
        sets.retain(|set| set.name == name && (any || set.rr_type == wanted));
        // To ANY there may be signatures alone, which nothing signs.
        if sets.is_empty() {
            let r#type = RecordType::RRSIG.into();
            return Err(Flaw::NotVerifiable { r#type });
        }
        sets.iter().try_for_each(|set| match set.rr_type {
            // What a DNAME stands for has no signature of its own.
            RecordType::CNAME => self.alias(),
            _ => self.positive(set),
        })
    }

    /// The alias at the name, or the DNAME above it that it was made from (RFC 6672 §5.3.1).
    fn alias(&self) -> Result<(), Flaw> {
        let (name, answers) = (self.reply.name.as_wire(), &self.reply.message().answers);
        let alias = RrSet::find(answers, name, RecordType::CNAME);
        let sets = RrSet::all(answers);
        let above = |set: &&RrSet<'_>| {
            set.rr_type == RrType::DNAME.as_wire() && set.name != name && set.name.zone_of(name)
        };
        match (sets.iter().find(above), &alias) {
            // The trace went where the DNAME leads.
            (Some(dname), _) if self.reply.class == ResponseClass::Alias => self.positive(dname),
            (Some(dname), Some(alias)) if is_made_from(alias, dname) => self.positive(dname),
            (Some(dname), None) => self.positive(dname),
            (_, Some(alias)) => self.positive(alias),
            (None, None) => Err(Flaw::SignatureMissing {
                name: self.reply.name.clone(),
                r#type: RrType::CNAME,
                zone: self.keys.zone.clone().into(),
            }),
        }
    }

    fn positive(&self, set: &RrSet<'_>) -> Result<(), Flaw> {
        let signing = self.chain.signing_keys(set, &self.keys);
        let keys = match signing {
            Ok(keys) => keys,
            Err(Flaw::SignatureMissing { r#type, .. }) => {
                return Err(self.chain.unsigned(set.name, r#type, &self.keys));
            }
            Err(flaw) => return Err(flaw),
        };
        let proven = self.chain.check.verify(set, &keys)?;
        let Some(encloser) = proven.wildcard_at else {
            return Ok(());
        };
        let denials = self.chain.denials(&self.reply.message().authorities, &keys);
        denials.wildcard_applies(set.name, &encloser, set.rr_type.into())
    }

    fn no_name(&self) -> Result<Meaning, Flaw> {
        let (name, rr_type) = (self.reply.name.as_wire(), self.reply.rr_type);
        let keys = self.denying_keys()?;
        let denials = self.chain.denials(&self.reply.message().authorities, &keys);
        match denials.no_name(name, rr_type) {
            Ok(()) => Ok(Meaning::AsClassed),
            // Validators are lenient with the code when the records prove something that is as good.
            Err(Flaw::DenialInvalid { .. }) if denials.no_data(name, rr_type).is_ok() => {
                Ok(Meaning::Nodata)
            }
            Err(flaw) => Err(flaw),
        }
    }

    fn no_data(&self) -> Result<(), Flaw> {
        let keys = self.denying_keys()?;
        let denials = self.chain.denials(&self.reply.message().authorities, &keys);
        denials.no_data(self.reply.name.as_wire(), self.reply.rr_type)
    }

    /// The keys of the zone that denies, whose SOA must count as well.
    fn denying_keys(&self) -> Result<Rc<Keys>, Flaw> {
        let (name, rr_type) = (self.reply.name.as_wire(), self.reply.rr_type);
        let section = &self.reply.message().authorities;
        let keys = match self.chain.denying_keys(section, &self.keys, None) {
            Some(keys) => keys?,
            None => {
                return Err(match self.chain.unsigned(name, rr_type, &self.keys) {
                    Flaw::SignatureMissing { zone, .. } => Flaw::DenialInvalid {
                        name: self.reply.name.clone(),
                        r#type: rr_type,
                        zone,
                    },
                    flaw => flaw,
                });
            }
        };
        let soa = RrSet::find(section, &keys.zone, RecordType::SOA);
        soa.map_or(Ok(()), |soa| {
            self.chain.check.verify(&soa, &keys).map(|_| ())
        })?;
        Ok(keys)
    }
}

/// Where a response says that the name is an alias to: a DNAME above it comes before what was made of that (RFC 6672 §3.4).
pub(super) fn alias_target(reply: &Reply) -> Option<DnsName> {
    let (name, answers) = (reply.name.as_wire(), &reply.message().answers);
    let dnames = answers.iter().filter(|record| is_dname(record));
    let made = dnames
        .filter_map(|record| substituted(name, &record.name, &target(record)?))
        .next();
    let alias = || {
        let own = answers.iter().filter(|record| record.name == *name);
        own.into_iter().find_map(|record| match &record.data {
            RData::CNAME(target) => Some(target.0.clone()),
            _ => None,
        })
    };
    made.or_else(alias).map(DnsName::from)
}

fn is_dname(record: &Record) -> bool {
    record.record_type() == RrType::DNAME.as_wire()
}

/// The name that a CNAME or DNAME leads to.
fn target(record: &Record) -> Option<Name> {
    match &record.data {
        RData::CNAME(target) => Some(target.0.clone()),
        RData::Unknown { rdata, .. } => uncompressed(&rdata.anything),
        _ => None,
    }
}

/// Whether an alias is what a DNAME makes of the name (RFC 6672 §2.2).
fn is_made_from(alias: &RrSet<'_>, dname: &RrSet<'_>) -> bool {
    let of = |set: &RrSet<'_>| set.records.iter().find_map(|record| target(record));
    let made = of(dname).and_then(|target| substituted(alias.name, dname.name, &target));
    made.is_some() && made == of(alias)
}
