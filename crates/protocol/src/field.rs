//! The error of every conversion from the wire: which field, what was found, what is allowed.

use std::fmt;

/// A field of a message that cannot be what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The path to the field: `spec.steps[2].frames`.
    pub field: String,
    /// What was found and what is allowed: lower case, no full stop.
    pub message: String,
}

impl FieldError {
    /// A mistake in one field.
    pub fn new(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { field: field.into(), message: message.to_string() }
    }

    /// A message without something it needs.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::new(field, "is missing")
    }

    /// The same mistake, seen from further outside.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = if self.field.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.field) };
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl std::error::Error for FieldError {}

/// Reads a text field with the type's own rules.
pub(crate) fn parse<T>(field: &str, text: &str) -> Result<T, FieldError>
where
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    text.parse().map_err(|error| FieldError::new(field, format!("{:?}: {error}", cut(text))))
}

/// At most 60 characters of what was found, for messages.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A step's place from the wire.
pub(crate) fn step_index(field: &str, step: u32) -> Result<callsheet_model::StepIndex, FieldError> {
    u16::try_from(step)
        .map(callsheet_model::StepIndex)
        .map_err(|_| FieldError::new(field, format!("{step} is no step: at most {}", u16::MAX)))
}
