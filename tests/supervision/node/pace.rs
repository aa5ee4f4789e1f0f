//! How fast the next frame begins: printed, and held to a bound that only a wait would break.

use std::time::{Duration, Instant};

use crate::leader::Leader;
use crate::node::Node;

/// A script that says when it began and ended, and leaves one picture.
const STAMPED: &str = r#"
    began=$(date +%s%N)
    cp "$HOME_OF_TEST/picture.png" "$PLACE/$(printf 'a_%04d.png' "$FRAMES")"
    echo "$began $(date +%s%N)" >> "$HOME_OF_TEST/stamps"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_free_slot_gets_its_next_frame_at_once() {
    const FRAMES: u64 = 40;
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, STAMPED, 1);
    let (mut session, _) = leader.welcome().await;
    let began = Instant::now();
    for token in 1..=FRAMES {
        let frame = i32::try_from(token).unwrap();
        node.offer(&session, token, frame, frame);
    }
    assert_eq!(session.reports_until_the_end(FRAMES).await.last().unwrap(), &format!("{FRAMES}: Succeeded"));
    let each = began.elapsed() / u32::try_from(FRAMES).unwrap();
    let text = std::fs::read_to_string(node.home.path().join("stamps")).unwrap();
    let stamps: Vec<Vec<u64>> =
        text.lines().map(|line| line.split(' ').map(|stamp| stamp.parse().unwrap()).collect()).collect();
    let mut gaps: Vec<u64> = stamps.windows(2).map(|pair| pair[1][0] - pair[0][1]).collect();
    gaps.sort_unstable();
    let median = Duration::from_nanos(gaps[gaps.len() / 2]);
    println!("a frame job of one frame takes {each:?} in all; from one's end to the next's start {median:?}");
    assert!(median < Duration::from_millis(200), "{median:?}");
}
