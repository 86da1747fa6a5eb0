//! `demo --real-addresses`: makes the world's addresses local, in a network namespace of one's own and nowhere else.

use std::net::IpAddr;

use crate::cli::exit::UsageError;

/// How to come to a network namespace.
const HINT: &str =
    "run it in a network of its own: unshare --net doorstep demo --serve --real-addresses";

/// Sees to it that the addresses can be bound.
#[cfg(target_os = "linux")]
pub(super) fn prepare(addresses: &[IpAddr]) -> Result<(), UsageError> {
    let missing: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| !is_local(*address))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_apart() {
        let first = missing.first().map(ToString::to_string).unwrap_or_default();
        return Err(UsageError::new(format!(
            "the address {first} is not this machine's, and the machine's own interfaces are left alone"
        ))
        .hint(HINT));
    }
    add(&missing)
}

/// Sees to it that the addresses can be bound.
#[cfg(not(target_os = "linux"))]
pub(super) fn prepare(_: &[IpAddr]) -> Result<(), UsageError> {
    Err(
        UsageError::new("--real-addresses needs a network namespace, which only Linux has")
            .hint("without it the same world is served on loopback ports"),
    )
}

/// Whether the address is one of this network's. A network that was never up lets any be bound, and none be reached.
#[cfg(target_os = "linux")]
fn is_local(address: IpAddr) -> bool {
    std::net::UdpSocket::bind((address, 0))
        .and_then(|socket| socket.connect((address, 9)))
        .is_ok()
}

/// Whether this process is in another network namespace than process 1.
#[cfg(target_os = "linux")]
fn is_apart() -> bool {
    let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net"));
    match (of("self"), of("1")) {
        (Ok(own), Ok(first)) => own != first,
        _ => is_unused(),
    }
}

/// Where process 1 may not be looked at: whether this network has nothing but a `lo` that was never up, as a new one has.
#[cfg(target_os = "linux")]
fn is_unused() -> bool {
    let Ok(devices) = std::fs::read_to_string("/proc/self/net/dev") else {
        return false;
    };
    let names: Vec<&str> = devices
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim()))
        .collect();
    names == ["lo"] && !is_local(std::net::Ipv4Addr::LOCALHOST.into())
}

/// Brings `lo` up and adds the addresses to it, by iproute2.
#[cfg(target_os = "linux")]
fn add(addresses: &[IpAddr]) -> Result<(), UsageError> {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let mut batch = "link set lo up\n".to_owned();
    for address in addresses {
        // Without duplicate address detection, which would keep an address from being bound for a while.
        batch += &match address {
            IpAddr::V4(address) => format!("address add {address}/32 dev lo\n"),
            IpAddr::V6(address) => format!("address add {address}/128 dev lo nodad\n"),
        };
    }
    let wrong = |what: String| UsageError::new(format!("cannot add the world's addresses: {what}"));
    let failed = |error: std::io::Error| {
        wrong(format!("`ip`: {error}"))
            .hint("it needs root and iproute2 (apt-get install iproute2)")
    };
    let mut child = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(batch.as_bytes()).map_err(failed)?;
    }
    let done = child.wait_with_output().map_err(failed)?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let first = said.lines().next().unwrap_or_default().to_owned();
    Err(wrong(first).hint("it needs root (CAP_NET_ADMIN) in the network namespace"))
}
