//! On whose behalf a call is made: the metadata `x-actor-id`. Nobody checks that a client tells the truth: whoever
//! holds the clients' token is trusted with it.

use callsheet_model::Author;
use callsheet_protocol::FieldError;
use tonic::Status;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use super::unreadable;

/// The metadata's key, and HTTP's header.
pub(crate) const ACTOR: &str = "x-actor-id";

/// Who triggers what this call does: a person, known or not.
pub(crate) fn author(metadata: &MetadataMap) -> Result<Author, Status> {
    Ok(Author::user(actor(metadata)?))
}

/// The person who says yes or no: they have to tell who they are.
pub(crate) fn person(metadata: &MetadataMap) -> Result<Uuid, Status> {
    actor(metadata)?.ok_or_else(|| {
        let message = "is missing: who releases a job, or refuses to, says so with their UUID";
        unreadable(FieldError::new(ACTOR, message))
    })
}

fn actor(metadata: &MetadataMap) -> Result<Option<Uuid>, Status> {
    let Some(value) = metadata.get(ACTOR) else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(|text| Uuid::parse_str(text.trim()).ok());
    parsed.map(Some).ok_or_else(|| {
        let found: String = String::from_utf8_lossy(value.as_bytes()).chars().take(60).collect();
        unreadable(FieldError::new(ACTOR, format!("{found:?} is no UUID")))
    })
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn metadata(value: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert(ACTOR, value.parse().unwrap());
        metadata
    }

    #[test]
    fn a_caller_may_say_who_they_are_and_must_for_a_release() {
        let id = Uuid::from_u128(7);
        assert_eq!(author(&metadata(&id.to_string())).unwrap(), Author::user(Some(id)));
        assert_eq!(person(&metadata(&id.to_string())).unwrap(), id);
        assert_eq!(author(&MetadataMap::new()).unwrap(), Author::user(None));
        for status in [
            person(&MetadataMap::new()).unwrap_err(),
            author(&metadata("me")).unwrap_err(),
            person(&metadata("")).unwrap_err(),
        ] {
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("x-actor-id: "), "{status}");
        }
    }
}
