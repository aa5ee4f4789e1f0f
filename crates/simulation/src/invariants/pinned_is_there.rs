//! A pinned cache entry is there: a renderer that starts finds its template, whole, and has it until it ends.

use super::Invariant;
use crate::Micros;
use crate::sight::Sight;

/// Looks at every start and every frame.
#[derive(Default)]
pub(super) struct PinnedIsThere;

impl Invariant for PinnedIsThere {
    fn name(&self) -> &'static str {
        "pinned_is_there"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Started { node, offer, template: Some(false) } => {
                Err(format!("node {node} starts {} without its template", offer.token))
            }
            Sight::Rendered { node, token, template: Some(false), .. } => {
                Err(format!("node {node} renders {token}, and its template is gone"))
            }
            _ => Ok(()),
        }
    }
}
