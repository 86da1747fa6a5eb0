use std::time::Duration;

use futures_util::FutureExt;
use url::Url;

use super::*;

const AT: &str = "192.0.2.1:443";

fn start(url: &str, purpose: RoutePurpose) -> Start {
    let sockets = Ok(vec![AT.parse().unwrap()]);
    let url = Url::parse(url).unwrap();
    Start {
        url,
        purpose,
        sockets,
    }
}

/// The starts for a page of a name, and those of its twin.
fn budget(page: &str) -> Budget {
    let both = |host: &str, path: &str, purpose| {
        ["http", "https"].map(|scheme| start(&format!("{scheme}://{host}{path}"), purpose))
    };
    let mut starts = both("shop.example", page, RoutePurpose::Target).to_vec();
    if page != "/" {
        starts.extend(both("shop.example", "/", RoutePurpose::Root));
    }
    starts.extend(both("shop.example", "/probe", RoutePurpose::Path));
    starts.push(start("http://shop.example/acme", RoutePurpose::Acme));
    starts.extend(both("www.shop.example", "/", RoutePurpose::Root));
    starts.extend(both("www.shop.example", "/probe", RoutePurpose::Path));
    Budget::new(&HttpPlan {
        host: "shop.example".to_owned(),
        twin: Some("www.shop.example".to_owned()),
        starts,
        identity: None,
        method: "GET".to_owned(),
        headers: Vec::new(),
        user_agent: String::new(),
        max_hops: 10,
        probe_timeout: Duration::ZERO,
    })
}

fn key(url: &str) -> Key {
    ("GET".to_owned(), url.to_owned(), AT.parse().unwrap())
}

impl Budget {
    fn walkers(&self) -> Vec<Walker> {
        (0..self.starts.len())
            .map(|number| self.walker(number, Some(AT.parse::<SocketAddr>().unwrap().ip())))
            .collect()
    }

    /// What is answered without a wait.
    fn now(&self, walker: &Walker, url: &str) -> Option<bool> {
        self.may(walker, &key(url)).now_or_never()
    }
}

/// What main walks ask beyond their first requests, and then which first requests are made and who may ask how much more.
fn shared(page: &str, redirects: usize) -> (usize, Vec<usize>) {
    let budget = budget(page);
    let walkers = budget.walkers();
    for number in 0..redirects {
        let url = format!("https://shop.example/{number}");
        assert_eq!(budget.now(&walkers[0], &url), Some(true));
    }
    walkers.iter().for_each(|walker| budget.end(walker));
    let firsts: Vec<String> = budget
        .starts
        .iter()
        .map(|start| start.url.clone())
        .collect();
    let mut made = 0;
    let mut more = Vec::new();
    for (walker, first) in walkers.iter().zip(firsts) {
        if walker.account == Account::Twin || walker.main {
            continue;
        }
        made += usize::from(budget.now(walker, &first).unwrap());
        let urls = (0..20).map(|step| format!("{first}/{step}"));
        more.push(urls.filter(|url| budget.now(walker, url).unwrap()).count());
    }
    (made, more)
}

#[test]
fn what_is_asked_beside_the_page_has_what_its_redirects_leave() {
    // Path over http and https, and the challenge; the page itself takes two.
    assert_eq!(shared("/", 0), (3, vec![1, 0, 2]));
    assert_eq!(shared("/", 1), (3, vec![1, 0, 1]));
    assert_eq!(shared("/", 2), (3, vec![0, 0, 1]));
    assert_eq!(shared("/", 3), (3, vec![0, 0, 0]));
    assert_eq!(shared("/", 9), (3, vec![0, 0, 0]));
    // `/` before those.
    assert_eq!(shared("/a?b", 0), (5, vec![0, 0, 0, 0, 1]));
    assert_eq!(shared("/a?b", 1), (5, vec![0, 0, 0, 0, 0]));
    assert_eq!(shared("/a?b", 2), (4, vec![0, 0, 0, 0, 0]));
    assert_eq!(shared("/a?b", 3), (3, vec![0, 0, 0, 0, 0]));
}

#[test]
fn what_is_certain_waits_for_nothing_and_the_rest_for_the_main_walks() {
    let budget = budget("/");
    let walkers = budget.walkers();
    let [page, secure, _, _, acme, www, ..] = &walkers[..] else {
        panic!("too few starts");
    };
    assert_eq!(budget.now(acme, "https://shop.example/probe"), Some(true));
    assert_eq!(budget.now(acme, "https://shop.example/acme"), None);
    assert_eq!(budget.now(www, "https://shop.example/en"), None);
    assert_eq!(budget.now(page, "https://shop.example/en"), Some(true));
    budget.end(page);
    assert_eq!(budget.now(acme, "https://shop.example/acme"), None);
    budget.end(secure);
    assert_eq!(budget.now(acme, "https://shop.example/acme"), Some(true));
    // What the page's own walk has asked is free.
    assert_eq!(budget.now(www, "https://shop.example/en"), Some(true));
    assert_eq!(budget.now(acme, "https://shop.example/en"), Some(true));
}

#[test]
fn a_walk_in_clear_takes_what_its_sibling_over_https_leaves() {
    let budget = budget("/");
    let walkers = budget.walkers();
    walkers[..2].iter().for_each(|walker| budget.end(walker));
    let (clear, secure) = (&walkers[2], &walkers[3]);
    let url = "https://shop.example/en/probe";
    assert_eq!(budget.now(clear, url), None);
    assert_eq!(budget.now(secure, url), Some(true));
    assert_eq!(
        budget.now(secure, "https://shop.example/en/probe/"),
        Some(false)
    );
    budget.end(secure);
    assert_eq!(budget.now(clear, url), Some(true));
    assert_eq!(budget.now(clear, "https://shop.example/other"), Some(false));
}

#[test]
fn what_the_twin_is_asked_for_by_itself_costs_the_name_nothing() {
    let budget = budget("/");
    let walkers = budget.walkers();
    walkers[..2].iter().for_each(|walker| budget.end(walker));
    let (secure, url) = (&walkers[3], "https://www.shop.example/probe");
    assert_eq!(
        budget.now(secure, url),
        None,
        "whether it is asked is not known"
    );
    budget.end(&walkers[5]);
    assert_eq!(budget.now(secure, url), Some(true));
    assert_eq!(
        budget.now(secure, "https://shop.example/en/probe"),
        Some(true)
    );
    assert_eq!(
        budget.now(secure, "https://shop.example/en/probe/"),
        Some(false)
    );
}

#[test]
fn the_twin_has_four_and_redirects_of_its_front_page_come_before_its_probe() {
    for (redirects, probed) in [(0, true), (1, false), (5, false)] {
        let budget = budget("/");
        let walkers = budget.walkers();
        walkers[..5].iter().for_each(|walker| budget.end(walker));
        let followed = (0..redirects).filter(|number| {
            let url = format!("https://www.shop.example/{number}");
            budget.now(&walkers[5], &url).unwrap()
        });
        assert_eq!(followed.count(), redirects.min(1));
        walkers[5..].iter().for_each(|walker| budget.end(walker));
        let last = "https://www.shop.example/probe";
        assert_eq!(budget.now(&walkers[8], last), Some(probed));
        let other = "https://www.shop.example/other";
        assert_eq!(budget.now(&walkers[6], other), Some(false));
    }
}

#[test]
fn an_address_elsewhere_has_a_bound_of_its_own() {
    let budget = budget("/");
    let walkers = budget.walkers();
    walkers.iter().for_each(|walker| budget.end(walker));
    let mut asked = 0;
    for (number, walker) in walkers[2..5].iter().enumerate() {
        let keys = (0..20).map(|step| {
            let url = format!("https://other.example/{number}/{step}");
            ("GET".to_owned(), url, "192.0.2.9:443".parse().unwrap())
        });
        let may = |key: &Key| budget.may(walker, key).now_or_never().unwrap();
        asked += keys
            .collect::<Vec<Key>>()
            .iter()
            .map(may)
            .filter(|may| *may)
            .count();
    }
    assert_eq!(asked, limits::REQUESTS_PER_ADDRESS);
}
