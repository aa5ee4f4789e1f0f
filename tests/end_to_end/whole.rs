//! A whole job, from submission to the last picture, with nothing going wrong.

use callsheet_lottie::{Animation, RenderOptions};
use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::{Cluster, Recipe, disk, work};

#[tokio::test(flavor = "multi_thread")]
async fn two_steps_over_three_nodes_end_as_pictures() {
    let cluster = Cluster::start(Recipe::new().three(1)).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    let book = format!("{}/out/book/book.png", cluster.root().display());
    let flipbook = v1::StepSpec {
        name: "book".into(),
        renderer: "flipbook".into(),
        output: book.clone(),
        after: vec!["frames".into()],
        settings_json: json!({ "rate": 25 }).to_string(),
        ..Default::default()
    };
    // A pace, so that no node is done with everything before the others have begun.
    let frames = work::drawn(&template, &output, "0-23", 3, 30);
    let job = cluster.submit(work::job("whole", vec![frames, flipbook])).await;
    cluster.succeeded(&job).await;

    disk::assert_frames(&output, "0-23", work::SIZE);
    disk::assert_picture(book.as_ref());
    assert_as_drawn_directly(&output);
    let events = cluster.events();
    let nodes: std::collections::BTreeSet<&str> = events
        .iter()
        .filter(|event| event.is_render_lease() && event.job() == job)
        .map(|event| event.node())
        .collect();
    assert_eq!(nodes, ["anna", "bruno", "clara"].into(), "everyone has had a share");
    let view = cluster.api.clone().job(&job).await;
    assert_eq!((view.state(), view.frames.unwrap().published), (v1::JobState::Succeeded, 25));
    assert!(view.leases.is_empty());
}

/// Whatever process drew it, a frame is the picture that the library draws.
fn assert_as_drawn_directly(output: &str) {
    let animation = Animation::load(&work::animation()).unwrap();
    let pattern = callsheet_model::OutputPattern::parse_absolute(output).unwrap();
    let mut last = None;
    for frame in 0..=23 {
        let path = format!("{}{}", pattern.directory(), pattern.file_name(frame));
        let found = image::open(&path).unwrap().into_rgba8().into_raw();
        let drawn = animation.render(frame, &RenderOptions::default()).unwrap().rgba;
        assert!(found == drawn, "frame {frame} is not the picture that was to be drawn");
        assert_ne!(last.replace(drawn.clone()), Some(drawn), "frame {frame} differs from the one before");
    }
}
