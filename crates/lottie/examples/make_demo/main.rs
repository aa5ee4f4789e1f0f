//! Writes the animation that the demo cluster renders: `cargo run -p callsheet-lottie --example make_demo`.
//!
//! The animation is drawn here in code, so that its source can be read and changed; the JSON beside the demo's
//! cluster file is what this program writes. With a directory as argument it also renders a few frames there.

mod letters;
mod lottie;
mod scene;
mod work;

use std::error::Error;
use std::fs;
use std::path::Path;

use callsheet_lottie::{Animation, RenderOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let text = serde_json::to_string(&scene::animation())? + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster/demo/callsheet.json");
    fs::write(&path, &text)?;
    let animation = Animation::load(text.as_bytes())?;
    let analysis = animation.analysis();
    println!("wrote {} bytes, frames {} to {}", text.len(), analysis.first_frame, analysis.last_frame);
    for finding in &analysis.findings {
        println!("finding: {finding}");
    }
    if let Some(directory) = std::env::args().nth(1) {
        let step = (analysis.last_frame - analysis.first_frame + 1) / 12;
        for frame in (analysis.first_frame..=analysis.last_frame).step_by(step.max(1) as usize) {
            let file = fs::File::create(Path::new(&directory).join(format!("demo_{frame:04}.png")))?;
            animation.render(frame, &RenderOptions::default())?.write_png(file, frame)?;
        }
    }
    Ok(())
}
