//! The command `tlscheck`: the subcommand under its own name.

fn main() -> std::process::ExitCode {
    doorstep::cli::tlscheck()
}
