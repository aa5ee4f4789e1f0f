//! Typed details of a gRPC status, in the form that every gRPC client knows: a `google.rpc.Status` that holds
//! messages with their types. What people read stays in the status's own message.

use prost::{Message, Name};
use tonic::{Code, Status};

/// Where types of details live.
const TYPES: &str = "type.googleapis.com/";
/// Details travel in a header: longer ones would break the connection of clients with usual limits.
const MOST_BYTES: usize = 4096;

/// The part of `google.rpc.Status` that there is to say.
#[derive(Clone, PartialEq, Message)]
struct Rich {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// A status with a message of `callsheet.v1` in its details. A detail that is too long is left out.
#[must_use]
pub fn detailed<M: Message + Name>(code: Code, message: impl Into<String>, detail: &M) -> Status {
    let message = message.into();
    let any =
        prost_types::Any { type_url: format!("{TYPES}{}", M::full_name()), value: detail.encode_to_vec() };
    if any.value.len() + message.len() > MOST_BYTES {
        return Status::new(code, message);
    }
    let rich = Rich { code: code.into(), message: message.clone(), details: vec![any] };
    Status::with_details(code, message, rich.encode_to_vec().into())
}

/// The message of this type in a status's details, if there is one.
#[must_use]
pub fn detail<M: Message + Name + Default>(status: &Status) -> Option<M> {
    let rich = Rich::decode(status.details()).ok()?;
    let name = M::full_name();
    let found = rich.details.iter().find(|any| any.type_url.rsplit('/').next() == Some(name.as_str()))?;
    M::decode(found.value.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1;

    #[test]
    fn a_detail_is_found_by_its_type_and_by_no_other() {
        let end = v1::StreamEnd { code: "fell_behind".into(), cursor: Some(41), ..Default::default() };
        let status = detailed(Code::ResourceExhausted, "too slow", &end);
        assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "too slow"));
        assert_eq!(detail::<v1::StreamEnd>(&status), Some(end));
        assert_eq!(detail::<v1::Refusals>(&status), None);
        assert_eq!(detail::<v1::StreamEnd>(&Status::unavailable("none")), None);
        let nonsense = Status::with_details(Code::Internal, "x", vec![255_u8; 9].into());
        assert_eq!(detail::<v1::StreamEnd>(&nonsense), None);
    }

    #[test]
    fn a_detail_that_no_header_could_carry_is_left_out() {
        let refusal = v1::Refusal { found: "x".repeat(9000), ..Default::default() };
        let refusals = v1::Refusals { refusals: vec![refusal], more: 0 };
        let status = detailed(Code::InvalidArgument, "no", &refusals);
        assert_eq!((status.code(), detail::<v1::Refusals>(&status)), (Code::InvalidArgument, None));
    }
}
