//! Who answered: by the Server field, by fields of its own, or by the form of the answer. What others send as well tells nothing.

use super::{Wish, alb, apache, caddy, cloudflare, cloudfront, haproxy, iis, nginx};
use crate::facts::http::Hop;
use crate::finding::clipped;

/// A program or service that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Software {
    Nginx,
    Apache,
    Haproxy,
    Iis,
    Caddy,
    Alb,
    CloudFront,
    Cloudflare,
}

/// One of them, and what told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) software: Software,
    sign: Sign<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Sign<'a> {
    /// The Server field.
    Server(&'a str),
    /// Another field.
    Field(&'static str),
    /// Which fields there are, and which not.
    Form,
    /// Nothing.
    Unseen,
}

/// Services that put their mark on what others answer.
const MARKS: [(&str, &str, Software); 3] = [
    ("cf-ray", "", Software::Cloudflare),
    ("x-amz-cf-id", "", Software::CloudFront),
    ("via", "(cloudfront)", Software::CloudFront),
];

/// Products in the Server field. Those of the second line are nginx with other modules, and are configured as it is.
const PRODUCTS: [(&str, Software); 11] = [
    ("nginx", Software::Nginx),
    ("openresty", Software::Nginx),
    ("tengine", Software::Nginx),
    ("angie", Software::Nginx),
    ("apache", Software::Apache),
    ("haproxy", Software::Haproxy),
    ("microsoft-iis", Software::Iis),
    ("caddy", Software::Caddy),
    ("awselb", Software::Alb),
    ("cloudfront", Software::CloudFront),
    ("cloudflare", Software::Cloudflare),
];

/// Fields that tell of a server whose name was taken out.
const TRACES: [(&str, &str, Software); 3] = [
    ("via", "1.1 caddy", Software::Caddy),
    ("x-powered-by", "asp.net", Software::Iis),
    ("set-cookie", "awsalb", Software::Alb),
];

/// Who answered; `None` when nothing tells.
pub(super) fn known(hop: &Hop) -> Option<Known<'_>> {
    let shown = |marks: &'static [(&'static str, &'static str, Software)]| {
        let mut marks = marks.iter();
        let found = marks.find(|(field, text, _)| shows(hop, field, text));
        found.map(|(field, _, software)| Known {
            software: *software,
            sign: Sign::Field(field),
        })
    };
    let named = || {
        let server = hop.server.as_deref()?;
        product(server).map(|software| Known {
            software,
            sign: Sign::Server(server),
        })
    };
    let formed = || {
        is_haproxys_redirect(hop).then_some(Known {
            software: Software::Haproxy,
            sign: Sign::Form,
        })
    };
    shown(&MARKS)
        .or_else(named)
        .or_else(|| shown(&TRACES))
        .or_else(formed)
}

fn shows(hop: &Hop, field: &str, text: &str) -> bool {
    let values = hop.values(field);
    let fits = |value: &&str| match field {
        "set-cookie" => value.to_ascii_lowercase().starts_with(text),
        _ => value.to_ascii_lowercase().contains(text),
    };
    values.iter().any(fits)
}

/// The first product of a Server field (RFC 9110 §10.2.4): `Apache-Coyote` is another than `Apache`.
fn product(server: &str) -> Option<Software> {
    let first = server
        .split([' ', '/'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let tomcat = server.to_ascii_lowercase().contains("tomcat");
    let known = PRODUCTS.iter().find(|(name, _)| *name == first);
    known.map(|(_, software)| *software).filter(|_| !tomcat)
}

/// Fields that HAProxy's own redirects have, and no others do: it makes them without Date and Server, and with names in lower
/// case, which over HTTP/1.1 hardly anybody else does. What its rules add to answers stands there as well.
const OF_A_REDIRECT: [&str; 7] = [
    "content-length",
    "location",
    "cache-control",
    "connection",
    "strict-transport-security",
    "alt-svc",
    "set-cookie",
];

fn is_haproxys_redirect(hop: &Hop) -> bool {
    let Some(head) = hop.head.as_deref().filter(|_| hop.is_redirect()) else {
        return false;
    };
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut names = fields.map(|(name, _)| name);
    let own = hop.version.as_deref() == Some("HTTP/1.1")
        && hop.values("content-length") == ["0"]
        && hop.locations == 1;
    own && names.all(|name| OF_A_REDIRECT.contains(&name))
}

impl Known<'_> {
    /// One that is proposed without having been seen.
    pub(super) fn unseen(software: Software) -> Self {
        Self {
            software,
            sign: Sign::Unseen,
        }
    }

    /// Who it is and what told, as the beginning of a sentence.
    pub(super) fn in_words(&self) -> String {
        let name = self.software.name();
        match self.sign {
            Sign::Server(server) if server.contains('/') => {
                format!("{name} answered (`{}`)", clipped(server))
            }
            Sign::Field(field) => format!("{name} answered (by its field `{field}`)"),
            Sign::Form => format!("{name} answered (by the form of its redirect)"),
            Sign::Server(_) | Sign::Unseen => format!("{name} answered"),
        }
    }

    /// Whether its version is this one or later; `None` when it does not tell.
    pub(super) fn is_from(&self, wanted: &[u64]) -> Option<bool> {
        let Sign::Server(server) = self.sign else {
            return None;
        };
        let version = server.split(' ').next()?.split_once('/')?.1;
        let numbers: Option<Vec<u64>> = version
            .split('.')
            .map(|number| number.parse().ok())
            .collect();
        Some(numbers?.as_slice() >= wanted)
    }
}

impl Software {
    /// Whether it is never the application behind another proxy of the site.
    pub(super) fn is_in_front(self) -> bool {
        matches!(
            self,
            Self::Haproxy | Self::Alb | Self::CloudFront | Self::Cloudflare
        )
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::Haproxy => "HAProxy",
            Self::Iis => "IIS",
            Self::Caddy => "Caddy",
            Self::Alb => "an AWS load balancer",
            Self::CloudFront => "CloudFront",
            Self::Cloudflare => "Cloudflare",
        }
    }

    /// What to write into its configuration, and where.
    pub(super) fn lines(self, wish: Wish<'_>, known: &Known<'_>) -> String {
        match self {
            Self::Nginx => nginx::lines(wish, known),
            Self::Apache => apache::lines(wish),
            Self::Haproxy => haproxy::lines(wish),
            Self::Iis => iis::lines(wish),
            Self::Caddy => caddy::lines(wish),
            Self::Alb => alb::lines(wish),
            Self::CloudFront => cloudfront::lines(wish),
            Self::Cloudflare => cloudflare::lines(wish),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::http::testing::{page, redirect};

    fn told(server: Option<&str>, field: &str) -> Option<Software> {
        let mut hop = page("https://shop.example/", 200);
        hop.server = server.map(str::to_owned);
        hop.head = Some(format!("HTTP/1.1 200 OK\ndate: x\n{field}\n\n"));
        known(&hop).map(|known| known.software)
    }

    #[test]
    fn each_is_told_by_its_server_field() {
        for (server, software) in [
            ("nginx", Software::Nginx),
            ("nginx/1.22.1", Software::Nginx),
            ("nginx/1.18.0 (Ubuntu)", Software::Nginx),
            ("openresty/1.25.3.1", Software::Nginx),
            ("Apache", Software::Apache),
            ("Apache/2.4.62 (Debian)", Software::Apache),
            ("Microsoft-IIS/10.0", Software::Iis),
            ("Caddy", Software::Caddy),
            ("awselb/2.0", Software::Alb),
            ("CloudFront", Software::CloudFront),
            ("cloudflare", Software::Cloudflare),
        ] {
            assert_eq!(told(Some(server), ""), Some(software), "{server}");
        }
    }

    #[test]
    fn a_name_that_only_begins_alike_is_another_server() {
        for server in [
            "Apache-Coyote/1.1",
            "Apache Tomcat/9.0.1",
            "ApacheTrafficServer/9.2",
            "nginx-clojure/0.6",
            "Microsoft-HTTPAPI/2.0",
            "Caddyshack",
            "gunicorn",
            "",
        ] {
            assert_eq!(told(Some(server), ""), None, "{server}");
        }
    }

    #[test]
    fn a_service_is_told_by_its_marks_before_what_is_behind_it() {
        for (field, software) in [
            ("X-Amz-Cf-Id: abc==", Software::CloudFront),
            (
                "Via: 1.1 0123.cloudfront.net (CloudFront)",
                Software::CloudFront,
            ),
            ("CF-RAY: 8f1-FRA", Software::Cloudflare),
        ] {
            assert_eq!(told(Some("nginx/1.22.1"), field), Some(software), "{field}");
        }
    }

    #[test]
    fn a_trace_counts_when_the_name_was_taken_out() {
        for (field, software) in [
            ("X-Powered-By: ASP.NET", Software::Iis),
            ("Via: 1.1 Caddy", Software::Caddy),
            ("Set-Cookie: AWSALBCORS=x; Path=/", Software::Alb),
        ] {
            assert_eq!(told(None, field), Some(software), "{field}");
            assert_eq!(told(Some("nginx"), field), Some(Software::Nginx), "{field}");
        }
    }

    #[test]
    fn what_many_send_tells_nothing() {
        for field in [
            "Alt-Svc: h3=\":443\"; ma=2592000",
            "Via: 1.1 varnish",
            "X-Powered-By: PHP/8.2",
            "Set-Cookie: id=AWSALB",
        ] {
            assert_eq!(told(None, field), None, "{field}");
        }
    }

    fn redirected(head: &str, version: &str) -> bool {
        let mut hop = redirect("http://shop.example/", 301, "https://shop.example/");
        hop.version = Some(version.to_owned());
        hop.head = Some(head.to_owned());
        known(&hop).is_some_and(|known| known.software == Software::Haproxy)
    }

    #[test]
    fn haproxy_is_told_by_the_form_of_its_redirect() {
        let own = "HTTP/1.1 301 Moved Permanently\ncontent-length: 0\nlocation: https://shop.example/\n\n";
        assert!(redirected(own, "HTTP/1.1"));
        let more = own.replace(
            "\n\n",
            "\ncache-control: no-cache\nstrict-transport-security: max-age=1\n\n",
        );
        assert!(redirected(&more, "HTTP/1.1"));
        assert!(
            !redirected(own, "HTTP/2"),
            "all names are in lower case there"
        );
        for other in [
            own.replace("\n\n", "\ndate: x\n\n"),
            own.replace("\n\n", "\nserver: demo\n\n"),
            own.replace("content-length", "Content-Length"),
            own.replace(": 0", ": 17"),
            own.replace("content-length: 0\n", ""),
        ] {
            assert!(!redirected(&other, "HTTP/1.1"), "{other}");
        }
        let mut page = page("http://shop.example/", 200);
        page.head = Some(own.to_owned());
        assert!(known(&page).is_none(), "a page has no such form");
    }

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        let from = |server: &str| {
            let mut hop = page("https://shop.example/", 200);
            hop.server = Some(server.to_owned());
            known(&hop).and_then(|known| known.is_from(&[1, 25, 1]))
        };
        assert_eq!(from("nginx/1.9.5"), Some(false));
        assert_eq!(from("nginx/1.25.0 (Ubuntu)"), Some(false));
        assert_eq!(from("nginx/1.25.1"), Some(true));
        assert_eq!(from("nginx/1.28.0"), Some(true));
        assert_eq!(from("nginx"), None);
        assert_eq!(from("nginx/x"), None);
    }
}
