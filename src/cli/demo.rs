//! `demo`: starts a world inside the process and runs `check` in it.

mod namespace;
mod served;
mod tour;

use std::sync::Arc;

use ipnet::IpNet;
use tokio::runtime::Runtime;

use super::args::{DemoArgs, Format, ProbingArgs};
use super::exit::{Exit, UsageError};
use super::output;
use super::run;
use super::settings::{Settings, nearest};
use super::target::Target;
use super::walk::{self, Handshake};
use crate::demo::ground::Ground;
use crate::demo::pki::Pki;
use crate::demo::scenarios::{self, Scenario};
use crate::demo::{RANGES, RESOLVER, World};
use crate::observe::dns::resolvers::HostsFile;
use crate::verify::dnssec::anchors::TrustAnchors;
use crate::verify::path::Anchors;

/// How long one attempt waits at most: nothing in a world inside the process takes longer, unless it is delayed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) fn demo(args: &DemoArgs) -> Result<Exit, UsageError> {
    if args.list {
        return output::print(&list(args.probing.format())).map(|()| Exit::Fine);
    }
    let named = args.scenario.as_deref().map(find).transpose()?;
    match named {
        _ if args.serve => {
            let stage = Stage::set(args, named.unwrap_or(healthy()?), &pki()?)?;
            served::serve(&stage)
        }
        Some(scenario) => {
            let stage = Stage::set(args, scenario, &pki()?)?;
            if args.probing.format() == Format::Human && !args.probing.quiet {
                output::print(&tour::introduction(scenario, stage.settings.style))?;
            }
            stage.check()
        }
        None => tour::tour(args),
    }
}

fn list(format: Format) -> String {
    let all = || scenarios::all();
    let json = |scenario: &Scenario| {
        serde_json::json!({
            "name": scenario.name, "title": scenario.title, "text": scenario.text,
            "target": scenario.target, "findings": scenario.findings,
        })
    };
    match format {
        Format::Human => {
            let width = all()
                .map(|scenario| scenario.name.len())
                .max()
                .unwrap_or_default();
            let line =
                |scenario: &Scenario| format!("{:width$}  {}\n", scenario.name, scenario.title);
            all().map(line).collect()
        }
        Format::Json => {
            let listed: Vec<_> = all().map(json).collect();
            format!("{:#}\n", serde_json::Value::Array(listed))
        }
        Format::Jsonl => all()
            .map(|scenario| format!("{}\n", json(scenario)))
            .collect(),
    }
}

fn find(name: &str) -> Result<&'static Scenario, UsageError> {
    scenarios::find(name).ok_or_else(|| {
        let error = UsageError::new(format!("no scenario is called `{}`", name.escape_debug()));
        match nearest(name, scenarios::all().map(|scenario| scenario.name)) {
            Some(known) => error.hint(format!("did you mean `doorstep demo {known}`?")),
            None => error.hint("`doorstep demo --list` names them all"),
        }
    })
}

fn healthy() -> Result<&'static Scenario, UsageError> {
    find("healthy")
}

fn pki() -> Result<Arc<Pki>, UsageError> {
    let pki = Pki::new();
    pki.map(Arc::new)
        .map_err(|error| UsageError::new(format!("cannot make certificates: {error}")))
}

/// A world that is up, and how it is looked at.
struct Stage {
    scenario: &'static Scenario,
    pki: Arc<Pki>,
    hosts: String,
    world: World,
    settings: Settings,
    runtime: Runtime,
}

impl Stage {
    /// Starts the world of a scenario.
    fn set(
        args: &DemoArgs,
        scenario: &'static Scenario,
        pki: &Arc<Pki>,
    ) -> Result<Self, UsageError> {
        let staged = scenario
            .stage(pki)
            .map_err(|error| UsageError::new(error.to_string()))?;
        let ground = if args.real_addresses {
            namespace::prepare(&staged.plan.addresses())?;
            Ground::Real
        } else {
            Ground::Loopback
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(UsageError::runtime)?;
        let world = runtime
            .block_on(World::start(staged.plan, ground, args.delay))
            .map_err(|error| UsageError::new(format!("cannot start the world: {error}")))?;
        let settings = settings(args, &world, pki, &staged.hosts)?;
        Ok(Self {
            scenario,
            pki: Arc::clone(pki),
            hosts: staged.hosts,
            world,
            settings,
            runtime,
        })
    }

    fn check(&self) -> Result<Exit, UsageError> {
        let target = Target::read(self.scenario.target)?;
        let settings = &self.settings;
        let look = |target: Target, deadline| async move {
            walk::check(&target, &Handshake::default(), settings, deadline).await
        };
        run::run("check", vec![(target.shown(), target)], 1, settings, look)
    }
}

/// The options as given, with everything that would reach out of the world replaced by what is in it.
fn settings(
    args: &DemoArgs,
    world: &World,
    pki: &Pki,
    hosts: &str,
) -> Result<Settings, UsageError> {
    let mut probing: ProbingArgs = args.probing.clone();
    (probing.root_hints, probing.hosts, probing.trust_anchor) = (None, None, None);
    (probing.resolver, probing.trust) = (RESOLVER.to_string(), Vec::new());
    probing.connect_to = world.rules();
    probing.internal.extend(
        RANGES
            .iter()
            .filter_map(|range| range.parse::<IpNet>().ok()),
    );
    if args.delay.is_none() {
        probing.probe_timeout = probing.probe_timeout.min(PATIENCE);
    }
    let mut settings = Settings::resolve(&probing)?;
    settings.anchors = Anchors::from_certificates("demo", &[pki.root.certificate()]).0;
    settings.trust_anchors = TrustAnchors::parse(world.trust_anchor())
        .map_err(|error| UsageError::new(format!("the world's trust anchor: {error}")))?;
    settings.lookup.hosts = Some(HostsFile {
        path: "demo/hosts".to_owned(),
        text: hosts.to_owned(),
    });
    Ok(settings)
}
