//! What the servers of a zone say of the zone itself, asked once for the targets of a run that come within some seconds of each
//! other: of a list of names most lie in few zones.

use std::sync::Arc;

use super::super::exchange::Inquiry;
use super::super::shared::{Kept, Looked, Manner, SharedKey};
use super::super::trace::{Tracer, is_heard, lock};
use crate::facts::dns::{Step, Transport};
use crate::facts::name::{DnsName, RrType};

impl Tracer {
    /// Asks one server about its zone by `ask`, unless it was asked for another target just now. Whether it answered.
    pub(super) async fn once(
        &self,
        manner: Manner,
        inquiry: &Inquiry,
        ask: impl Future<Output = bool>,
    ) -> bool {
        let ask_key = (inquiry.zone.clone(), inquiry.name.clone(), inquiry.rr_type);
        let socket = inquiry.server.socket();
        let own = |step: &Step| step.server.socket() == socket && manner.is_of(step);
        let key = SharedKey::Server {
            socket,
            ask: ask_key,
            manner,
        };
        self.once_for_all(key, own, ask).await
    }

    /// The same of any one server of a zone, for what all will say alike.
    pub(super) async fn ask_one_once(
        self: &Arc<Self>,
        zone: &DnsName,
        name: &DnsName,
        rr_type: RrType,
    ) {
        let key = SharedKey::Zone((zone.clone(), name.clone(), rr_type));
        let ask = async {
            self.ask_one_at(zone, name, rr_type).await;
            true
        };
        self.once_for_all(key, |_| true, ask).await;
    }

    async fn once_for_all(
        &self,
        key: SharedKey,
        own: impl Fn(&Step) -> bool,
        ask: impl Future<Output = bool>,
    ) -> bool {
        let Some(shared) = &self.plan.shared else {
            return ask.await;
        };
        let deadline = self.wire.deadline;
        let looked = deadline.bound(deadline.left(), shared.look(key.clone()));
        match looked.await {
            Ok(Looked::Made(kept)) => {
                self.record(0, kept.steps(deadline.elapsed()));
                true
            }
            Ok(Looked::Open(open)) => {
                let answered = ask.await;
                let steps = self.asked_now(&key, own);
                let heard = answered && steps.iter().any(is_heard);
                open.tell(heard.then(|| Kept::of_survey(steps)));
                answered
            }
            Ok(Looked::Failed) | Err(_) => ask.await,
        }
    }

    /// The steps of a question that were made for this target.
    fn asked_now(&self, key: &SharedKey, own: impl Fn(&Step) -> bool) -> Vec<Step> {
        let (zone, name, rr_type) = key.ask();
        let log = lock(&self.log);
        let steps = log.iter().map(|(_, step)| step.as_ref());
        let steps = steps.filter(|step| {
            let asked = (&step.question.name, step.question.r#type);
            step.zone == *zone && asked == (name, *rr_type) && !step.cached && own(step)
        });
        steps.cloned().collect()
    }

    /// Whether what a server said to the knock shows that it understands EDNS.
    pub(super) fn understands_edns(&self, soa: &Inquiry) -> bool {
        let log = lock(&self.log);
        let mut heard = log.iter().rev().map(|(_, step)| step);
        let last = heard.find(|step| {
            step.server.socket() == soa.server.socket()
                && step.zone == soa.zone
                && (&step.question.name, step.question.r#type) == (&soa.name, soa.rr_type)
                && step.transport == Transport::Udp
                && is_heard(step)
        });
        last.is_none_or(|step| step.edns)
    }
}
