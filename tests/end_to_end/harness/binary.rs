//! The binary under test: built once for all tests of this target, with the profile that the tests have.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a binary to test instead of building one.
const INSTEAD: &str = "CALLSHEET_TEST_BINARY";

/// Where it is.
pub(crate) fn callsheet() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os(INSTEAD).map_or_else(build, PathBuf::from))
}

/// Cargo tells a test only of the binaries of its own package; this one is built beside it.
fn build() -> PathBuf {
    // target/<profile>/deps/end_to_end-<hash>
    let own = std::env::current_exe().unwrap();
    let profile_directory = own.ancestors().nth(2).unwrap();
    let profile = match profile_directory.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let target = profile_directory.parent().unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    // The whole workspace decides about features, as it does for `cargo test --workspace`: what that has
    // built is not built a second time.
    command.args(["build", "--workspace", "--bin", "callsheet", "--profile", profile]);
    command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target);
    let output = command.output().expect("cargo can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the binary cannot be built:\n{said}");
    profile_directory.join("callsheet")
}
