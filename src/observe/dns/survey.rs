//! Every server of the zone that the answer came from, asked for itself; and the trace written down as facts.
//!
//! Two flights: first each server is asked for the SOA, over UDP and over TCP, then those that are there for all else. A third
//! goes to servers that only the zone itself lists, and to those that differ, to see whether they do so again.

mod asking;
mod beside;
mod facts;
mod once;

use std::sync::Arc;

use futures_util::future::join_all;

use super::exchange::Inquiry;
use super::referral::Cut;
use super::trace::{Tracer, lock};
use crate::facts::dns::{Asked, Dns, Glue, Obstacle, Question, Server, Zone};
use crate::facts::name::{DnsName, RrType};
use crate::net::limits;
use asking::Topics;

/// Of the repeats that tell whether a server differs by itself: the odd ones are asked so often, the usual one once. One that draws
/// between two answers seems settled in 1 of 32 runs.
const REPEATS: usize = 5;

impl Tracer {
    /// Asks each server of the zones in which the questions ended.
    pub(super) async fn survey(self: &Arc<Self>, questions: &[Question]) {
        self.complete_cuts(&self.ends(questions)).await;
        let ends = self.ends(questions);
        let cuts = self.cuts();
        let zones = cuts.iter().filter(|cut| ends.contains(&cut.zone));
        let zones = join_all(zones.map(|cut| self.survey_zone(cut, questions)));
        tokio::join!(
            zones,
            self.ask_of_siblings(questions),
            self.ask_parents(&cuts)
        );
    }

    async fn survey_zone(self: &Arc<Self>, cut: &Cut, questions: &[Question]) {
        let topics = Topics::of(cut, questions, &self.plan);
        tokio::join!(
            self.ask_servers(cut.servers(), &topics),
            self.ask_of_itself(cut)
        );
        if !is_deep(&cut.zone, questions) {
            return;
        }
        let mut zone = self.zone_so_far(cut, questions);
        if self.ask_the_newest(cut, &zone).await {
            zone = self.zone_so_far(cut, questions);
        }
        let more = self.listed_by_itself(cut, &zone).await;
        if more.is_empty() {
            return self.ask_again(cut, &zone).await;
        }
        self.ask_servers(more, &topics).await;
        let cuts = self.cuts();
        let complete = cuts.iter().find(|own| own.zone == cut.zone);
        let complete = complete.unwrap_or(cut);
        let zone = self.zone_so_far(complete, questions);
        self.ask_again(complete, &zone).await;
    }

    fn zone_so_far(&self, cut: &Cut, questions: &[Question]) -> Zone {
        self.zone_facts(cut, &self.exchanges(), questions)
    }

    /// Asks a server that is not behind for the addresses of those inside the zone, when another one may have told them. Whether
    /// anything was asked.
    async fn ask_the_newest(&self, cut: &Cut, zone: &Zone) -> bool {
        let known = zone.servers.iter().filter(|one| zone.serial(one).is_some());
        let current: Vec<_> = zone.current().collect();
        let Some(newest) = current.first().filter(|_| current.len() < known.count()) else {
            return false;
        };
        let mut servers = cut.servers().into_iter();
        let Some(server) = servers.find(|server| server.address == newest.address) else {
            return false;
        };
        let inside = cut.names.iter().filter(|name| cut.needs_glue(name));
        let asks = inside.flat_map(|name| [RrType::A, RrType::AAAA].map(|rr_type| (name, rr_type)));
        let asks = asks.map(|(name, rr_type)| {
            let inquiry = Inquiry {
                zone: cut.zone.clone(),
                server: server.clone(),
                name: name.clone(),
                rr_type,
            };
            async move { self.ask_once(&inquiry, true).await }
        });
        !join_all(asks).await.is_empty()
    }

    /// Servers, and addresses of servers, that only the zone itself tells of.
    async fn listed_by_itself(self: &Arc<Self>, cut: &Cut, zone: &Zone) -> Vec<Server> {
        let listed = zone.child_ns.iter().flatten();
        let mut names: Vec<DnsName> = listed
            .filter(|name| !cut.names.contains(name))
            .cloned()
            .collect();
        names.truncate(limits::SERVERS_PER_CUT);
        let mut own = self
            .addresses_of(0, &names, &Default::default())
            .await
            .found;
        own.extend(zone.own_addresses.iter().flatten().cloned());
        let known = cut.servers();
        let is_new = |glue: &Glue| {
            let same = |server: &Server| server.name == glue.name && server.address == glue.address;
            !known.iter().any(same)
        };
        own.retain(is_new);
        own.dedup();
        own.truncate(limits::SERVERS_PER_CUT);
        let mut cuts = lock(&self.cuts);
        let Some(cut) = cuts.get_mut(&cut.zone) else {
            return Vec::new();
        };
        cut.own = own;
        cut.all_servers().split_off(known.len())
    }

    /// Asks servers that differ in an answer once more: some say now this, now that.
    async fn ask_again(&self, cut: &Cut, zone: &Zone) {
        let mut inquiries = Vec::new();
        for difference in zone.differences(zone.current()) {
            let usual = zone.current().find(|server| {
                let mut odd = difference.odd.iter();
                !odd.any(|(one, _)| one.address == server.address)
            });
            let odd = difference.odd.iter().map(|(server, _)| *server);
            let asked = odd.flat_map(|server| std::iter::repeat_n(server, REPEATS));
            for server in asked.chain(usual) {
                let servers = cut.all_servers().into_iter();
                let mut own = servers.filter(|one| one.address == server.address);
                inquiries.extend(own.next().map(|server| Inquiry {
                    zone: cut.zone.clone(),
                    server,
                    name: difference.name.clone(),
                    rr_type: difference.r#type,
                }));
            }
        }
        join_all(inquiries.iter().map(|inquiry| self.put(inquiry, true))).await;
    }

    /// With `--thorough`, asks every server of every zone on the way for its referral.
    async fn ask_parents(&self, cuts: &[Cut]) {
        if !self.plan.thorough {
            return;
        }
        let mut inquiries = Vec::new();
        for child in cuts {
            let above = cuts.iter().filter(|cut| child.zone.is_below(&cut.zone));
            let Some(parent) = above.max_by_key(|cut| cut.zone.label_count()) else {
                continue;
            };
            let servers = parent.servers().into_iter();
            inquiries.extend(servers.map(|server| Inquiry {
                zone: parent.zone.clone(),
                server,
                name: child.zone.clone(),
                rr_type: RrType::A,
            }));
        }
        let inquiries = inquiries
            .iter()
            .filter(|inquiry| self.can_ask(&inquiry.server));
        join_all(inquiries.map(|inquiry| self.ask_once(inquiry, true))).await;
    }

    /// The zones whose servers decide about the names that were asked for, or that stopped the trace. What is asked later may
    /// find cuts below, and changes nothing of them.
    fn ends(&self, questions: &[Question]) -> Vec<DnsName> {
        let mut ends = Vec::new();
        // What was asked besides leads to other zones, and to those above.
        for question in questions
            .iter()
            .filter(|question| question.purpose.is_none())
        {
            let zone = match &question.obstacle {
                Some(Obstacle::NoUsableServer { zone }) => zone.clone(),
                Some(_) => continue,
                None => match question.links.first() {
                    Some(first) => first.zone.clone(),
                    None => self.zone_of(&question.name),
                },
            };
            if zone != DnsName::root() && !ends.contains(&zone) {
                ends.push(zone);
            }
        }
        ends
    }

    /// Writes down what was seen so far.
    pub(super) fn facts(&self, mut questions: Vec<Question>) -> Dns {
        let log = self.exchanges();
        let cuts = self.cuts();
        let zones = cuts.iter();
        let zones = zones
            .map(|cut| self.zone_facts(cut, &log, &questions))
            .collect();
        for question in &mut questions {
            question.sibling = beside::sibling_records(question, &log);
        }
        for (index, step) in log {
            if let Some(question) = questions.get_mut(index) {
                question.steps.push(Arc::unwrap_or_clone(step));
            }
        }
        Dns {
            signatures_asked: self.plan.signatures,
            signatures: Vec::new(),
            questions,
            zones,
            resolvers: Vec::new(),
            registration: None,
            propagation: None,
        }
    }
}

/// Whether all is asked of the servers of a zone: of one under which others register only whether they are there.
fn is_deep(zone: &DnsName, questions: &[Question]) -> bool {
    let is_own = |question: &Question| question.purpose.is_none() && question.name == *zone;
    questions.iter().any(is_own) || psl::domain_str(&zone.without_dot()).is_some()
}

/// The questions that no server of the zone gave a usable response to, when none was answered by them.
fn stopped_at(zone: &DnsName, questions: &[Question]) -> Vec<Asked> {
    let is_stopped = |question: &&Question| {
        let here = |obstacle: &Obstacle| matches!(obstacle, Obstacle::NoUsableServer { zone: at } if at == zone);
        question.obstacle.as_ref().is_some_and(here)
    };
    if !questions.iter().all(|question| is_stopped(&question)) {
        return Vec::new();
    }
    let asked = questions.iter().filter_map(|question| {
        let name = question.links.last()?.name.clone();
        let r#type = question.r#type;
        Some(Asked { name, r#type })
    });
    asked.collect()
}
