//! XMPP, whose words are an endless XML document.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Talk, not_offered, refused};
use crate::facts::attempt::Failure;

/// RFC 6120 §5: opens a stream, waits for its features, and asks to go on in TLS.
pub(super) async fn xmpp<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    namespace: &str,
    to: &str,
) -> Result<(), Failure> {
    let opening = format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{to}' version='1.0'>"
    );
    talk.send(opening.as_bytes()).await?;
    let features = element(
        talk,
        &[
            "</stream:features>",
            "<stream:features/>",
            "<stream:features />",
            "<stream:error",
            "</stream:stream>",
        ],
    )
    .await?;
    if features.contains("<stream:error") {
        return Err(refused(features.as_bytes()));
    }
    if !features.contains("<starttls") {
        return Err(not_offered(&features));
    }
    talk.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        .await?;
    let answer = element(talk, &["<proceed", "<failure", "</stream:stream>"]).await?;
    if !answer.contains("<proceed") {
        return Err(refused(answer.as_bytes()));
    }
    // To the end of the tag; a pair of tags has nothing in between.
    element(talk, &[">"]).await?;
    if talk.unread.starts_with(b"</proceed>") {
        talk.unread.drain(..b"</proceed>".len());
    }
    Ok(())
}

/// What came up to the first of the marks, that one included.
async fn element<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    marks: &[&str],
) -> Result<String, Failure> {
    loop {
        let ends = marks.iter().filter_map(|mark| {
            let found = talk
                .unread
                .windows(mark.len())
                .position(|own| own == mark.as_bytes());
            found.map(|at| at + mark.len())
        });
        if let Some(end) = ends.min() {
            let bytes = talk.exactly(end).await?;
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        talk.more().await?;
    }
}
