//! One seam for failures that tests arrange, the same in both trees: at a point (an actor, and where it is in its
//! life) the actor ends in one of the ways in which actors end. A tree that works has no tripwire: then a point costs
//! a look at an empty option.
//!
//! It refuses to know any actor: each is wrapped where its supervisor starts it, and its messages say their kinds.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, Message, SupervisionEvent};

/// A message says of what kind it is. Made by [`crate::kinds!`], so that none can be forgotten.
pub trait Kinds {
    /// All kinds there are.
    const KINDS: &'static [&'static str];

    /// The kind of this one.
    fn kind(&self) -> &'static str;
}

/// Names the kinds of a message type: each with the patterns that are of this kind. A variant that is left out does
/// not compile.
#[macro_export]
macro_rules! kinds {
    ($type:ty { $($kind:literal: $pattern:pat),+ $(,)? }) => {
        impl $crate::Kinds for $type {
            const KINDS: &'static [&'static str] = &[$($kind),+];

            fn kind(&self) -> &'static str {
                match self {
                    $($pattern => $kind),+
                }
            }
        }
    };
}

/// The kind of word that a child has started.
pub const CHILD_STARTED: &str = "child_started";
/// The kind of word that a child has ended.
pub const CHILD_ENDED: &str = "child_ended";

/// Where an actor is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before it starts.
    Start,
    /// A message of this kind has come, and nothing was done about it.
    Before(&'static str),
    /// A message of this kind has been handled.
    After(&'static str),
    /// It stops in good order.
    Stop,
}

/// An actor, and where it is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The actor's name.
    pub actor: &'static str,
    /// Where it is.
    pub moment: Moment,
}

/// How an actor ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It panics.
    Panic,
    /// It returns an error.
    Error,
    /// It stops by itself, after this message.
    Stop,
    /// Someone kills it: it gets no further than to where it waits next.
    Kill,
}

/// Who is asked at each point what is to happen there. Empty, but in tests.
#[derive(Clone, Default)]
pub struct Tripwire(Option<Arc<Trip>>);

type Trip = dyn Fn(Point) -> Option<Fault> + Send + Sync;

impl Tripwire {
    /// Asks this at each point.
    pub fn new(trip: impl Fn(Point) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(trip)))
    }

    /// Puts an actor behind the wire.
    pub fn wire<A: Actor>(&self, name: &'static str, actor: A) -> Wired<A> {
        Wired { actor, name, tripwire: self.clone() }
    }

    /// Passes a point.
    ///
    /// # Errors
    /// As arranged.
    pub fn pass<M: Message>(
        &self,
        actor: &'static str,
        moment: Moment,
        myself: &ActorRef<M>,
    ) -> Result<(), ActorProcessingErr> {
        let Some(trip) = &self.0 else { return Ok(()) };
        let why = || format!("the test has tripped {actor} at {moment:?}");
        match trip(Point { actor, moment }) {
            None => {}
            // A panic as any other, but for the word on standard error that nobody needs.
            Some(Fault::Panic) => resume_unwind(Box::new(why())),
            Some(Fault::Error) => return Err(why().into()),
            Some(Fault::Stop) => myself.stop(Some(why())),
            Some(Fault::Kill) => myself.kill(),
        }
        Ok(())
    }
}

impl fmt::Debug for Tripwire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Tripwire(set)" } else { "Tripwire" })
    }
}

/// An actor behind a tripwire: the same actor, which may end before its time.
#[derive(Clone, Debug)]
pub struct Wired<A> {
    actor: A,
    name: &'static str,
    tripwire: Tripwire,
}

impl<A> Actor for Wired<A>
where
    A: Actor,
    A::Msg: Kinds,
{
    type Msg = A::Msg;
    type State = A::State;
    type Arguments = A::Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<A::Msg>,
        arguments: A::Arguments,
    ) -> Result<A::State, ActorProcessingErr> {
        self.tripwire.pass(self.name, Moment::Start, &myself)?;
        self.actor.pre_start(myself, arguments).await
    }

    async fn post_start(
        &self,
        myself: ActorRef<A::Msg>,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        self.actor.post_start(myself, state).await
    }

    async fn handle(
        &self,
        myself: ActorRef<A::Msg>,
        message: A::Msg,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        let kind = message.kind();
        self.tripwire.pass(self.name, Moment::Before(kind), &myself)?;
        self.actor.handle(myself.clone(), message, state).await?;
        self.tripwire.pass(self.name, Moment::After(kind), &myself)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<A::Msg>,
        event: SupervisionEvent,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        let started = matches!(event, SupervisionEvent::ActorStarted(_));
        let kind = if started { CHILD_STARTED } else { CHILD_ENDED };
        self.tripwire.pass(self.name, Moment::Before(kind), &myself)?;
        self.actor.handle_supervisor_evt(myself.clone(), event, state).await?;
        self.tripwire.pass(self.name, Moment::After(kind), &myself)
    }

    async fn post_stop(
        &self,
        myself: ActorRef<A::Msg>,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        self.tripwire.pass(self.name, Moment::Stop, &myself)?;
        self.actor.post_stop(myself, state).await
    }
}
