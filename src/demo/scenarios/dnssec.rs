//! What can break the chain of trust, and what weakens it.

use hickory_proto::rr::RecordType;
use jiff::SignedDuration;

use super::Scenario;
use crate::demo::blueprint::{ADDRESSES, HOST, at, delegated, shop, tld, with_site};
use crate::demo::sign::{Denial, Fault, Signing, Vouching};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "ds-without-key",
        title: "the zone moved to another DNS host, and the DS stayed behind",
        text: "The new DNS host signs with a key of its own, and the registry still vouches for the key of the old one. Resolvers \
               that validate see a forgery and answer SERVFAIL; all others get in, so that half the visitors complain and the \
               owner sees nothing.",
        target: HOST,
        findings: &["dns/ds-without-key"],
        change: |world| {
            world.tld = delegated(tld()).vouching("shop.example.", Vouching::OtherKey);
            Ok(())
        },
    },
    Scenario {
        name: "ds-without-signing",
        title: "signing was switched off, and the DS stayed at the registrar",
        text: "The new DNS host does not sign, and nobody told the registry. It still promises signatures, so to resolvers that \
               validate every answer without one is a forgery.",
        target: HOST,
        findings: &["dns/ds-without-key"],
        change: |world| {
            world.tld = delegated(tld()).vouching("shop.example.", Vouching::OtherKey);
            world.shop = with_site(shop()).unsigned();
            Ok(())
        },
    },
    Scenario {
        name: "signature-expired",
        title: "the signer stopped, and the signatures ran out",
        text: "The job that signs the zone failed two weeks ago, after an update. Its signatures lasted until the day before \
               yesterday. Since then resolvers that validate answer SERVFAIL.",
        target: HOST,
        findings: &["dns/signature-expired"],
        change: |world| {
            world.shop = with_site(shop()).signed(expired);
            Ok(())
        },
    },
    Scenario {
        name: "signature-expired-at-one",
        title: "one of two name servers still has last week's zone",
        text: "The zone transfer to ns2 broke down. It serves the zone as it was, and the signatures in it have run out: every \
               second resolver that validates fails, for a while.",
        target: HOST,
        findings: &["dns/signature-expired"],
        change: |world| {
            world.second = Some(with_site(shop()).signed(expired));
            Ok(())
        },
    },
    Scenario {
        name: "signature-not-yet-valid",
        title: "the signer's clock is ahead",
        text: "The machine that signs lives in tomorrow. Its signatures do not count yet.",
        target: HOST,
        findings: &["dns/signature-not-yet-valid"],
        change: |world| {
            world.shop = with_site(shop()).signed(|signing| {
                signing.inception = SignedDuration::from_hours(26);
            });
            Ok(())
        },
    },
    Scenario {
        name: "signature-missing",
        title: "the addresses were added after signing",
        text: "Somebody entered the new addresses in the zone file and forgot to sign it. Everything else in the zone is proven, \
               and the one answer that matters is not.",
        target: HOST,
        findings: &["dns/signature-missing"],
        change: |world| {
            world.shop = with_site(shop())
                .faulty("shop.example.", RecordType::A, Fault::Unsigned)
                .faulty("shop.example.", RecordType::AAAA, Fault::Unsigned);
            Ok(())
        },
    },
    Scenario {
        name: "partly-signed",
        title: "one of two name servers serves the zone unsigned",
        text: "ns2 is an old secondary that knows nothing of DNSSEC, and leaves the signatures out. Which server a resolver asks is \
               chance, and so is whether visitors get in.",
        target: HOST,
        findings: &["dns/partly-signed"],
        change: |world| {
            world.second = Some(with_site(shop()).unsigned());
            Ok(())
        },
    },
    Scenario {
        name: "signature-invalid",
        title: "the addresses were changed after signing",
        text: "A script replaces addresses in the signed zone. The signature is there, in its time, by the right key, and over \
               other records.",
        target: HOST,
        findings: &["dns/signature-invalid"],
        change: |world| {
            world.shop = with_site(shop()).faulty("shop.example.", RecordType::A, Fault::Altered);
            Ok(())
        },
    },
    Scenario {
        name: "denial-invalid",
        title: "the zone does not prove that a name comes from its wildcard",
        text: "`www` comes from a wildcard. A signed zone must then prove that no `www` of its own exists; the servers leave that \
               out, and resolvers that validate take the answer for a forgery.",
        target: "www.shop.example",
        findings: &["dns/denial-invalid", "dns/wildcard"],
        change: |world| {
            world.shop = at(shop(), &["shop.example.", "*.shop.example."], &ADDRESSES)
                .signed(|signing| signing.denial = Denial::Missing);
            Ok(())
        },
    },
    Scenario {
        name: "signature-expires-soon",
        title: "signatures with six hours left",
        text: "Signers renew days before the end. This one has stopped, and nobody has noticed yet: tonight the site is gone for \
               every resolver that validates.",
        target: HOST,
        findings: &["dns/signature-expires-soon"],
        change: |world| {
            world.shop = with_site(shop()).signed(|signing| {
                signing.inception = SignedDuration::from_hours(-13 * 24);
                signing.expiration = SignedDuration::from_hours(6);
            });
            Ok(())
        },
    },
    Scenario {
        name: "algorithm-unsupported",
        title: "signed by an algorithm that validators ignore",
        text: "The only DS is for Ed448, which few validators know. To the others the zone is as if it were not signed.",
        target: HOST,
        findings: &["dns/algorithm-unsupported"],
        change: |world| {
            world.tld = delegated(tld()).vouching("shop.example.", Vouching::Algorithm(16));
            Ok(())
        },
    },
    Scenario {
        name: "algorithm-deprecated",
        title: "the registry vouches by a SHA-1 digest only",
        text: "The DS was entered fifteen years ago. SHA-1 can be forged at a price that falls, and validators are giving it up.",
        target: HOST,
        findings: &["dns/algorithm-deprecated"],
        change: |world| {
            world.tld = delegated(tld()).vouching("shop.example.", Vouching::Sha1);
            Ok(())
        },
    },
    Scenario {
        name: "nsec3-iterations",
        title: "names hashed ten times more than needed",
        text: "Hashing often was once thought to hide names better. It only costs resolvers time, and some give up early.",
        target: HOST,
        findings: &["dns/nsec3-iterations"],
        change: |world| {
            world.shop = with_site(shop()).signed(|signing| hashing(signing, 10));
            Ok(())
        },
    },
    Scenario {
        name: "nsec3-iterations-high",
        title: "names hashed 150 times: validators no longer look",
        text: "Above a number of rounds resolvers stop validating, so as not to be worn out: everything that the zone denies is as \
               if it were not signed.",
        target: HOST,
        findings: &["dns/nsec3-iterations-high"],
        change: |world| {
            world.shop = with_site(shop()).signed(|signing| hashing(signing, 150));
            Ok(())
        },
    },
    Scenario {
        name: "nsec3-iterations-2500",
        title: "names hashed 2,500 times, as much as was ever allowed",
        text: "Each denial would cost a resolver some hundred thousand hashes. That was an attack on resolvers, until they began to \
               refuse.",
        target: HOST,
        findings: &["dns/nsec3-iterations-high"],
        change: |world| {
            world.shop = with_site(shop()).signed(|signing| hashing(signing, 2_500));
            Ok(())
        },
    },
    Scenario {
        name: "nsec3",
        title: "hashed names, as the standard advises today",
        text: "NSEC3 with no additional iterations, no salt, and unsigned delegations left out. Nothing is to be found.",
        target: HOST,
        findings: &[],
        change: |world| {
            let opt_out = |signing: &mut Signing| {
                signing.denial = Denial::Nsec3 {
                    iterations: 0,
                    salt: Vec::new(),
                    opt_out: true,
                };
            };
            world.tld = delegated(tld()).signed(opt_out);
            world.shop = with_site(shop()).signed(|signing| hashing(signing, 0));
            Ok(())
        },
    },
    Scenario {
        name: "not-signed",
        title: "the zone is not signed",
        text: "Most zones are not. Nobody can tell a forged answer for it from a true one.",
        target: HOST,
        findings: &["dns/not-signed"],
        change: |world| {
            world.shop = with_site(shop()).unsigned();
            Ok(())
        },
    },
    Scenario {
        name: "rollover-pending",
        title: "the zone wishes for another DS than the registry has",
        text: "The DNS host is changing keys and tells so by a CDS record. This registry does not look at these: somebody has to \
               enter the new DS by hand before the old key goes.",
        target: HOST,
        findings: &["dns/rollover-pending"],
        change: |world| {
            world.shop = with_site(shop()).wishing();
            Ok(())
        },
    },
    Scenario {
        name: "clock-wrong",
        title: "this machine's clock is wrong",
        text: "Every signature of the root ended more than a year ago, or so says the clock of this machine. It cannot judge \
               DNSSEC, and that is all there is to say of it.",
        target: HOST,
        findings: &["dns/clock-wrong"],
        change: |world| {
            world.root = world.root.clone().signed(long_ago);
            world.tld = delegated(tld()).signed(long_ago);
            world.shop = with_site(shop()).signed(long_ago);
            Ok(())
        },
    },
];

/// Signatures of two weeks that ended two days ago.
fn expired(signing: &mut Signing) {
    signing.inception = SignedDuration::from_hours(-16 * 24);
    signing.expiration = SignedDuration::from_hours(-2 * 24);
}

/// Signatures of last year.
fn long_ago(signing: &mut Signing) {
    signing.inception = SignedDuration::from_hours(-414 * 24);
    signing.expiration = SignedDuration::from_hours(-400 * 24);
}

/// Hashed names, with so many additional iterations.
fn hashing(signing: &mut Signing, iterations: u16) {
    signing.denial = Denial::Nsec3 {
        iterations,
        salt: Vec::new(),
        opt_out: false,
    };
}
