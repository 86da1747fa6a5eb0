//! Requests to authorities: plain HTTP as they have it, bounded, and for a public name never into a private network.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HOST, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use url::Url;

use crate::facts::address::special_purpose;
use crate::facts::attempt::Failure;
use crate::net::clock::Stopwatch;
use crate::net::deadline::Deadline;
use crate::net::dial::Dialer;
use crate::net::{limits, web};
use crate::observe::dns::resolvers::Lookup;
use crate::observe::failure::failure;

/// How requests are made for one chain.
pub(super) struct Fetcher<'f> {
    pub(super) lookup: &'f Lookup,
    pub(super) dialer: &'f Dialer,
    pub(super) deadline: Deadline,
    pub(super) patience: Duration,
    /// Whether addresses of private networks are refused.
    pub(super) public_only: bool,
}

/// What is sent along.
#[derive(Clone, Copy)]
pub(super) struct Sent<'s> {
    pub(super) content_type: &'s str,
    pub(super) body: &'s [u8],
}

impl Fetcher<'_> {
    /// The body at `url`, at most `limit` bytes; `sent` makes it a POST.
    pub(super) async fn fetch(
        &self,
        url: &str,
        sent: Option<Sent<'_>>,
        limit: (usize, &str),
    ) -> Result<Vec<u8>, Failure> {
        let watch = Stopwatch::start();
        let work = async {
            let mut url = Url::parse(url).map_err(|_| unusable("UrlUnreadable"))?;
            for _ in 0..=limits::FETCH_REDIRECTS {
                let response = self.request(&url, sent).await?;
                match moved(&response, &url) {
                    Some(next) => url = next,
                    None => return body(response, limit).await,
                }
            }
            Err(Failure::LimitReached {
                limit: "FETCH_REDIRECTS".to_owned(),
            })
        };
        match self.deadline.bound(self.patience, work).await {
            Ok(done) => done.map_err(|failure| match failure {
                Failure::TimedOut { .. } => Failure::TimedOut {
                    after_ms: watch.elapsed().into(),
                },
                other => other,
            }),
            Err(elapsed) => Err(elapsed.into()),
        }
    }

    async fn request(&self, url: &Url, sent: Option<Sent<'_>>) -> Result<Response, Failure> {
        let at = self.address(url).await?;
        let host = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut dialled = url.clone();
        let rewritten = dialled.set_ip_host(at.ip()).is_ok();
        if !rewritten || dialled.set_port(Some(at.port())).is_err() {
            return Err(unusable("UrlWithoutHost"));
        }
        // Only plain HTTP is asked, but without a configuration the client looks for one of the process.
        let config = web::client_config().map_err(|_| unusable("NoTls"))?;
        let client = Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("doorstep/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(config)
            .build()
            .map_err(|error| failure(&error))?;
        let request = match sent {
            None => client.request(Method::GET, dialled),
            Some(sent) => client
                .request(Method::POST, dialled)
                .header(CONTENT_TYPE, sent.content_type)
                .body(sent.body.to_vec()),
        };
        let response = request.header(HOST, host).send().await;
        response.map_err(|error| failure(&error))
    }

    /// Where to go for a URL. Authorities use plain HTTP, because what they give out is signed (RFC 5280 §8).
    async fn address(&self, url: &Url) -> Result<SocketAddr, Failure> {
        let host = url.host_str().ok_or_else(|| unusable("UrlWithoutHost"))?;
        if url.scheme() != "http" {
            return Err(unusable("UrlNotHttp"));
        }
        let port = url.port().unwrap_or(80);
        let sockets = self.lookup.sockets(host, port).await?;
        // What the user rewrites is meant.
        let meant = self.dialer.pinned(host, port).is_some();
        let allowed = |at: &&SocketAddr| {
            meant
                || !self.public_only
                || special_purpose(at.ip()).is_none()
                || self.dialer.dialled(**at) != **at
        };
        let reachable = sockets.iter().filter(allowed);
        let reachable = reachable.filter(|at| self.dialer.has_route(**at));
        let first = reachable.copied().next();
        match first {
            Some(at) => Ok(self.dialer.dialled(at)),
            None if sockets.iter().any(|at| allowed(&at)) => Err(Failure::NoRoute),
            None => Err(unusable("PrivateAddress")),
        }
    }
}

/// Why a URL is not fetched.
fn unusable(rule: &str) -> Failure {
    Failure::Incompatible {
        rule: rule.to_owned(),
    }
}

fn moved(response: &Response, from: &Url) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = from.join(location).ok()?;
    response.status().is_redirection().then_some(next)
}

async fn body(mut response: Response, (limit, name): (usize, &str)) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    if !status.is_success() {
        return Err(Failure::Declined {
            status: status.as_u16(),
        });
    }
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| failure(&error))? {
        body.extend_from_slice(&part);
        if body.len() > limit {
            let limit = name.to_owned();
            return Err(Failure::LimitReached { limit });
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::deadline::Stop;
    use crate::net::dial::{ConnectTo, Families};
    use crate::observe::tls::testing::knowing;

    /// Fetches from a host whose address is that of this machine.
    fn fetched(url: &str, public_only: bool) -> Failure {
        fetched_by(url, public_only, Vec::new())
    }

    fn fetched_by(url: &str, public_only: bool, rewritten: Vec<ConnectTo>) -> Failure {
        let patience = Duration::from_secs(1);
        let dialer = Dialer::new(Families::Both, rewritten);
        let deadline = Deadline::after(patience * 10, Stop::new());
        let here = vec![std::net::Ipv4Addr::LOCALHOST.into()];
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let lookup = knowing("ca.test", here, (&dialer, deadline));
            let fetcher = Fetcher {
                lookup: &lookup,
                dialer: &dialer,
                deadline,
                patience,
                public_only,
            };
            fetcher.fetch(url, None, (10, "TEN")).await.unwrap_err()
        })
    }

    #[test]
    fn a_public_certificate_leads_into_no_private_network() {
        assert_eq!(
            fetched("http://ca.test:1/", true),
            unusable("PrivateAddress")
        );
        assert_eq!(
            fetched("http://169.254.169.254/", true),
            unusable("PrivateAddress")
        );
        assert_eq!(fetched("http://ca.test:1/", false), Failure::Refused);
    }

    #[test]
    fn only_plain_http_is_asked() {
        assert_eq!(fetched("ldap://ca.test/", false), unusable("UrlNotHttp"));
        assert_eq!(
            fetched("file:///etc/passwd", false),
            unusable("UrlWithoutHost")
        );
        assert_eq!(fetched("no url", false), unusable("UrlUnreadable"));
    }

    /// What is fetched from a responder that says this, and then waits so long before each further byte.
    fn answered(said: &'static str, pause: Option<Duration>) -> Failure {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                use std::io::{Read, Write};
                let _ = stream.read(&mut [0; 1_024]);
                let mut open = stream.write_all(said.as_bytes()).is_ok();
                while let (true, Some(pause)) = (open, pause) {
                    std::thread::sleep(pause);
                    open = stream.write_all(b"x").is_ok();
                }
            }
        });
        let rule = format!("ocsp.test:80:127.0.0.1:{port}");
        fetched_by("http://ocsp.test/", true, vec![rule.parse().unwrap()])
    }

    #[test]
    fn a_redirect_into_a_private_network_is_not_followed() {
        for to in [
            "http://169.254.169.254/latest",
            "http://127.0.0.1:1/",
            "http://[::1]/",
            "http://10.0.0.1/",
        ] {
            let said = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            let failure = answered(said.leak(), None);
            assert_eq!(failure, unusable("PrivateAddress"), "{to}");
        }
        let elsewhere =
            "HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(answered(elsewhere, None), unusable("UrlWithoutHost"));
    }

    #[test]
    fn a_drip_is_cut_off_and_so_is_what_is_too_long() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
        let slow = answered(head, Some(Duration::from_millis(300)));
        assert!(matches!(slow, Failure::TimedOut { .. }), "{slow:?}");
        let limit = "TEN".to_owned();
        let long = "HTTP/1.1 200 OK\r\n\r\n0123456789abcdef";
        assert_eq!(answered(long, None), Failure::LimitReached { limit });
    }
}
