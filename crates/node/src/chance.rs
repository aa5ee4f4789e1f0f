//! A node's chance: what tells its starts, its streams and its actors' lives apart, and scatters its dials. The
//! system's, as a rule; a simulated node has its own, so that its life can be had again.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// Where chance comes from. Clones draw from the same source.
#[derive(Clone)]
pub struct Chance(Arc<dyn Fn() -> u128 + Send + Sync>);

impl Chance {
    /// Draws from this. Nothing may come twice.
    pub fn new(draw: impl Fn() -> u128 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// Any number.
    pub(crate) fn number(&self) -> u64 {
        self.id().as_u64_pair().1.rotate_left(8)
    }

    /// An id of its own.
    pub(crate) fn id(&self) -> Uuid {
        uuid::Builder::from_random_bytes((self.0)().to_be_bytes()).into_uuid()
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new(|| Uuid::new_v4().as_u128())
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}
