//! A step's settings as a built-in renderer reads them: every key it does not know and every value it cannot
//! take is named, all at once.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::Problem;

/// Reads settings and collects what is wrong with them.
pub(crate) struct Settings<'a> {
    values: &'a BTreeMap<String, Value>,
    problems: Vec<Problem>,
}

impl<'a> Settings<'a> {
    /// Begins with the keys: what is not among `known` is refused, with the nearest one that is.
    pub(crate) fn new(values: &'a BTreeMap<String, Value>, known: &[&str]) -> Self {
        let unknown = values.keys().filter(|key| !known.contains(&key.as_str()));
        let problems = unknown.map(|key| problem(key, unknown_key(key, known))).collect();
        Self { values, problems }
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, key: &str, allowed: RangeInclusive<u32>) -> Option<u32> {
        let (least, most) = (*allowed.start(), *allowed.end());
        self.read(key, &format!("a whole number from {least} to {most}"), |value| {
            u32::try_from(value.as_u64()?).ok().filter(|number| allowed.contains(number))
        })
    }

    /// Any number.
    pub(crate) fn number(&mut self, key: &str, allowed: RangeInclusive<f64>) -> Option<f64> {
        let (least, most) = (*allowed.start(), *allowed.end());
        self.read(key, &format!("a number from {least} to {most}"), |value| {
            value.as_f64().filter(|number| allowed.contains(number))
        })
    }

    /// A text that means something to `meaning`.
    pub(crate) fn text<T>(
        &mut self,
        key: &str,
        allowed: &str,
        meaning: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(key, allowed, |value| meaning(value.as_str()?))
    }

    fn read<T>(&mut self, key: &str, allowed: &str, meaning: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.values.get(key)?;
        let read = meaning(value);
        if read.is_none() {
            self.problems.push(problem(key, format!("{} is not allowed here: {allowed}", shown(value))));
        }
        read
    }

    /// Everything that was wrong.
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.problems
    }
}

/// A problem with a setting.
pub(crate) fn problem(key: &str, message: String) -> Problem {
    Problem { place: format!("settings.{key}"), message }
}

/// What to say of a key that is not known.
pub(crate) fn unknown_key(key: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (distance(key, name), *name)).min();
    match near {
        None => "is not known: this renderer has no settings".to_owned(),
        Some((far, name)) if far <= 1 + key.chars().count() / 3 => {
            format!("is not known: did you mean {name}? allowed are {}", known.join(", "))
        }
        Some(_) => format!("is not known: allowed are {}", known.join(", ")),
    }
}

/// A value as it may stand in a message.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// How many characters must be put in, taken out or replaced to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (nth, left) in a.chars().take(64).enumerate() {
        let mut next = vec![nth + 1];
        for ((right, diagonal), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let before = next.last().copied().unwrap_or(0);
            next.push((diagonal + usize::from(left != *right)).min(before + 1).min(above + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_at_once() {
        let json = serde_json::json!({ "widht": 3, "height": "tall", "scale": 900, "mood": "blue" });
        let values: BTreeMap<String, Value> = serde_json::from_value(json).unwrap();
        let mut settings = Settings::new(&values, &["width", "height", "scale"]);
        assert_eq!(settings.integer("width", 1..=9), None);
        assert_eq!(settings.integer("height", 1..=9), None);
        assert_eq!(settings.number("scale", 0.5..=2.0), None);
        let said: Vec<String> = settings
            .problems()
            .into_iter()
            .map(|found| format!("{}: {}", found.place, found.message))
            .collect();
        assert_eq!(
            said,
            [
                "settings.mood: is not known: allowed are width, height, scale",
                "settings.widht: is not known: did you mean width? allowed are width, height, scale",
                "settings.height: \"tall\" is not allowed here: a whole number from 1 to 9",
                "settings.scale: 900 is not allowed here: a number from 0.5 to 2",
            ]
        );
    }
}
