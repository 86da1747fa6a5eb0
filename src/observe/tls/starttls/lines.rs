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
    // In whatever case (RFC 5804 §4).
    let ends = |line: &str| {
        let word = line.split([' ', '(']).next().unwrap_or_default();
        ["OK", "NO", "BYE"]
            .iter()
            .any(|own| word.eq_ignore_ascii_case(own))
    };
    let greeting = until(talk, ends).await?;
    expect(greeting.last().map_or(&[], std::slice::from_ref), "OK")?;
    offers(&greeting, "STARTTLS")?;
    talk.send(b"STARTTLS\r\n").await?;
    expect(&[talk.line().await?], "OK")
}

/// A reply of SMTP or FTP: where a hyphen follows the code it goes on to a line with the same code and none. What stands between
/// may have any form in FTP (RFC 959 §4.2); in SMTP each line has the code (RFC 5321 §4.2.1).
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
) -> Result<Vec<String>, Failure> {
    let first = talk.line().await?;
    let code = first.split_once('-').map(|(code, _)| code.to_owned());
    let is_code = |code: &String| code.len() == 3 && code.bytes().all(|own| own.is_ascii_digit());
    let Some(code) = code.filter(is_code) else {
        return Ok(vec![first]);
    };
    let is_last = |line: &str| {
        let rest = line.strip_prefix(&code);
        rest.is_some_and(|rest| !rest.starts_with('-'))
    };
    let mut lines = until(talk, is_last).await?;
    lines.insert(0, first);
    Ok(lines)
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

/// Whether an answer is one with this code: its first line says so, and its last.
fn is(answer: &[String], code: &str) -> bool {
    let prefix = |line: &String| {
        line.get(..code.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(code))
    };
    answer.first().is_some_and(prefix) && answer.last().is_some_and(prefix)
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
