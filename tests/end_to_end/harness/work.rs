//! Jobs for tests, as clients submit them, and the animation they draw.

use std::path::Path;

use callsheet_protocol::v1;
use serde_json::{Value, json};

/// The animation's last frame; its first is 0.
pub(crate) const LAST_FRAME: i32 = 399;
/// Its width and height in pixels.
pub(crate) const SIZE: (u32, u32) = (64, 36);

/// A small animation in which every frame differs from every other.
pub(crate) fn animation() -> Vec<u8> {
    let end = LAST_FRAME + 1;
    let moving = json!({ "a": 1, "k": [
        { "t": 0, "s": [0, 18], "i": { "x": [1], "y": [1] }, "o": { "x": [0], "y": [0] } },
        { "t": end, "s": [64, 18] },
    ] });
    let shapes = json!([
        { "ty": "rc", "p": { "a": 0, "k": [0, 0] }, "s": { "a": 0, "k": [20, 20] }, "r": { "a": 0, "k": 0 } },
        { "ty": "fl", "c": { "a": 0, "k": [0.9, 0.4, 0.1, 1] }, "o": { "a": 0, "k": 100 } },
    ]);
    let layer = json!({
        "ty": 4, "nm": "box", "ind": 1, "ip": 0, "op": end, "st": 0, "ks": { "p": moving }, "shapes": shapes,
    });
    let file = json!({
        "v": "5.7.0", "fr": 25, "ip": 0, "op": end, "w": SIZE.0, "h": SIZE.1, "layers": [layer],
    });
    file.to_string().into_bytes()
}

/// A step that draws frames of the animation, each for at least `pace` milliseconds.
pub(crate) fn drawn(
    template: &v1::Template,
    output: &str,
    frames: &str,
    chunk: u32,
    pace: u64,
) -> v1::StepSpec {
    v1::StepSpec {
        name: "frames".into(),
        renderer: "lottie".into(),
        template: Some(template.clone()),
        frames: frames.into(),
        chunk,
        output: output.into(),
        settings_json: json!({ "pace": format!("{pace}ms") }).to_string(),
        ..Default::default()
    }
}

/// A step for the tests' own renderer, with its settings.
pub(crate) fn acted(output: &str, frames: &str, chunk: u32, settings: &Value) -> v1::StepSpec {
    v1::StepSpec {
        name: "frames".into(),
        renderer: "actor".into(),
        frames: frames.into(),
        chunk,
        output: output.into(),
        settings_json: settings.to_string(),
        ..Default::default()
    }
}

/// A step that After Effects renders; the composition is `Main` unless the settings name something.
pub(crate) fn composed(
    template: &v1::Template,
    output: &str,
    frames: &str,
    chunk: u32,
    settings: &Value,
) -> v1::StepSpec {
    let mut settings = settings.clone();
    if settings.get("composition").is_none() && settings.get("queue_index").is_none() {
        settings["composition"] = "Main".into();
    }
    v1::StepSpec {
        name: "frames".into(),
        renderer: "after_effects".into(),
        template: Some(template.clone()),
        frames: frames.into(),
        chunk,
        output: output.into(),
        settings_json: settings.to_string(),
        ..Default::default()
    }
}

/// The size of what the tests' own renderer leaves.
pub(crate) const ACTED: (u32, u32) = (48, 27);

/// A job of these steps.
pub(crate) fn job(name: &str, steps: Vec<v1::StepSpec>) -> v1::JobSpec {
    v1::JobSpec { name: name.into(), project: "tests".into(), priority: None, approval: None, steps }
}

/// Where a job's frames go.
pub(crate) fn output(root: &Path, name: &str) -> String {
    format!("{}/out/{name}/f_[####].png", root.display())
}
