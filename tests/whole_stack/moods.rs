//! What renderers do on bad days: drawn with the plan, before anything runs, for frames and not for nodes. Whoever is
//! to draw such a frame misbehaves at it, once or twice, or each time for ever.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::client::{Frame, Wish};
use crate::dice::Dice;
use crate::plan::Weather;

/// What a renderer does at a frame instead of drawing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misdeed {
    /// It dies, and leaves half a picture.
    Crash,
    /// From now on it says nothing, and draws nothing.
    Hang,
    /// It says that the frame is drawn, and there is no picture.
    Lie,
    /// It says so, and the picture is cut off.
    Spoil,
    /// It ends as if all were done.
    Leave,
}

impl Misdeed {
    const ALL: [Self; 5] = [Self::Crash, Self::Hang, Self::Lie, Self::Spoil, Self::Leave];

    /// As which class of failure it has to be found out.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Hang => "hang_frame",
            Self::Lie | Self::Spoil | Self::Leave => "broken_output",
        }
    }
}

/// How long it goes on.
#[derive(Clone, Debug)]
enum Mood {
    /// What is done at the first tries; then all is well.
    Passing(Vec<Misdeed>),
    Poison(Misdeed),
}

/// The moods at all frames. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Moods {
    at: Arc<BTreeMap<Frame, Mood>>,
    /// How often there was a try at a frame.
    tried: Arc<Mutex<BTreeMap<Frame, usize>>>,
}

impl Moods {
    pub(crate) fn draw(weather: Weather, dice: &Dice, wishes: &[Wish]) -> Self {
        // One frame in so many, and so many that are poison.
        let (one_in, poison) = match weather {
            Weather::Renderers => (5, 0),
            Weather::Poison => (12, 4),
            Weather::Everything => (8, 2),
            _ => return Self::default(),
        };
        let frames: Vec<Frame> = wishes.iter().flat_map(Wish::files).map(|(frame, _)| frame).collect();
        let mut at = BTreeMap::new();
        for frame in frames.iter().filter(|_| dice.between(1, one_in) == 1) {
            let deeds = (0..dice.between(1, 2)).map(|_| *dice.pick(&Misdeed::ALL));
            at.insert(frame.clone(), Mood::Passing(deeds.collect()));
        }
        for _ in 0..poison {
            at.insert(dice.pick(&frames).clone(), Mood::Poison(*dice.pick(&Misdeed::ALL)));
        }
        Self { at: Arc::new(at), tried: Arc::default() }
    }

    /// A renderer begins a frame: what it will do instead of drawing it.
    pub(crate) fn next(&self, frame: &Frame) -> Option<Misdeed> {
        let mut tried = self.tried.lock().unwrap();
        let tries = tried.entry(frame.clone()).or_default();
        *tries += 1;
        match self.at.get(frame)? {
            Mood::Passing(deeds) => deeds.get(*tries - 1).copied(),
            Mood::Poison(deed) => Some(*deed),
        }
    }

    /// Whether nobody can draw a frame.
    pub(crate) fn is_poison(&self, frame: &Frame) -> bool {
        matches!(self.at.get(frame), Some(Mood::Poison(_)))
    }
}
