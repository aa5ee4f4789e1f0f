//! What is told of looks, crashes and quarantines, a sentence each.

use callsheet_model::FrameSet;
use serde_json::Value;

pub(super) fn looks(node: &str, step: &str) -> String {
    format!("{node} looks at {step} before its frames go out")
}

pub(super) fn missed(node: &str, step: &str, why: &str) -> String {
    format!("{node} looked at {step}: {why}")
}

pub(super) fn cleared(node: &str, step: &str) -> String {
    format!("{node} found nothing wrong with {step}: its frames go out")
}

pub(super) fn gently(node: &str, frames: &FrameSet) -> String {
    format!("{node} renders frames {frames} with as little memory as can be: they ran out of it before")
}

pub(super) fn crashed(payload: &Value) -> String {
    let text = |key: &str| payload.get(key).and_then(Value::as_str);
    let version = text("renderer_version").map(|version| format!(" {version}")).unwrap_or_default();
    let frame = payload.get("last_known_frame").and_then(Value::as_i64);
    let at = frame.map(|frame| format!(" at frame {frame}")).unwrap_or_default();
    let how = text("crash_signal").or(text("message")).map(|how| format!(", {how}")).unwrap_or_default();
    let recovers = payload.get("auto_recovery_started").and_then(Value::as_bool).unwrap_or_default();
    let then = if recovers { "what is missing goes out again" } else { "it is not tried again" };
    let (renderer, node) = (text("renderer").unwrap_or_default(), text("node").unwrap_or_default());
    format!("{renderer}{version} crashed on {node}{at}{how}: {then}")
}

pub(super) fn quarantined(payload: &Value) -> String {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default();
    let failure = payload.get("failure").and_then(|failure| failure.get("message")).and_then(Value::as_str);
    let again = payload.get("strike").and_then(Value::as_u64).is_some_and(|strike| strike > 1);
    let tried = if again { " was tried with a frame, and" } else { "" };
    let (node, renderer, until) = (text("node"), text("renderer"), text("until"));
    format!("{node}{tried} is not trusted with {renderer} until {until}: {}", failure.unwrap_or_default())
}
