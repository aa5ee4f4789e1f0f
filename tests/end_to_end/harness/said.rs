//! What `callsheet` said when it was run as a person would.

use std::process::Output;

use serde_json::Value;

/// What it said, if it ended with this code: its results when all was well, and else everything.
#[track_caller]
pub(crate) fn code(output: &Output, wanted: i32) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(wanted), "{said}\n{complained}");
    if wanted == 0 { said } else { said + &complained }
}

/// Its result, one JSON document.
#[track_caller]
pub(crate) fn json(output: &Output) -> Value {
    let said = code(output, 0);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Its result, a JSON document on each line.
#[track_caller]
pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    code(output, 0).lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}
