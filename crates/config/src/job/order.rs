//! The order of steps: each after those it depends on, and otherwise as written.

use std::collections::{BTreeMap, BTreeSet};

/// What one step depends on, by name, in the order it is written.
pub(super) struct Depends<'a> {
    pub(super) name: &'a str,
    pub(super) after: &'a [String],
}

/// Something wrong with what steps depend on: which step, which entry of its `after`, and what.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tangle {
    /// No step has this name.
    Unknown { step: usize, entry: usize },
    /// The steps wait for each other in a circle, from the first one back to itself.
    Circle(Vec<usize>),
}

/// The steps' written places in their order.
pub(super) fn order(steps: &[Depends<'_>]) -> Result<Vec<usize>, Vec<Tangle>> {
    // Of two steps with one name the first is meant; the second is a mistake of its own.
    let mut places = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        places.entry(step.name).or_insert(place);
    }
    let mut tangles = Vec::new();
    let mut before: Vec<BTreeSet<usize>> = Vec::new();
    for (step, depends) in steps.iter().enumerate() {
        let mut found = BTreeSet::new();
        for (entry, name) in depends.after.iter().enumerate() {
            match places.get(name.as_str()) {
                Some(place) => {
                    found.insert(*place);
                }
                None => tangles.push(Tangle::Unknown { step, entry }),
            }
        }
        before.push(found);
    }
    let (sorted, stuck) = sort(&before);
    tangles.extend(circles(&before, stuck).into_iter().map(Tangle::Circle));
    if tangles.is_empty() { Ok(sorted) } else { Err(tangles) }
}

/// Always the first step as written of those that can be next; and the ones that never can.
fn sort(before: &[BTreeSet<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut sorted = Vec::new();
    let mut done = BTreeSet::new();
    let mut waiting: Vec<usize> = (0..before.len()).collect();
    let ready =
        |done: &BTreeSet<usize>, step: usize| before.get(step).is_some_and(|before| before.is_subset(done));
    while let Some(next) = waiting.iter().position(|step| ready(&done, *step)) {
        let step = waiting.remove(next);
        done.insert(step);
        sorted.push(step);
    }
    (sorted, waiting)
}

/// The circles among the steps that never can be next, each step in one at most: follow what a step waits for
/// until a step comes twice, or until the trail ends at one that only waits for a circle found before.
fn circles(before: &[BTreeSet<usize>], mut stuck: Vec<usize>) -> Vec<Vec<usize>> {
    let mut circles = Vec::new();
    while let Some(first) = stuck.first() {
        let mut trail = vec![*first];
        let gone = loop {
            let last = trail.last().and_then(|last| before.get(*last));
            let next = last.and_then(|earlier| earlier.iter().find(|step| stuck.contains(step)));
            let Some(next) = next else { break trail };
            if let Some(start) = trail.iter().position(|step| step == next) {
                let circle = trail.split_off(start);
                circles.push(circle.clone());
                break circle;
            }
            trail.push(*next);
        };
        stuck.retain(|step| !gone.contains(step));
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(steps: &[(&str, &[&str])]) -> Result<Vec<usize>, Vec<Tangle>> {
        let after: Vec<Vec<String>> =
            steps.iter().map(|(_, after)| after.iter().map(|name| (*name).to_owned()).collect()).collect();
        let depends: Vec<Depends<'_>> =
            steps.iter().zip(&after).map(|((name, _), after)| Depends { name, after }).collect();
        order(&depends)
    }

    #[test]
    fn steps_come_after_what_they_depend_on_and_otherwise_as_written() {
        assert_eq!(ordered(&[("c", &["b"]), ("x", &[]), ("b", &["a"]), ("a", &[])]), Ok(vec![1, 3, 2, 0]));
        assert_eq!(ordered(&[]), Ok(vec![]));
    }

    #[test]
    fn every_unknown_step_and_every_circle_are_told() {
        let tangles = ordered(&[("a", &["c", "nobody"]), ("b", &["a"]), ("c", &["b"]), ("d", &["c", "?"])]);
        assert_eq!(
            tangles,
            Err(vec![
                Tangle::Unknown { step: 0, entry: 1 },
                Tangle::Unknown { step: 3, entry: 1 },
                Tangle::Circle(vec![0, 2, 1]),
            ])
        );
        assert_eq!(
            ordered(&[("after", &["a"]), ("a", &["a"]), ("b", &["c", "a"]), ("c", &["b"]), ("fine", &[])]),
            Err(vec![Tangle::Circle(vec![1]), Tangle::Circle(vec![2, 3])])
        );
    }
}
