//! What a node says of its template cache, and where it says it from.

use std::net::IpAddr;

use callsheet_model::limits::MAX_TEMPLATES_NAMED;
use callsheet_model::{Arrival, Md5};

use crate::field::{FieldError, parse};
use crate::v1;

/// What a hello tells of the node's cache, with the address that the hello came from. What the node does not know
/// yet stays unknown.
///
/// # Errors
/// `cached_templates` when there are more than a node may name, or one is no MD5.
pub fn arrival_from_wire(hello: &v1::Hello, address: Option<IpAddr>) -> Result<Arrival, FieldError> {
    let templates = templates_from_wire("cached_templates", &hello.cached_templates)?;
    let known = hello.cache_used_bytes.is_some() || !templates.is_empty();
    Ok(Arrival {
        address,
        cache_used_bytes: hello.cache_used_bytes,
        cached_templates: known.then(|| templates.into_iter().collect()),
    })
}

/// Templates that a node has, from a message.
///
/// # Errors
/// The field, when there are more than a node may name, or one is no MD5.
pub(crate) fn templates_from_wire(field: &str, templates: &[String]) -> Result<Vec<Md5>, FieldError> {
    let most = MAX_TEMPLATES_NAMED;
    if templates.len() > most {
        return Err(FieldError::new(field, format!("{} templates, at most {most}", templates.len())));
    }
    templates.iter().map(|md5| parse(field, md5)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_tells_of_the_cache_what_is_known_of_it() {
        let (first, second) = ("07".repeat(16), "ab".repeat(16));
        let address = Some([192, 0, 2, 7].into());
        let told = |used: Option<u64>, templates: &[&String]| {
            let cached_templates = templates.iter().map(|md5| (*md5).clone()).collect();
            let hello = v1::Hello { cache_used_bytes: used, cached_templates, ..Default::default() };
            arrival_from_wire(&hello, address).unwrap()
        };
        let unknown = Arrival { address, ..Arrival::default() };
        assert_eq!(told(None, &[]), unknown, "its cache is not read yet");
        let empty =
            Arrival { cache_used_bytes: Some(0), cached_templates: Some([].into()), ..unknown.clone() };
        assert_eq!(told(Some(0), &[]), empty);
        let both = Some([Md5([7; 16]), Md5([0xab; 16])].into());
        let full = Arrival { cache_used_bytes: Some(9), cached_templates: both.clone(), ..unknown.clone() };
        assert_eq!(told(Some(9), &[&second, &first, &second]), full, "each once, in order");
        // A node of before tells no size.
        let older = Arrival { cached_templates: both, ..unknown };
        assert_eq!(told(None, &[&first, &second]), older);
    }

    #[test]
    fn templates_that_are_too_many_or_none_are_refused() {
        let refused = |cached_templates: Vec<String>| {
            let hello = v1::Hello { cached_templates, ..Default::default() };
            arrival_from_wire(&hello, None).unwrap_err()
        };
        let most = MAX_TEMPLATES_NAMED;
        let error = refused(vec!["07".repeat(16); most + 1]);
        assert_eq!(error.to_string(), format!("cached_templates: {} templates, at most {most}", most + 1));
        assert_eq!(refused(vec!["7".to_owned()]).field, "cached_templates");
        let hello = v1::Hello { cached_templates: vec!["07".repeat(16); most], ..Default::default() };
        assert_eq!(arrival_from_wire(&hello, None).unwrap().cached_templates, Some([Md5([7; 16])].into()));
    }
}
