//! Feeds the log reader whatever the fuzzer makes up: it may not panic, it may not care how bytes are split, and
//! what it says must agree with itself.

#![no_main]

use callsheet_after_effects::explain::{Explainer, explain};
use callsheet_after_effects::log::LogReader;
use callsheet_after_effects::verdict::{How, Order};
use callsheet_model::{FrameSet, RunPhase};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The first bytes choose what else is known; the others are the log.
    let [kind, piece, first, count, bytes @ ..] = input else { return };
    let first = i32::from(*first) - 100;
    let asked = (*kind & 1 == 1).then(|| FrameSet::range(first, first + i32::from(*count)));

    let explanation = explain(bytes, asked.clone());
    assert_eq!(explanation.outcome == "failed", explanation.failure.is_some());
    assert!(!explanation.to_string().is_empty());
    assert!(serde_json::to_string(&explanation).is_ok());
    if let (Some(frames), Some(asked)) = (&explanation.frames, &asked) {
        assert!(frames.finished.is_disjoint(&frames.remaining));
        assert_eq!(frames.finished.len() + frames.remaining.len(), asked.len());
    }

    let how = match kind >> 1 & 3 {
        0 => How::Code(i32::from(*piece)),
        1 => How::Signal(i32::from(*piece)),
        2 => How::Killed(RunPhase::ALL[usize::from(*piece) % RunPhase::ALL.len()]),
        _ => How::Unknown,
    };
    let mut explainer =
        Explainer::new(Order { frames: asked, multi_frame: kind & 8 == 8, ..Order::default() });
    explainer.feed(bytes);
    assert!(!explainer.explain(how).action.sentence.is_empty());

    let mut whole = LogReader::new();
    let mut facts = whole.feed(bytes);
    facts.extend(whole.finish());
    let mut split = LogReader::new();
    let mut same = Vec::new();
    for bytes in bytes.chunks(usize::from(*piece).max(1)) {
        same.extend(split.feed(bytes));
    }
    same.extend(split.finish());
    assert_eq!(facts, same);
});
