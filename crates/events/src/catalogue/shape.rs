//! What a field of a payload may hold, and whether a value does.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use uuid::Uuid;

use crate::json::Json;
use crate::number::MAX_SAFE;
use crate::time;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A UUID.
    Uuid,
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// An integer between these two.
    Integer(i64, i64),
    /// An integer of 64 bits; beyond 2^53 − 1 a string of its digits.
    Large,
    /// A number.
    Number,
    /// A time: RFC 3339 in UTC with a trailing `Z`.
    Time,
    /// An IPv4 address.
    Ipv4,
    /// A list of texts.
    Texts,
    /// A list of objects.
    Objects,
    /// An object.
    Object,
}

impl Shape {
    /// Any integer of 64 bits.
    pub const INT: Self = Self::Integer(i64::MIN, i64::MAX);

    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Uuid => "uuid".into(),
            Self::Text => "string".into(),
            Self::Word(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ").into()
            }
            Self::Bool => "boolean".into(),
            Self::Integer(i64::MIN, i64::MAX) => "integer".into(),
            Self::Integer(least, i64::MAX) => format!("integer from {least}").into(),
            Self::Integer(least, most) => format!("integer {least}..{most}").into(),
            Self::Large => "int64".into(),
            Self::Number => "number".into(),
            Self::Time => "time".into(),
            Self::Ipv4 => "ipv4".into(),
            Self::Texts => "list of strings".into(),
            Self::Objects => "list of objects".into(),
            Self::Object => "object".into(),
        }
    }

    /// What is wanted, for a refusal.
    pub(crate) fn wanted(self) -> String {
        match self {
            Self::Uuid => "a UUID is wanted".into(),
            Self::Text => "a string is wanted".into(),
            Self::Word(words) => format!("one of {} is wanted", words.join(", ")),
            Self::Bool => "true or false is wanted".into(),
            Self::Integer(i64::MIN, i64::MAX) => "an integer of 64 bits is wanted".into(),
            Self::Integer(least, i64::MAX) => format!("an integer from {least} is wanted"),
            Self::Integer(least, most) => format!("an integer from {least} to {most} is wanted"),
            Self::Large => "an integer of 64 bits is wanted".into(),
            Self::Number => "a number is wanted".into(),
            Self::Time => "a time such as 2026-05-31T03:14:15Z is wanted".into(),
            Self::Ipv4 => "an IPv4 address is wanted".into(),
            Self::Texts => "a list of strings is wanted".into(),
            Self::Objects => "a list of objects is wanted".into(),
            Self::Object => "an object is wanted".into(),
        }
    }

    /// The value in its canonical form, if it fits: a UUID in small letters with hyphens, a time in UTC.
    pub(crate) fn canonical(self, value: &Json) -> Option<Cow<'_, Json>> {
        let same = |fits: bool| fits.then_some(Cow::Borrowed(value));
        let each = |fits: fn(&Json) -> bool| match value {
            Json::List(items) => items.iter().all(fits),
            _ => false,
        };
        match self {
            Self::Uuid => {
                let uuid: Uuid = value.as_text()?.parse().ok()?;
                Some(Cow::Owned(Json::Text(uuid.to_string())))
            }
            Self::Time => Some(Cow::Owned(Json::Text(time::normal(value.as_text()?)?))),
            Self::Text => same(value.as_text().is_some()),
            Self::Word(words) => same(value.as_text().is_some_and(|text| words.contains(&text))),
            Self::Bool => same(matches!(value, Json::Bool(_))),
            Self::Integer(least, most) => {
                let bounds = i128::from(least)..=i128::from(most);
                same(value.as_integer().is_some_and(|value| bounds.contains(&value)))
            }
            Self::Large => same(is_large(value)),
            Self::Number => same(matches!(value, Json::Number(_))),
            Self::Ipv4 => same(value.as_text().is_some_and(|text| text.parse::<Ipv4Addr>().is_ok())),
            Self::Texts => same(each(|item| item.as_text().is_some())),
            Self::Objects => same(each(|item| matches!(item, Json::Object(_)))),
            Self::Object => same(matches!(value, Json::Object(_))),
        }
    }
}

fn is_large(value: &Json) -> bool {
    let bits = i128::from(i64::MIN)..=i128::from(u64::MAX);
    match value {
        Json::Text(digits) => {
            let number: Option<i128> = digits.parse().ok();
            number
                .is_some_and(|number| bits.contains(&number) && number.unsigned_abs() > u128::from(MAX_SAFE))
        }
        _ => value.as_integer().is_some_and(|number| bits.contains(&number)),
    }
}
