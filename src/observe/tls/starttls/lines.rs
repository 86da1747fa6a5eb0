//! The protocols whose words are lines.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Talk, not_offered, refused};
use crate::facts::attempt::Failure;

/// SMTP (RFC 3207) and LMTP, which greets by another word.
pub(super) async fn mail<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    greeting: &str,
) -> Result<(), Failure> {
    expect(&reply(talk).await?, "220")?;
    talk.send(format!("{greeting} doorstep.invalid\r\n").as_bytes())
        .await?;
    let offered = reply(talk).await?;
    expect(&offered, "250")?;
    offers(&offered, "STARTTLS")?;
    talk.send(b"STARTTLS\r\n").await?;
    expect(&reply(talk).await?, "220")
}

pub(super) async fn ftp<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    expect(&reply(talk).await?, "220")?;
    talk.send(b"AUTH TLS\r\n").await?;
    let answer = reply(talk).await?;
    // Unknown, or not implemented (RFC 4217 §4).
    if ["500", "502", "504"].iter().any(|code| is(&answer, code)) {
        return Err(not_offered(&answer.join(" ")));
    }
    expect(&answer, "234")
}

pub(super) async fn nntp<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    let greeting = vec![talk.line().await?];
    if !is(&greeting, "201") {
        expect(&greeting, "200")?;
    }
    talk.send(b"CAPABILITIES\r\n").await?;
    let answer = vec![talk.line().await?];
    // Servers older than the list of capabilities may know STARTTLS all the same.
    if is(&answer, "101") {
        offers(&list(talk).await?, "STARTTLS")?;
    }
    talk.send(b"STARTTLS\r\n").await?;
    expect(&[talk.line().await?], "382")
}

pub(super) async fn pop3<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    expect(&[talk.line().await?], "+OK")?;
    talk.send(b"CAPA\r\n").await?;
    if talk.line().await?.starts_with("+OK") {
        offers(&list(talk).await?, "STLS")?;
    }
    talk.send(b"STLS\r\n").await?;
    expect(&[talk.line().await?], "+OK")
}

pub(super) async fn imap<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    expect(&[talk.line().await?], "* OK")?;
    talk.send(b"a1 CAPABILITY\r\n").await?;
    let offered = until(talk, |line| line.starts_with("a1 ")).await?;
    offers(&offered, "STARTTLS")?;
    talk.send(b"a2 STARTTLS\r\n").await?;
    let answer = until(talk, |line| line.starts_with("a2 ")).await?;
    expect(answer.last().map_or(&[], std::slice::from_ref), "a2 OK")
}

pub(super) async fn sieve<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<(), Failure> {
    let ends = |line: &str| {
        ["OK", "NO", "BYE"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let greeting = until(talk, ends).await?;
    expect(greeting.last().map_or(&[], std::slice::from_ref), "OK")?;
    offers(&greeting, "STARTTLS")?;
    talk.send(b"STARTTLS\r\n").await?;
    expect(&[talk.line().await?], "OK")
}

/// A reply of SMTP or FTP: all lines but the last have a hyphen after the code (RFC 5321 §4.2.1).
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<Vec<String>, Failure> {
    let is_last = |line: &str| {
        let code = line
            .get(..3)
            .is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        !code && !line.starts_with(' ') || code && line.as_bytes().get(3) != Some(&b'-')
    };
    until(talk, is_last).await
}

/// Lines up to one with a dot alone, which is left out.
async fn list<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<Vec<String>, Failure> {
    let mut lines = until(talk, |line| line == ".").await?;
    lines.pop();
    Ok(lines)
}

/// How many lines an answer may have.
const LINES: usize = 256;

async fn until<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    is_last: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Failure> {
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < LINES {
        let line = talk.line().await?;
        let last = is_last(&line);
        lines.push(line);
        if last {
            return Ok(lines);
        }
    }
    Err(Failure::Malformed { at: None })
}

fn is(answer: &[String], code: &str) -> bool {
    let prefix = |line: &String| {
        line.get(..code.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(code))
    };
    !answer.is_empty() && answer.iter().all(prefix)
}

fn expect(answer: &[String], code: &str) -> Result<(), Failure> {
    if is(answer, code) {
        Ok(())
    } else {
        Err(refused(answer.join(" ").as_bytes()))
    }
}

fn offers(lines: &[String], word: &str) -> Result<(), Failure> {
    let parts = |line: &String| {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|own| own.eq_ignore_ascii_case(word))
    };
    if lines.iter().any(parts) {
        Ok(())
    } else {
        Err(not_offered(&lines.join(" ")))
    }
}
