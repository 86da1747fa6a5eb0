//! A network namespace with addresses on its loopback, and servers inside that end with it.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Up until it is dropped.
pub(crate) struct Namespace {
    name: String,
    directory: tempfile::TempDir,
    servers: Vec<Child>,
}

impl Namespace {
    /// A namespace whose machine has these addresses and asks this resolver. What has none of them is lost, not refused.
    pub(crate) fn new(addresses: &[IpAddr], resolver: &str) -> io::Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let namespace = Self {
            name: format!("doorstep-{}-{number}", std::process::id()),
            directory: tempfile::tempdir()?,
            servers: Vec::new(),
        };
        namespace.make(addresses, resolver)?;
        Ok(namespace)
    }

    fn make(&self, addresses: &[IpAddr], resolver: &str) -> io::Result<()> {
        let name = &self.name;
        let configuration = self.etc();
        fs::create_dir_all(&configuration)?;
        fs::write(
            format!("{configuration}/resolv.conf"),
            format!("nameserver {resolver}\n"),
        )?;
        fs::write(format!("{configuration}/hosts"), "127.0.0.1 localhost\n")?;
        run("ip", &["netns", "add", name])?;
        let ip = |arguments: &[&str]| run("ip", &[&["-n", name], arguments].concat());
        ip(&["link", "set", "lo", "up"])?;
        // The loopback drops packets that are for nobody.
        ip(&["route", "add", "default", "dev", "lo"])?;
        ip(&["-6", "route", "add", "default", "dev", "lo"])?;
        for address in addresses {
            let (family, bits) = if address.is_ipv4() {
                ("-4", 32)
            } else {
                ("-6", 128)
            };
            ip(&[
                family,
                "addr",
                "add",
                &format!("{address}/{bits}"),
                "dev",
                "lo",
            ])?;
        }
        Ok(())
    }

    /// Where the files of this namespace lie.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The path of a file of it.
    pub(crate) fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// A directory whose entries stand in the place of those of `/etc` for what runs inside.
    pub(crate) fn etc(&self) -> String {
        format!("/etc/netns/{}", self.name)
    }

    /// Runs a program inside, with a scrubbed environment.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.inside(program, arguments).output().unwrap()
    }

    /// A program inside, with a scrubbed environment, before it is run.
    pub(crate) fn inside(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name, program])
            .args(arguments);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .current_dir(self.directory.path());
        command
    }

    /// Starts a server inside.
    pub(crate) fn serve(&mut self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let log = fs::File::create(self.file(&format!("{program}{}.log", self.servers.len())))?;
        let mut command = self.inside(program, arguments);
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.servers.push(child);
        Ok(())
    }

    /// What the servers have said, for when they do not come up.
    pub(crate) fn logs(&self) -> String {
        let entries = fs::read_dir(self.directory.path()).into_iter().flatten();
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        let logs =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        logs.map(|path| fs::read_to_string(path).unwrap_or_default())
            .collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Workers outlive the process that was started, so all that is inside is ended.
        if let Ok(pids) = Command::new("ip")
            .args(["netns", "pids", &self.name])
            .output()
        {
            for pid in String::from_utf8_lossy(&pids.stdout).lines() {
                let _ = Command::new("kill").args(["-9", pid]).status();
            }
        }
        for server in &mut self.servers {
            let _ = server.wait();
        }
        let _ = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
        let _ = fs::remove_dir_all(self.etc());
    }
}

/// Runs a program, which must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> io::Result<()> {
    succeeded(program, &Command::new(program).args(arguments).output()?)
}

/// An error with what a program said, when it failed.
pub(crate) fn succeeded(program: &str, done: &Output) -> io::Result<()> {
    if done.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{program}: {}",
        String::from_utf8_lossy(&done.stderr)
    )))
}
