//! The guard alone, as the real executable has it, for tests that start renderers.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(2).collect();
    callsheet_node::guard::main(&args)
}
