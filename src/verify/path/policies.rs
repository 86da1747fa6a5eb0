//! Certificate policies where an authority demands one (RFC 5280 §6.1.3 to §6.1.5): Go and Chrome refuse a path without.
//!
//! The valid policies are kept as a set instead of a tree: which policy a path is good for is not asked here, only whether any.

use std::collections::BTreeSet;

use x509_parser::extensions::ParsedExtension;

use super::certificate::{Cert, id};

/// Any policy, 2.5.29.32.0.
const ANY: &str = "2.5.29.32.0";

/// What has been found from the anchor down.
struct State {
    /// `None` is any policy.
    valid: Option<BTreeSet<String>>,
    /// Certificates until a valid policy is demanded, until any policy counts no more, and until none may be mapped.
    explicit: usize,
    any: usize,
    mapping: usize,
}

/// The subject of the certificate from which on no policy is valid although one is demanded. The path has the leaf first.
pub(super) fn unmet(path: &[&Cert<'_>]) -> Option<String> {
    let length = path.len();
    let mut state = State {
        valid: None,
        explicit: length + 1,
        any: length + 1,
        mapping: length + 1,
    };
    for (below, certificate) in path.iter().enumerate().rev() {
        state.meet(certificate);
        if below == 0 {
            state.wrap_up(certificate);
        } else {
            state.prepare(certificate);
        }
        if state.explicit == 0 && state.valid.as_ref().is_some_and(BTreeSet::is_empty) {
            return Some(certificate.subject());
        }
    }
    None
}

impl State {
    fn meet(&mut self, certificate: &Cert<'_>) {
        let own = policies(certificate);
        let any = own.contains(ANY) && (self.any > 0 || certificate.is_self_issued());
        let named: BTreeSet<String> = own.into_iter().filter(|policy| policy != ANY).collect();
        self.valid = match (self.valid.take(), any) {
            (None, true) => None,
            (None, false) => Some(named),
            (Some(valid), true) => Some(valid),
            (Some(valid), false) => Some(valid.intersection(&named).cloned().collect()),
        };
    }

    /// RFC 5280 §6.1.5: the leaf itself may demand a policy.
    fn wrap_up(&mut self, leaf: &Cert<'_>) {
        self.explicit = self.explicit.saturating_sub(1);
        if let Some(ParsedExtension::PolicyConstraints(own)) = parsed(leaf, id::POLICY_CONSTRAINTS)
            && own.require_explicit_policy == Some(0)
        {
            self.explicit = 0;
        }
    }

    /// RFC 5280 §6.1.4.
    fn prepare(&mut self, certificate: &Cert<'_>) {
        self.map(certificate);
        if !certificate.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.any = self.any.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
        }
        let number = |skip: u32| usize::try_from(skip).unwrap_or(usize::MAX);
        if let Some(ParsedExtension::PolicyConstraints(own)) =
            parsed(certificate, id::POLICY_CONSTRAINTS)
        {
            let least =
                |left: usize, skip: Option<u32>| skip.map_or(left, |skip| left.min(number(skip)));
            self.explicit = least(self.explicit, own.require_explicit_policy);
            self.mapping = least(self.mapping, own.inhibit_policy_mapping);
        }
        if let Some(ParsedExtension::InhibitAnyPolicy(own)) =
            parsed(certificate, id::INHIBIT_ANY_POLICY)
        {
            self.any = self.any.min(number(own.skip_certs));
        }
    }

    fn map(&mut self, certificate: &Cert<'_>) {
        let (Some(valid), Some(ParsedExtension::PolicyMappings(own))) =
            (&mut self.valid, parsed(certificate, id::POLICY_MAPPINGS))
        else {
            return;
        };
        let before = valid.clone();
        for mapping in &own.mappings {
            let from = mapping.issuer_domain_policy.to_id_string();
            if before.contains(&from) {
                valid.remove(&from);
                if self.mapping > 0 {
                    valid.insert(mapping.subject_domain_policy.to_id_string());
                }
            }
        }
    }
}

fn policies(certificate: &Cert<'_>) -> BTreeSet<String> {
    match parsed(certificate, id::POLICIES) {
        Some(ParsedExtension::CertificatePolicies(own)) => own
            .iter()
            .map(|policy| policy.policy_id.to_id_string())
            .collect(),
        _ => BTreeSet::new(),
    }
}

fn parsed<'c>(certificate: &'c Cert<'c>, oid: &[u8]) -> Option<&'c ParsedExtension<'c>> {
    Some(certificate.extension(oid)?.parsed_extension())
}
