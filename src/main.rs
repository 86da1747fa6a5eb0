//! The command `doorstep`.

fn main() -> std::process::ExitCode {
    doorstep::cli::doorstep()
}
