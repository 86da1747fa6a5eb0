//! The zone cuts met on the way: entering one means to know a server of it with an address, looked up where the referral
//! brought none, within bounds.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;
use hickory_proto::op::Message;

use super::message;
use super::referral::Cut;
use super::trace::{Resolution, Stack, Tracer, Usable, limit, lock};
use crate::facts::dns::{Glue, NsDenial, Obstacle, Server};
use crate::facts::name::{DnsName, RrType};
use crate::net::limits;

impl Tracer {
    /// The cut of a zone that the servers of its parent have as well, which therefore gave no referral.
    pub(super) fn enter_hidden(self: &Arc<Self>, index: usize, parent: &Cut, apex: DnsName) -> Cut {
        if self.plan.signatures {
            let signer = self.ask_for_cut(index, parent, &apex, RrType::DS);
            lock(&self.tasks).spawn(signer.map(|_| ()));
        }
        let cut = parent.hidden(apex);
        lock(&self.cuts)
            .entry(cut.zone.clone())
            .or_insert(cut)
            .clone()
    }

    /// The deepest zone met that holds `name`.
    pub(super) fn zone_of(&self, name: &DnsName) -> DnsName {
        self.deepest_cut(name).zone
    }

    pub(super) fn deepest_cut(&self, name: &DnsName) -> Cut {
        let cuts = lock(&self.cuts);
        let above = cuts
            .values()
            .filter(|cut| name.is_at_or_below(&cut.zone) && cut.has_address());
        above
            .max_by_key(|cut| cut.zone.label_count())
            .cloned()
            .unwrap_or_else(|| Cut::root(&self.plan.hints))
    }

    /// How many referrals lead to a zone, whichever question was given them.
    pub(super) fn referrals_to(&self, zone: &DnsName) -> usize {
        let cuts = lock(&self.cuts);
        let above = |cut: &&DnsName| *cut != zone && zone.is_at_or_below(cut);
        cuts.keys().filter(above).count()
    }

    /// Makes sure that a new cut has a server with an address, looking up names when the referral brought none.
    pub(super) async fn enter(
        self: &Arc<Self>,
        index: usize,
        parent: &Cut,
        mut cut: Cut,
        stack: &Stack,
    ) -> Result<Cut, Obstacle> {
        if self.referrals_to(&cut.zone) > limits::REFERRALS {
            return Err(limit("REFERRALS", &cut.zone));
        }
        let usable = |cut: &Cut| cut.servers().iter().any(|server| self.can_ask(server));
        let mut circular = false;
        if !usable(&cut) {
            cut.found = self.glue_of(index, parent, &cut).await;
        }
        if !usable(&cut) {
            let names: Vec<DnsName> = cut
                .without_address()
                .into_iter()
                .filter(|name| !cut.needs_glue(name))
                .collect();
            let looked_up = self.addresses_of(index, &names, stack).await;
            circular = looked_up.circular;
            cut.found.extend(looked_up.found);
            cut.deny(looked_up.denials);
        }
        let cut = match lock(&self.cuts).entry(cut.zone.clone()) {
            // Another question may have met it first, and in a place where it could not be entered.
            Entry::Occupied(mut known) => {
                if !usable(known.get()) && usable(&cut) {
                    known.insert(cut);
                }
                known.get().clone()
            }
            Entry::Vacant(free) => free.insert(cut).clone(),
        };
        match (usable(&cut), circular) {
            (true, _) => Ok(cut),
            (false, true) => Err(Obstacle::DelegationLoop { zone: cut.zone }),
            (false, false) if cut.servers().is_empty() => {
                Err(Obstacle::NoServerAddress { zone: cut.zone })
            }
            (false, false) => Err(Obstacle::NoUsableServer { zone: cut.zone }),
        }
    }

    /// The same cut with the servers that came without an address, looked up now that the others do not answer; `None` when that
    /// leads to no other. What was asked of the others in vain may be asked again.
    pub(super) async fn widen(
        self: &Arc<Self>,
        index: usize,
        cut: &Cut,
        stack: &Stack,
    ) -> Option<Cut> {
        let names = cut.not_looked_up();
        if names.is_empty() || self.wire.deadline.left().is_zero() {
            return None;
        }
        let looked_up = self.addresses_of(index, &names, stack).await;
        let known = lock(&self.cuts).get(&cut.zone).cloned();
        let mut wider = known.unwrap_or_else(|| cut.clone());
        for glue in looked_up.found {
            if !wider.found.contains(&glue) {
                wider.found.push(glue);
            }
        }
        wider.deny(looked_up.denials);
        let before = cut.servers();
        let is_new = |server: &Server| self.can_ask(server) && !before.contains(server);
        if !wider.servers().iter().any(is_new) {
            return None;
        }
        lock(&self.cuts).insert(wider.zone.clone(), wider.clone());
        let answered = |usable: Option<&Usable>| matches!(usable, Some(Some(_)));
        lock(&self.asks)
            .retain(|(zone, ..), inquiry| *zone != wider.zone || answered(inquiry.peek()));
        Some(wider)
    }

    /// Asks the parent's servers for the glue that a referral did not bring: some tell it only when asked.
    pub(super) async fn glue_of(
        self: &Arc<Self>,
        index: usize,
        parent: &Cut,
        cut: &Cut,
    ) -> Vec<Glue> {
        let names = cut.without_address().into_iter();
        let needed = names.filter(|name| cut.needs_glue(name));
        let pairs = needed
            .take(limits::SERVER_NAME_LOOKUPS)
            .flat_map(|name| [(name.clone(), RrType::A), (name, RrType::AAAA)]);
        let asks = pairs.map(|(name, rr_type)| async move {
            let reply = self.ask_for_cut(index, parent, &name, rr_type).await;
            reply.map(|reply| addresses_in(&name, &reply.1.message))
        });
        join_all(asks)
            .await
            .into_iter()
            .flatten()
            .flatten()
            .collect()
    }

    /// Looks up the addresses of server names, at most so many at a cut and so deep.
    pub(super) async fn addresses_of(
        self: &Arc<Self>,
        index: usize,
        names: &[DnsName],
        stack: &Stack,
    ) -> LookedUp {
        if stack.len() >= limits::LOOKUP_DEPTH {
            return LookedUp {
                circular: true,
                ..LookedUp::default()
            };
        }
        let names = names.iter().take(limits::SERVER_NAME_LOOKUPS);
        let looked_up = join_all(names.map(|name| self.addresses_of_one(index, name, stack))).await;
        let mut all = LookedUp::default();
        for one in looked_up {
            all.found.extend(one.found);
            all.denials.extend(one.denials);
            all.circular |= one.circular;
        }
        all
    }

    async fn addresses_of_one(
        self: &Arc<Self>,
        index: usize,
        name: &DnsName,
        stack: &Stack,
    ) -> LookedUp {
        let lookups = [RrType::A, RrType::AAAA].map(|rr_type| {
            let key = (name.clone(), rr_type);
            let circular = stack.contains(&key);
            let deeper = Arc::new(stack.iter().cloned().chain([key]).collect());
            let resolved = Arc::clone(self).resolve(index, name.clone(), rr_type, deeper);
            async move { if circular { None } else { Some(resolved.await) } }
        });
        let ends = join_all(lookups).await;
        let is_circular = |end: &Option<Resolution>| match end {
            None => true,
            Some(end) => matches!(end.obstacle, Some(Obstacle::DelegationLoop { .. })),
        };
        let answers = ends.iter().flatten().flat_map(|end| &end.answers);
        let found = answers.filter_map(message::address).map(|address| Glue {
            name: name.clone(),
            address,
        });
        let found: Vec<Glue> = found.collect();
        let told = found.is_empty()
            && ends
                .iter()
                .all(|end| end.as_ref().is_none_or(Resolution::is_final));
        let last = ends.iter().flatten().next_back().filter(|_| told);
        LookedUp {
            denials: last.and_then(|end| end.denial(name)).into_iter().collect(),
            circular: ends.iter().any(is_circular),
            found,
        }
    }

    /// The cuts met, from the root down, with the addresses of every server of those named in `complete`.
    pub(super) async fn complete_cuts(self: &Arc<Self>, complete: &[DnsName]) -> Vec<Cut> {
        let mut cuts = self.cuts();
        for cut in cuts.iter_mut().filter(|cut| complete.contains(&cut.zone)) {
            let missing: Vec<DnsName> = cut
                .without_address()
                .into_iter()
                .filter(|name| !cut.needs_glue(name))
                .collect();
            let looked_up = self.addresses_of(0, &missing, &Stack::default()).await;
            cut.found.extend(looked_up.found);
            cut.deny(looked_up.denials);
            lock(&self.cuts).insert(cut.zone.clone(), cut.clone());
        }
        cuts
    }

    /// The cuts met so far, from the root down.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = lock(&self.cuts).values().cloned().collect();
        cuts.sort_by_key(|cut| cut.zone.label_count());
        cuts
    }
}

/// Addresses found, which names have none, and whether finding them would have needed themselves.
#[derive(Default)]
pub(super) struct LookedUp {
    pub(super) found: Vec<Glue>,
    denials: Vec<NsDenial>,
    circular: bool,
}

/// The addresses of `name` that a response brings, wherever they stand in it.
fn addresses_in(name: &DnsName, message: &Message) -> Vec<Glue> {
    let records = message.answers.iter().chain(&message.additionals);
    let own = records.filter(|record| record.name == *name.as_wire());
    own.filter_map(message::address)
        .map(|address| Glue {
            name: name.clone(),
            address,
        })
        .collect()
}
