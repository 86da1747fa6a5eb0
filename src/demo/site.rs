//! Web servers of the world: what port 80 and port 443 of an address say.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue, SERVER};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::delay::{Carried, Delay};

/// How long a client that is to read to the end is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A web server: what it says at each of its addresses.
#[derive(Clone, Debug)]
pub struct Site {
    /// What it is called.
    pub name: String,
    /// The addresses in the world.
    pub addresses: Vec<IpAddr>,
    /// What port 80 says.
    pub http: Speaks,
    /// What port 443 says.
    pub https: Speaks,
}

/// What a port says.
#[derive(Clone, Debug)]
pub enum Speaks {
    /// Nothing listens there.
    Closed,
    /// HTTP in clear.
    Http(Pages),
    /// TLS, and HTTP within.
    Https(Arc<Identity>, Pages),
    /// The same, and QUIC handshakes for HTTP/3 on UDP.
    Https3(Arc<Identity>, Pages),
    /// TLS, and HTTP/1.1 alone within.
    OldHttps(Arc<Identity>, Pages),
    /// Bytes of its own.
    Canned(Canned),
}

/// Bytes that are said whatever the client says.
#[derive(Clone, Debug, Default)]
pub struct Canned {
    /// At once.
    pub greeting: Vec<u8>,
    /// After the client's first bytes.
    pub answer: Vec<u8>,
    /// Then again and again.
    pub forever: Vec<u8>,
}

/// What a TLS server shows.
#[derive(Debug)]
pub struct Identity {
    own: Arc<CertifiedKey>,
    /// To clients that offer no suite for an ECDSA key.
    older: Option<Arc<CertifiedKey>>,
    /// To who asks for a name.
    named: Vec<(String, Arc<CertifiedKey>)>,
}

/// Pages and redirects: the first that fits is the answer.
pub type Pages = Vec<Page>;

/// An answer, and to which requests it is one.
#[derive(Clone, Debug)]
pub struct Page {
    /// Only for this host.
    pub host: Option<String>,
    /// Only for this path.
    pub path: Option<String>,
    /// The status code.
    pub status: u16,
    /// Fields; in a value `$host`, `$request_uri` and `$uri` are those of the request, as in nginx, and `$tail` is
    /// `$request_uri` without its first slash, as Apache's Redirect adds it.
    pub fields: Vec<(&'static str, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Page {
    /// An answer to every request.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            host: None,
            path: None,
            status,
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A redirect of every request.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::new(status).with("location", to)
    }

    /// With a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    /// With content.
    #[must_use]
    pub fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Only for requests to this host.
    #[must_use]
    pub fn of_host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Only for requests for this path.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn fits(&self, host: &str, path: &str) -> bool {
        let is = |wanted: &Option<String>, own: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == own)
        };
        is(&self.host, host) && is(&self.path, path)
    }
}

impl Identity {
    /// A chain as it is to be sent, and a key, whether they belong together or not.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(key)?;
        Ok(Self {
            own: Arc::new(CertifiedKey::new(chain, key)),
            older: None,
            named: Vec::new(),
        })
    }

    /// With what another shows, for clients that offer no suite for an ECDSA key.
    #[must_use]
    pub fn or_for_older(mut self, other: Self) -> Self {
        self.older = Some(other.own);
        self
    }

    /// With what another shows, for who asks for this name.
    #[must_use]
    pub fn or_for_name(mut self, name: &str, other: Self) -> Self {
        self.named.push((name.to_owned(), other.own));
        self
    }
}

/// Whether the client offers a suite that this server has for an ECDSA key.
fn takes_ecdsa(hello: &ClientHello<'_>) -> bool {
    let mut own = rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES.iter();
    own.any(|own| {
        let name = own.suite().as_str().unwrap_or_default();
        let fits = name.starts_with("TLS13_") || name.contains("_ECDSA_");
        fits && hello.cipher_suites().contains(&own.suite())
    })
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let older = self.older.as_ref().filter(|_| !takes_ecdsa(&hello));
        let mut named = self.named.iter();
        let named = named.find(|(name, _)| Some(name.as_str()) == hello.server_name());
        let shown = older.or(named.map(|(_, shown)| shown));
        Some(Arc::clone(shown.unwrap_or(&self.own)))
    }
}

/// Serves connections for as long as the runtime lives.
pub(super) async fn serve(listener: TcpListener, speaks: Speaks, delay: Delay) {
    let Ok(speaker) = Speaker::new(speaks) else {
        return;
    };
    let speaker = Arc::new(speaker);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let (speaker, stream) = (Arc::clone(&speaker), delay.carry(stream));
        tokio::spawn(async move {
            // That a client hangs up, or breaks a handshake off, is the client's business.
            let _ = speaker.talk(stream).await;
        });
    }
}

/// A port, ready to speak.
enum Speaker {
    Http(Arc<Pages>),
    Https(TlsAcceptor, Arc<Pages>),
    Canned(Canned),
}

impl Speaker {
    fn new(speaks: Speaks) -> Result<Self, rustls::Error> {
        Ok(match speaks {
            Speaks::Closed => Self::Canned(Canned::default()),
            Speaks::Http(pages) => Self::Http(Arc::new(pages)),
            Speaks::Https(identity, pages) | Speaks::Https3(identity, pages) => {
                secure(identity, pages, &[b"h2", b"http/1.1"])?
            }
            Speaks::OldHttps(identity, pages) => secure(identity, pages, &[b"http/1.1"])?,
            Speaks::Canned(canned) => Self::Canned(canned),
        })
    }

    async fn talk(&self, stream: Carried) -> io::Result<()> {
        match self {
            Self::Http(pages) => speak_http(stream, Arc::clone(pages), false).await,
            Self::Https(acceptor, pages) => {
                let stream = acceptor.accept(stream).await?;
                let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                speak_http(Box::new(stream), Arc::clone(pages), h2).await
            }
            Self::Canned(canned) => recite(stream, canned).await,
        }
    }
}

fn secure(identity: Arc<Identity>, pages: Pages, alpn: &[&[u8]]) -> Result<Speaker, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(identity);
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Speaker::Https(
        TlsAcceptor::from(Arc::new(config)),
        Arc::new(pages),
    ))
}

async fn recite(mut stream: Carried, canned: &Canned) -> io::Result<()> {
    stream.write_all(&canned.greeting).await?;
    let mut heard = vec![0; 4096];
    if stream.read(&mut heard).await? == 0 {
        return Ok(());
    }
    stream.write_all(&canned.answer).await?;
    while !canned.forever.is_empty() {
        stream.write_all(&canned.forever).await?;
    }
    stream.shutdown().await?;
    // Closing with unread bytes would be a reset, which may overtake what was said.
    let rest = async { while stream.read(&mut heard).await.is_ok_and(|size| size > 0) {} };
    let _ = tokio::time::timeout(PATIENCE, rest).await;
    Ok(())
}

async fn speak_http(stream: Carried, pages: Arc<Pages>, h2: bool) -> io::Result<()> {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(&pages, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let io = TokioIo::new(stream);
    let served = if h2 {
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.serve_connection(io, service).await
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.header_read_timeout(None);
        builder.serve_connection(io, service).await
    };
    served.map_err(io::Error::other)
}

fn answer(pages: &Pages, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let field = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(field).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = request.uri().path();
    let uri = request
        .uri()
        .path_and_query()
        .map_or(path, |whole| whole.as_str());
    let mut response = Response::new(Full::default());
    response
        .headers_mut()
        .insert(SERVER, HeaderValue::from_static("demo"));
    let Some(page) = pages.iter().find(|page| page.fits(host, path)) else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or_default();
    for (name, value) in &page.fields {
        let value = value
            .replace("$host", host)
            .replace("$request_uri", uri)
            .replace("$uri", path)
            .replace("$tail", uri.trim_start_matches('/'));
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(*name, value);
        }
    }
    *response.body_mut() = Full::from(page.body.clone());
    response
}
