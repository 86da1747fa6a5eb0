//! `tlscheck --pem`: chains in files, without any network.

use assert_cmd::Command;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints,
};
use serde_json::Value;
use time::Duration;

use crate::pki::{Authority, MOMENT, authority, now, server};

/// A root, an authority below it, and the certificate of `shop.example`.
pub(crate) struct World {
    pub(crate) root: Authority,
    pub(crate) below: Authority,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(authority("Below"))
    }

    /// With an authority below the root that is made of this.
    fn with(below: CertificateParams) -> Self {
        let root = Authority::root(authority("Root"));
        let below = root.below(below);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("root.pem"), root.certificate.pem()).unwrap();
        Self {
            root,
            below,
            directory,
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, chain: &str) -> Command {
        let mut command = Command::cargo_bin("doorstep").unwrap();
        command
            .env_clear()
            .args(["tlscheck", "--no-config", "--json"]);
        command.args(["--name", "shop.example", "--at", &format!("@{MOMENT}")]);
        let root = self.directory.path().join("root.pem");
        command.arg("--trust").arg(root);
        command.args(["--pem", chain]);
        command
    }

    /// The report on a chain of these blocks.
    pub(crate) fn report(&self, blocks: &[String], more: &[&str]) -> Value {
        let chain = self.write("chain.pem", &blocks.concat());
        let output = self.command(&chain).args(more).output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The report on the usual chain with a leaf made of this.
    fn leaf(&self, params: &CertificateParams) -> Value {
        let leaf = self.below.issue(params).certificate.pem();
        self.report(&[leaf, self.below.certificate.pem()], &[])
    }
}

pub(crate) fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap());
    ids.filter(|id| *id != "tls/br-departure").collect()
}

fn trust(report: &Value) -> &Value {
    &report["tls"]["endpoints"][0]["trust"]
}

#[test]
fn a_good_chain_is_trusted_and_nothing_is_found() {
    let world = World::new();
    let report = world.leaf(&server());
    assert_eq!(trust(&report)["status"], "trusted", "{}", trust(&report));
    assert_eq!(report["tls"]["endpoints"][0]["name_matches"], true);
    assert_eq!(report["tls"]["endpoints"][0]["address"], Value::Null);
    assert!(ids(&report).is_empty(), "{:?}", ids(&report));
    assert_eq!(
        trust(&report)["departures"].as_array().unwrap().len(),
        0,
        "{}",
        trust(&report)["departures"]
    );
}

#[test]
fn expired_misnamed_and_unknown_are_three_findings_of_one_certificate() {
    let world = World::new();
    let other = Authority::root(authority("Other"));
    let mut params = server();
    params.not_after = now() - Duration::days(1);
    params.subject_alt_names = vec![rcgen::SanType::DnsName("other.example".try_into().unwrap())];
    let leaf = other.issue(&params).certificate.pem();
    let report = world.report(&[leaf, other.certificate.pem()], &[]);
    assert_eq!(
        ids(&report),
        ["tls/expired", "tls/name-mismatch", "tls/untrusted-root"]
    );
}

#[test]
fn an_authority_that_is_valid_has_no_fault_for_the_time_of_a_leaf_that_is_not() {
    let mut younger = authority("Younger");
    younger.not_before = now() - Duration::days(10);
    let ended = |below| {
        let mut params = server();
        params.not_after = now() - Duration::days(20);
        let report = World::with(below).leaf(&params);
        ids(&report)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(ended(younger), ["tls/expired"]);
    let mut older = authority("Older");
    older.not_after = now() - Duration::days(30);
    assert_eq!(ended(older), ["tls/expired", "tls/intermediate-expired"]);
    // What ended after the leaf did is no fault beside its own.
    let mut since = authority("Since");
    since.not_after = now() - Duration::days(15);
    assert_eq!(ended(since), ["tls/expired"]);
}

#[test]
fn a_missing_intermediate_a_self_signed_leaf_and_an_unknown_root_are_told_apart() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    assert_eq!(
        ids(&world.report(&[leaf], &[])),
        ["tls/missing-intermediate"]
    );
    let own = Authority::root(server()).certificate.pem();
    assert_eq!(ids(&world.report(&[own], &[])), ["tls/self-signed"]);
}

#[test]
fn order_strays_and_doubles_are_found_although_the_chain_is_trusted() {
    let world = World::new();
    let third = world.below.below(authority("Third"));
    let leaf = third.issue(&server()).certificate.pem();
    let (second, third) = (world.below.certificate.pem(), third.certificate.pem());
    let report = world.report(&[leaf.clone(), second.clone(), third.clone()], &[]);
    assert_eq!(ids(&report), ["tls/chain-order"]);
    let stray = Authority::root(authority("Stray")).certificate.pem();
    let report = world.report(&[leaf.clone(), third.clone(), second.clone(), stray], &[]);
    assert_eq!(ids(&report), ["tls/chain-unrelated"]);
    assert_eq!(trust(&report)["unrelated"], serde_json::json!([3]));
    let report = world.report(&[leaf, third.clone(), third, second], &[]);
    assert_eq!(ids(&report), ["tls/chain-unrelated"]);
}

/// The name of the first reason against a chain whose authority is made of this.
fn reason(below: CertificateParams) -> String {
    let report = World::with(below).leaf(&server());
    trust(&report)["reason"]["name"]
        .as_str()
        .unwrap_or("none")
        .to_owned()
}

#[test]
fn what_an_authority_may_not_do_makes_the_chain_untrusted() {
    let mut plain = authority("Below");
    plain.is_ca = IsCa::NoCa;
    assert_eq!(reason(plain), "not-an-authority");
    let mut signs_lists = authority("Below");
    signs_lists.key_usages = vec![KeyUsagePurpose::CrlSign];
    assert_eq!(reason(signs_lists), "must-not-sign");
    let mut for_mail = authority("Below");
    for_mail.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    assert_eq!(reason(for_mail), "not-for-servers");
    let mut ended = authority("Below");
    ended.not_after = now() - Duration::days(1);
    assert_eq!(reason(ended), "authority-expired");
    let mut others_only = authority("Below");
    others_only.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("other.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    assert_eq!(reason(others_only), "name-not-allowed");
    let mut not_shops = authority("Below");
    not_shops.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![GeneralSubtree::DnsName("shop.example".to_owned())],
    });
    assert_eq!(reason(not_shops), "name-not-allowed");
    let mut fine = authority("Below");
    fine.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    assert_eq!(reason(fine), "none");
}

#[test]
fn a_policy_that_an_authority_demands_must_be_there() {
    use rcgen::CustomExtension;
    // requireExplicitPolicy 0, and the policy 1.2.3.
    let mut demands = CustomExtension::from_oid_content(&[2, 5, 29, 36], vec![0x30, 3, 0x80, 1, 0]);
    demands.set_criticality(true);
    let policy = |last: u8| {
        let content = vec![0x30, 6, 0x30, 4, 0x06, 2, 0x2a, last];
        CustomExtension::from_oid_content(&[2, 5, 29, 32], content)
    };
    let mut below = authority("Below");
    below.custom_extensions = vec![demands, policy(3)];
    let world = World::with(below);
    let with = |extensions: Vec<CustomExtension>| {
        let mut params = server();
        params.custom_extensions = extensions;
        trust(&world.leaf(&params))["reason"]["name"].clone()
    };
    assert_eq!(with(vec![policy(3)]), Value::Null);
    assert_eq!(with(vec![policy(4)]), "no-valid-policy");
    assert_eq!(with(Vec::new()), "no-valid-policy");
}

#[test]
fn a_forged_certificate_of_a_known_authority_is_called_that() {
    let world = World::new();
    let forger = Authority::root(authority("Root"));
    let leaf = forger.issue(&server()).certificate.pem();
    let report = world.report(&[leaf], &[]);
    assert_eq!(trust(&report)["reason"]["name"], "signature-invalid");
    assert_eq!(ids(&report), ["tls/path-invalid"]);
}

#[test]
fn a_path_may_be_as_long_as_its_authorities_allow() {
    let mut only_leaves = authority("Below");
    only_leaves.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let world = World::with(only_leaves);
    assert_eq!(trust(&world.leaf(&server()))["status"], "trusted");
    let third = world.below.below(authority("Third"));
    let leaf = third.issue(&server()).certificate.pem();
    let chain = [leaf, third.certificate.pem(), world.below.certificate.pem()];
    let report = world.report(&chain, &[]);
    assert_eq!(trust(&report)["reason"]["name"], "path-too-long");
    assert_eq!(ids(&report), ["tls/path-invalid"]);
}

#[test]
fn another_way_is_taken_when_one_has_ended_and_the_spare_is_told_of() {
    let mut ended = authority("Below");
    ended.not_after = now() - Duration::days(1);
    let world = World::new();
    let old = ended
        .signed_by(&world.below.key, &world.root.issuer())
        .unwrap();
    let leaf = world.below.issue(&server()).certificate.pem();
    let report = world.report(&[leaf, old.pem(), world.below.certificate.pem()], &[]);
    assert_eq!(trust(&report)["status"], "trusted");
    assert_eq!(ids(&report), ["tls/spare-path-expired"]);
}

#[test]
fn a_thousand_authorities_that_could_issue_each_other_end_soon() {
    let world = World::new();
    let keys: Vec<Authority> = (0..40)
        .map(|_| Authority::root(authority("Ring")))
        .collect();
    let mut blocks = Vec::new();
    for one in &keys {
        for other in &keys {
            blocks.push(
                one.params
                    .signed_by(&one.key, &other.issuer())
                    .unwrap()
                    .pem(),
            );
        }
    }
    let leaf = keys[0].issue(&server()).certificate.pem();
    blocks.truncate(999);
    let report = world.report(&[vec![leaf], blocks].concat(), &[]);
    assert_eq!(trust(&report)["status"], "untrusted");
    assert!(
        report["elapsed_ms"].as_f64().unwrap() < 10_000.0,
        "{}",
        report["elapsed_ms"]
    );
}

#[test]
fn a_key_in_the_file_is_warned_of_and_reaches_no_report() {
    let world = World::new();
    let leaf = world.below.issue(&server());
    let key = leaf.key.serialize_pem();
    let text = [
        key.clone(),
        leaf.certificate.pem(),
        world.below.certificate.pem(),
    ]
    .concat();
    let chain = world.write("with-key.pem", &text);
    let output = world.command(&chain).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("private key"), "{said}");
    let secret = key.lines().nth(1).unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains(secret));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn der_comes_by_standard_input_and_several_files_at_once() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate;
    let der = [leaf.der().as_ref(), world.below.certificate.der().as_ref()].concat();
    let output = world.command("-").write_stdin(der).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["target"], "standard input");
    assert_eq!(trust(&report)["status"], "trusted");
    let one = world.write("one.pem", &leaf.pem());
    let two = world.write(
        "two.pem",
        &[leaf.pem(), world.below.certificate.pem()].concat(),
    );
    let output = world.command(&one).arg(two).output().unwrap();
    let reports: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let statuses: Vec<&Value> = reports
        .iter()
        .map(|report| &trust(report)["status"])
        .collect();
    assert_eq!(statuses, ["untrusted", "trusted"]);
}

#[test]
fn what_holds_no_certificate_is_refused_before_anything_is_printed() {
    let world = World::new();
    for (text, said) in [
        ("", "no certificate in it"),
        ("hello", "no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\nMIIB", "has no end"),
    ] {
        let chain = world.write("wrong.pem", text);
        let output = world.command(&chain).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(said), "{stderr}");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_list_at_hand_tells_what_is_revoked() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let chain = [leaf, world.below.certificate.pem()];
    let with = |revoked: &[&[u8]], until: i64| {
        let list = world.below.list(revoked, until).pem().unwrap();
        let list = world.write("list.pem", &list);
        world.report(&chain, &["--crl", &list])
    };
    let revoked = with(&[&[0x4d, 0x2a]], 10);
    assert_eq!(ids(&revoked), ["tls/revoked"]);
    let revocation = &revoked["tls"]["endpoints"][0]["revocation"];
    assert_eq!(revocation["reason"], "keyCompromise");
    let good = with(&[&[0x4d, 0x2b]], 10);
    assert!(ids(&good).is_empty(), "{:?}", ids(&good));
    assert_eq!(good["tls"]["endpoints"][0]["revocation"]["status"], "good");
    let ended = with(&[], -1);
    assert_eq!(ids(&ended), ["tls/crl-unusable"]);
    assert_eq!(
        ended["tls"]["endpoints"][0]["revocation"]["status"],
        "unknown"
    );
}

#[test]
fn of_several_lists_one_that_can_be_used_is_enough() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let chain = [leaf, world.below.certificate.pem()];
    let lists = [-1, 10].map(|until| world.below.list(&[], until).pem().unwrap());
    let [ended, both] = [lists[0].clone(), lists.concat()].map(|lists| {
        let list = world.write("list.pem", &lists);
        world.report(&chain, &["--crl", &list])
    });
    assert_eq!(ids(&ended), ["tls/crl-unusable"]);
    assert!(ids(&both).is_empty(), "{:?}", ids(&both));
    assert_eq!(both["tls"]["endpoints"][0]["revocation"]["status"], "good");
}

#[test]
fn a_certificate_in_the_store_is_trusted_as_it_is_and_no_other_of_its_name_and_key() {
    let own = |key: &rcgen::KeyPair, change: &dyn Fn(&mut CertificateParams)| {
        let mut params = server();
        params.use_authority_key_identifier_extension = false;
        change(&mut params);
        params.self_signed(key).unwrap().pem()
    };
    let world = World::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let stored = own(&key, &|_| ());
    world.write("root.pem", &stored);
    assert_eq!(trust(&world.report(&[stored], &[]))["status"], "trusted");
    let other = own(&key, &|params| params.not_after += Duration::days(1));
    assert_eq!(trust(&world.report(&[other], &[]))["status"], "untrusted");
    let odd = own(&key, &|params| {
        let mut unknown = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
    });
    world.write("root.pem", &odd);
    assert_eq!(ids(&world.report(&[odd], &[])), ["tls/path-invalid"]);
}

#[test]
fn of_two_ways_to_the_root_the_one_that_keeps_to_the_standard_counts() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let sound = world.below.certificate.pem();
    let mut params = authority("Below");
    params.use_authority_key_identifier_extension = false;
    params.not_after += Duration::days(100);
    let unnamed = params
        .signed_by(&world.below.key, &world.root.issuer())
        .unwrap()
        .pem();
    let alone = world.report(&[leaf.clone(), unnamed.clone()], &[]);
    assert_eq!(ids(&alone), ["tls/profile-violation"]);
    let both = world.report(&[leaf, unnamed, sound], &[]);
    assert!(
        !ids(&both).contains(&"tls/profile-violation"),
        "{:?}",
        ids(&both)
    );
}

#[test]
fn a_chain_beyond_the_bound_is_said_to_be() {
    let world = World::new();
    let mut chain = vec![world.below.certificate.pem()];
    let mut last = world.below.below(authority("Authority 0"));
    for number in 1..30 {
        let next = last.below(authority(&format!("Authority {number}")));
        chain.insert(0, last.certificate.pem());
        last = next;
    }
    chain.insert(0, last.certificate.pem());
    chain.insert(0, last.issue(&server()).certificate.pem());
    let report = world.report(&chain, &[]);
    assert_eq!(
        trust(&report)["reason"]["limit"],
        "DEPTH",
        "{}",
        trust(&report)["reason"]
    );
    assert!(
        ids(&report).contains(&"tls/path-invalid"),
        "{:?}",
        ids(&report)
    );
}

#[test]
fn several_stores_show_which_of_them_trusts() {
    let world = World::new();
    let leaf = world.below.issue(&server()).certificate.pem();
    let report = world.report(
        &[leaf, world.below.certificate.pem()],
        &["--trust", "webpki"],
    );
    let stores = trust(&report)["stores"].as_array().unwrap();
    assert!(stores[0].as_str().unwrap().ends_with("root.pem"));
    assert_eq!(
        trust(&report)["stores_without"],
        serde_json::json!(["webpki"])
    );
}

#[test]
fn departures_of_a_private_chain_are_told_by_clause() {
    let world = World::new();
    let mut params = server();
    params.extended_key_usages = Vec::new();
    params.use_authority_key_identifier_extension = false;
    let report = world.leaf(&params);
    let all = report["findings"].as_array().unwrap();
    let found: Vec<(&str, &str)> = all
        .iter()
        .map(|finding| {
            let first = &finding["evidence"]["departures"][0];
            (
                finding["id"].as_str().unwrap(),
                first["clause"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("tls/profile-violation", "4.2.1.1"),
            ("tls/br-departure", "7.1.2.7.6")
        ]
    );
}

#[test]
fn a_completed_chain_is_written_in_order() {
    let world = World::new();
    let third = world.below.below(authority("Third"));
    let leaf = third.issue(&server()).certificate.pem();
    let (second, third) = (world.below.certificate.pem(), third.certificate.pem());
    let to = world.directory.path().join("fixed.pem");
    let blocks = [
        leaf.clone(),
        second.clone(),
        world.root.certificate.pem(),
        third.clone(),
    ];
    world.report(
        &blocks,
        &["--save-chain", to.to_str().unwrap(), "--complete"],
    );
    let written = std::fs::read_to_string(&to).unwrap().replace('\r', "");
    assert_eq!(written, [leaf, third, second].concat().replace('\r', ""));
}
