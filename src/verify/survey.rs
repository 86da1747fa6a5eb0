//! Which state of the zone each of its servers has, and whose answers are others than the rest's.

use crate::facts::dns::{Dns, Zone};

/// Fills in the serials, and whose answers differ; unknown of servers that told none.
pub fn verify(dns: &mut Dns) {
    for zone in &mut dns.zones {
        let serials: Vec<Option<u32>> = zone.servers.iter().map(|one| zone.serial(one)).collect();
        let differ = differ(zone);
        for ((server, serial), differs) in zone.servers.iter_mut().zip(serials).zip(differ) {
            (server.soa_serial, server.answers_differ) = (serial, differs);
        }
    }
}

/// Server by server: whether it says something else than most, or varies by itself.
fn differ(zone: &Zone) -> Vec<Option<bool>> {
    let differences = zone.differences(zone.servers.iter());
    let each = zone.servers.iter().map(|server| {
        let odd = differences.iter().any(|difference| {
            let mut odd = difference.odd.iter().map(|(one, _)| *one);
            let varying = &mut difference.varying.iter().copied();
            odd.by_ref()
                .chain(varying)
                .any(|one| one.address == server.address)
        });
        let told = server.said().any(|said| said.is_told());
        told.then_some(odd)
    });
    each.collect()
}
