//! The binary under test, and the stand-in for Adobe's: built once for all tests of this target, with the
//! profile that the tests have.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a binary to test instead of the one that is built, and a stand-in.
const INSTEAD: &str = "CALLSHEET_TEST_BINARY";
const STANDIN_INSTEAD: &str = "CALLSHEET_TEST_STANDIN";

/// Where it is.
pub(crate) fn callsheet() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| named(INSTEAD).unwrap_or_else(|| built().join("callsheet")))
}

/// Where the stand-in is.
pub(crate) fn standin() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| named(STANDIN_INSTEAD).unwrap_or_else(|| built().join("aerender-standin")))
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// The directory with both of them.
fn built() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(build)
}

/// Cargo tells a test only of the binaries of its own package; these are built beside it, in one call.
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
    command.args(["build", "--workspace", "--bin", "callsheet", "--bin", "aerender-standin"]);
    command.args(["--profile", profile]);
    // What cargo tells this test of its own package is none of the build's: build scripts look at such
    // variables, and what was built without them would be built anew.
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(key);
        }
    }
    command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target);
    let output = command.output().expect("cargo can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the binaries cannot be built:\n{said}");
    profile_directory.to_owned()
}
