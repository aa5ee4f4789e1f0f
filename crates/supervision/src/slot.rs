//! A way to a child that outlives it: the supervisor puts each new one in.

use std::sync::{Arc, PoisonError, RwLock};

use ractor::{ActorRef, Message};

/// Where a supervisor keeps the present incarnation of a child, for those who hold a handle to it.
pub struct ActorSlot<M>(Arc<RwLock<Option<ActorRef<M>>>>);

/// The actor is not there: it is being restarted, or all is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotThere;

impl<M: Message> ActorSlot<M> {
    /// Puts a new incarnation in.
    pub fn put(&self, actor: ActorRef<M>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(actor);
    }

    /// Sends a message to the present incarnation.
    ///
    /// # Errors
    /// `NotThere`; the message is gone.
    pub fn cast(&self, message: M) -> Result<(), NotThere> {
        let slot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().ok_or(NotThere)?.cast(message).map_err(|_| NotThere)
    }
}

impl<M> Clone for ActorSlot<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Default for ActorSlot<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
