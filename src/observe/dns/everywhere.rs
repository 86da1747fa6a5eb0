//! One answer of every server: what `--expect` is held against.

use std::sync::Arc;

use futures_util::future::join_all;

use super::exchange::{Inquiry, unasked};
use super::trace::{Tracer, lock};
use crate::facts::dns::{Question, Server, Step};
use crate::facts::name::{DnsName, RrType};
use crate::net::limits;

impl Tracer {
    /// Asks each server of the zones on the way to the answers for what was asked there, but for those that have said it.
    pub(super) async fn ask_everywhere(self: &Arc<Self>, questions: &[Question]) {
        let links = || {
            let each = questions.iter();
            each.flat_map(|question| question.links.iter().map(|link| (link, question.r#type)))
        };
        let zones: Vec<DnsName> = links().map(|(link, _)| link.zone.clone()).collect();
        let cuts = self.complete_cuts(&zones).await;
        let mut inquiries: Vec<Inquiry> = Vec::new();
        for (link, rr_type) in links() {
            let own = cuts.iter().filter(|cut| cut.zone == link.zone);
            for server in own.flat_map(|cut| cut.servers()) {
                let inquiry = Inquiry {
                    zone: link.zone.clone(),
                    server,
                    name: link.name.clone(),
                    rr_type,
                };
                let is_new = !self.has_said(&inquiry.server, &inquiry.name, rr_type);
                if is_new && self.can_ask(&inquiry.server) {
                    inquiries.push(inquiry);
                }
            }
        }
        let most = inquiries.len().min(limits::EXPECTED_QUESTIONS);
        let at = self.wire.deadline.elapsed();
        for inquiry in inquiries.split_off(most) {
            let way = self.way(true, limits::SURVEY_TCP);
            self.record(0, vec![unasked(&inquiry, way, at, "EXPECTED_QUESTIONS")]);
        }
        let asks = inquiries.iter().map(|inquiry| async {
            let steps = self.wire.ask(inquiry).await.steps;
            self.record(0, steps);
        });
        join_all(asks).await;
    }

    fn has_said(&self, server: &Server, name: &DnsName, rr_type: RrType) -> bool {
        let own = |step: &Step| {
            step.server == *server
                && step.question.name == *name
                && step.question.r#type == rr_type
                && step.response.is_response()
        };
        lock(&self.log).iter().any(|(_, step)| own(step))
    }
}
