//! The settings of a step, read.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_lottie::{RenderOptions, Rgba};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Problem;
use crate::settings::Settings;

const KEYS: [&str; 5] = ["width", "height", "scale", "background", "pace"];
const MAX_SIDE: u32 = 16_384;
const MAX_PACE: Duration = Duration::from_secs(60);

/// How frames are drawn, and how fast at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    width: Option<u32>,
    height: Option<u32>,
    scale: f64,
    background: Option<[u8; 4]>,
    /// Least time for each frame.
    pub(super) pace: Duration,
}

impl Options {
    pub(super) fn read(settings: &BTreeMap<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::new(settings, &KEYS);
        let options = Self {
            width: settings.integer("width", 1..=MAX_SIDE),
            height: settings.integer("height", 1..=MAX_SIDE),
            scale: settings.number("scale", 0.01..=16.0).unwrap_or(1.0),
            background: settings
                .text("background", "#rrggbb, #rrggbbaa or transparent", colour)
                .unwrap_or_default(),
            pace: settings.text("pace", "a time up to 1m such as 200ms", pace).unwrap_or_default(),
        };
        let problems = settings.problems();
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }

    pub(super) fn drawing(&self) -> RenderOptions {
        RenderOptions {
            width: self.width,
            height: self.height,
            scale: self.scale,
            background: self.background.map(Rgba),
        }
    }
}

fn colour(text: &str) -> Option<Option<[u8; 4]>> {
    if text == "transparent" {
        return Some(None);
    }
    let digits = text.strip_prefix('#')?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        6 => Some(Some(((number << 8) | 0xff).to_be_bytes())),
        8 => Some(Some(number.to_be_bytes())),
        _ => None,
    }
}

fn pace(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|pace| *pace <= MAX_PACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: Value) -> Result<Options, Vec<Problem>> {
        Options::read(&serde_json::from_value(json).unwrap())
    }

    #[test]
    fn reads_what_is_documented() {
        let options = read(serde_json::json!({
            "width": 640, "height": 360, "scale": 0.5, "background": "#10203040", "pace": "200ms"
        }));
        let expected = Options {
            width: Some(640),
            height: Some(360),
            scale: 0.5,
            background: Some([0x10, 0x20, 0x30, 0x40]),
            pace: Duration::from_millis(200),
        };
        assert_eq!(options, Ok(expected));
        assert_eq!(read(serde_json::json!({ "background": "#ffffff" })).unwrap().background, Some([255; 4]));
        assert_eq!(read(serde_json::json!({ "background": "transparent" })).unwrap().background, None);
    }

    #[test]
    fn refuses_what_is_not() {
        for (key, value) in [
            ("background", "white"),
            ("background", "#fff"),
            ("background", "#+fffff"),
            ("background", "#ﬀﬀ"),
            ("pace", "2h"),
            ("pace", "fast"),
            ("width", "0"),
        ] {
            let problems = read(serde_json::json!({ key: value })).unwrap_err();
            assert_eq!(problems.len(), 1, "{key} = {value}");
            assert_eq!(problems[0].place, format!("settings.{key}"));
        }
    }
}
