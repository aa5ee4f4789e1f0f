//! Whom an event comes from: what contracts call its actor.

use uuid::Uuid;

/// Who triggered an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    /// What they are.
    pub kind: AuthorKind,
    /// Their UUID, if it is known: a node's or an actor's own, or what a person's client says of itself.
    pub id: Option<Uuid>,
}

/// What kind of author, with the contract's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorKind {
    /// A program that works on its own: a node, one of its actors, a worker.
    Agent,
    /// A person, through some client.
    User,
    /// The cluster itself.
    #[default]
    System,
}

impl Author {
    /// The cluster itself.
    pub const SYSTEM: Self = Self { kind: AuthorKind::System, id: None };

    /// A program that works on its own.
    #[must_use]
    pub fn agent(id: Uuid) -> Self {
        Self { kind: AuthorKind::Agent, id: Some(id) }
    }

    /// A person; `None` when their client does not say who.
    #[must_use]
    pub fn user(id: Option<Uuid>) -> Self {
        Self { kind: AuthorKind::User, id }
    }
}

impl AuthorKind {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::System => "system",
        }
    }

    /// The kind that a word stands for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Agent, Self::User, Self::System].into_iter().find(|kind| kind.word() == word)
    }
}
