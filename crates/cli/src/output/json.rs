//! Messages as JSON. The field names are those of `proto/`, in snake case, and every field is there: the
//! descriptors that the leader's reflection service tells are the description of this output, too.
//!
//! Fields that hold JSON as text on the wire (`settings_json`, `payload_json`, `envelope_json`) are what they say
//! here, under their names without the ending.

use anyhow::{Context, Result};
use callsheet_protocol::DESCRIPTORS;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

/// Fields with JSON in them, and what they are called when it is put in its place.
const UNFOLDED: [(&str, &str); 3] =
    [("settings_json", "settings"), ("payload_json", "payload"), ("envelope_json", "envelope")];

/// Turns messages into JSON.
pub(crate) struct Json {
    pool: DescriptorPool,
}

impl Json {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { pool: DescriptorPool::decode(DESCRIPTORS).context("reading the protocol's description")? })
    }

    /// A message of package `callsheet.v1` by its name.
    pub(crate) fn value(&self, name: &str, message: &impl Message) -> Result<Value> {
        let descriptor = self.pool.get_message_by_name(&format!("callsheet.v1.{name}"));
        let descriptor = descriptor.with_context(|| format!("the protocol has no message {name}"))?;
        let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
        let options = SerializeOptions::new()
            .use_proto_field_name(true)
            .stringify_64_bit_integers(false)
            .skip_default_fields(false);
        let mut value = message.serialize_with_options(serde_json::value::Serializer, &options)?;
        unfold(&mut value);
        Ok(value)
    }
}

/// One document, for people who read JSON.
pub(crate) fn print(name: &str, message: &impl Message) -> Result<()> {
    let value = Json::new()?.value(name, message)?;
    super::line(serde_json::to_string_pretty(&value)?)?;
    Ok(())
}

/// Puts JSON that was text in its place.
fn unfold(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(unfold),
        Value::Object(fields) => {
            for (from, to) in UNFOLDED {
                if let Some(Value::String(text)) = fields.get(from) {
                    let inner =
                        if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(text).ok() };
                    if let Some(inner) = inner {
                        fields.remove(from);
                        fields.insert(to.to_owned(), inner);
                    }
                }
            }
            fields.values_mut().for_each(unfold);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use callsheet_protocol::v1;

    use super::*;

    #[test]
    fn names_are_the_protocols_and_states_are_words() {
        let job = v1::JobView {
            id: "x".into(),
            state: v1::JobState::Running.into(),
            submitted_at_ms: 1_700_000_000_123,
            ..Default::default()
        };
        let value = Json::new().unwrap().value("JobView", &job).unwrap();
        assert_eq!(value["state"], "JOB_STATE_RUNNING");
        assert_eq!(value["submitted_at_ms"], 1_700_000_000_123_u64);
        assert_eq!(value["steps"], serde_json::json!([]));
    }

    #[test]
    fn json_in_text_is_unfolded() {
        let event = v1::StoredEvent { payload_json: r#"{"job_id":"a"}"#.into(), ..Default::default() };
        let value = Json::new().unwrap().value("StoredEvent", &event).unwrap();
        assert_eq!(value["payload"]["job_id"], "a");
        assert!(value.get("payload_json").is_none());
    }
}
