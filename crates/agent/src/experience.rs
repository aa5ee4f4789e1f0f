//! What is usual: how long each phase of a composition was silent in earlier attempts on this node.
//!
//! A composition is known by its renderer, its template's MD5 and its settings. Lists among the settings are
//! left out: they carry data (texts, pictures, fonts), of which personalised videos have others in each job.
//!
//! Kept are the longest silences of the last [`KEPT`] attempts in each phase: few enough that what was once
//! slow, on a cold cache or a busy machine, is forgotten within an hour or two of work; enough that the longest
//! of them is rarely exceeded by much. Only silences that ended well count: a phase in which an attempt was
//! killed, or died, has taught nothing. It refuses to remember without end: [`COMPOSITIONS`] are known, those
//! last used.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use callsheet_model::{RunPhase, Work};

use crate::offer::Offer;

/// Attempts that are remembered, for each phase.
pub(crate) const KEPT: usize = 16;
/// Compositions that are known at once.
const COMPOSITIONS: usize = 256;

/// What is rendered, as far as its times are concerned. Two that are taken for one cost patience, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Composition(u64);

impl Composition {
    pub(crate) fn of(offer: &Offer) -> Self {
        let spec = &offer.brief.spec;
        // Its keys are fixed: the same composition has the same number for as long as this process lives.
        let mut hash = DefaultHasher::new();
        spec.renderer.hash(&mut hash);
        spec.template.as_ref().map(|template| template.md5.0).hash(&mut hash);
        for (key, value) in spec.settings.iter().filter(|(_, value)| !value.is_array()) {
            (key, value.to_string()).hash(&mut hash);
        }
        // Looking at a project is quite another process than rendering it.
        (offer.work == Work::Preflight).hash(&mut hash);
        Self(hash.finish())
    }
}

/// The longest silence in each phase; zero where none is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Silences(BTreeMap<RunPhase, Duration>);

impl Silences {
    pub(crate) fn of(&self, phase: RunPhase) -> Duration {
        self.0.get(&phase).copied().unwrap_or_default()
    }

    pub(crate) fn note(&mut self, phase: RunPhase, silence: Duration) {
        let longest = self.0.entry(phase).or_default();
        *longest = silence.max(*longest);
    }
}

/// The memory of one node.
#[derive(Debug, Default)]
pub(crate) struct Experience {
    known: BTreeMap<Composition, Known>,
    uses: u64,
}

#[derive(Debug, Default)]
struct Known {
    last: BTreeMap<RunPhase, VecDeque<Duration>>,
    used: u64,
}

impl Experience {
    /// What is usual for a composition.
    pub(crate) fn usual(&self, composition: Composition) -> Silences {
        let mut usual = Silences::default();
        for (phase, last) in self.known.get(&composition).into_iter().flat_map(|known| &known.last) {
            last.iter().for_each(|silence| usual.note(*phase, *silence));
        }
        usual
    }

    /// An attempt is over, and had these silences.
    pub(crate) fn learn(&mut self, composition: Composition, seen: &Silences) {
        if seen.0.is_empty() {
            return;
        }
        self.uses += 1;
        let known = self.known.entry(composition).or_default();
        known.used = self.uses;
        for (phase, silence) in &seen.0 {
            let last = known.last.entry(*phase).or_default();
            last.push_back(*silence);
            if last.len() > KEPT {
                last.pop_front();
            }
        }
        if self.known.len() > COMPOSITIONS {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.used).map(|(oldest, _)| *oldest);
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use callsheet_model::{Md5, Token};

    use super::*;
    use crate::Brief;
    use crate::stories::{brief, offer};

    fn silent(phase: RunPhase, seconds: u64) -> Silences {
        let mut silences = Silences::default();
        silences.note(phase, Duration::from_secs(seconds));
        silences
    }

    #[test]
    fn the_longest_of_the_last_attempts_is_usual() {
        let (mut experience, which) = (Experience::default(), Composition(1));
        for seconds in [500, 3, 9] {
            experience.learn(which, &silent(RunPhase::Load, seconds));
        }
        let load = |experience: &Experience| experience.usual(which).of(RunPhase::Load).as_secs();
        assert_eq!(load(&experience), 500);
        (0..KEPT - 3).for_each(|_| experience.learn(which, &silent(RunPhase::Load, 1)));
        assert_eq!(load(&experience), 500);
        experience.learn(which, &silent(RunPhase::Load, 1));
        assert_eq!(load(&experience), 9, "what was slow once is forgotten");
        assert_eq!(experience.usual(which).of(RunPhase::Exit), Duration::ZERO);
        assert_eq!(experience.usual(Composition(2)), Silences::default());
    }

    #[test]
    fn it_knows_the_compositions_that_were_last_used() {
        let mut experience = Experience::default();
        for nth in 0..1000 {
            experience.learn(Composition(0), &silent(RunPhase::Load, 7));
            experience.learn(Composition(nth + 1), &silent(RunPhase::Load, nth));
        }
        assert_eq!(experience.known.len(), COMPOSITIONS);
        assert_eq!(experience.usual(Composition(0)).of(RunPhase::Load).as_secs(), 7);
        assert_eq!(experience.usual(Composition(1)), Silences::default());
        assert_eq!(experience.usual(Composition(1000)).of(RunPhase::Load).as_secs(), 999);
    }

    #[test]
    fn a_composition_is_its_template_and_settings_but_not_its_data() {
        let with = |md5: u8, settings: &[(&str, &str)], work| {
            let mut spec = brief(true, true).spec.clone();
            spec.template.as_mut().unwrap().md5 = Md5([md5; 16]);
            // The agent needs no JSON library: the field's own type reads it.
            let value = |text: &str| text.parse().unwrap();
            spec.settings = settings.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
            let brief = Brief { spec, inputs: BTreeMap::new(), ..(*brief(true, true)).clone() };
            Composition::of(&Offer { brief: Arc::new(brief), work, ..offer(Token(1).0, "1-5") })
        };
        let plain = with(1, &[("composition", "\"main\""), ("assets", "[1]")], Work::Render);
        assert_eq!(plain, with(1, &[("composition", "\"main\""), ("assets", "[2, 3]")], Work::Render));
        assert_ne!(plain, with(1, &[("composition", "\"other\""), ("assets", "[1]")], Work::Render));
        assert_ne!(plain, with(2, &[("composition", "\"main\""), ("assets", "[1]")], Work::Render));
        assert_ne!(plain, with(1, &[("composition", "\"main\""), ("assets", "[1]")], Work::Preflight));
    }
}
