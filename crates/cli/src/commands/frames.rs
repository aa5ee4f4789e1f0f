//! `frames`: where a job's frames are, and what failed.

use anyhow::Result;
use callsheet_protocol::v1;
use console::style;

use super::Asking;
use crate::client::{Client, told};
use crate::exit::Exit;
use crate::output::{self, json, show, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job's id, or the end of it
    id: String,
    /// Only this step
    #[arg(long, default_value = "", hide_default_value = true)]
    step: String,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut client = Client::connect(&args.asking.reach).await?;
    let request = v1::FramesRequest { id: args.id, step: args.step };
    let answer = client.jobs.frames(request).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("FramesResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    for step in &answer.steps {
        for line in lines(step, words::now_ms()) {
            output::line(line)?;
        }
    }
    Ok(Exit::Ok)
}

fn lines(step: &v1::StepFrames, now: u64) -> Vec<String> {
    let mut lines = vec![style(&step.step).bold().to_string()];
    let mut say = |word: &str, frames: &str| {
        if !frames.is_empty() {
            lines.push(format!("  {word:9}  {frames}"));
        }
    };
    say("published", &step.published);
    say("accepted", &step.accepted);
    say("leased", &step.leased);
    say("waiting", &step.waiting);
    for trouble in &step.retrying {
        let wait = match trouble.not_before_ms.saturating_sub(now) {
            0 => "can go out now".to_owned(),
            ms => format!("not before {}", words::duration(ms)),
        };
        let failures = words::count(trouble.failures.into(), "failure");
        say("retrying", &format!("{}  after {failures}, {wait}", trouble.frames));
    }
    for letter in &step.dead {
        lines.push(format!(
            "  {}       {}  attempt {}",
            style("dead").red(),
            letter.frames,
            words::token(letter.token)
        ));
        lines
            .extend(letter.failure.iter().flat_map(show::failure).map(|line| format!("             {line}")));
    }
    if step.truncated {
        lines.push(
            "  the frames are too scattered to be told whole: `callsheet job` has the counts".to_owned(),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_a_line_and_dead_frames_their_evidence() {
        console::set_colors_enabled(false);
        let failure = v1::Failure {
            class: v1::FailureClass::Crash.into(),
            message: "the renderer was killed by SIGSEGV".into(),
            exit: "killed by SIGSEGV".into(),
            evidence: vec!["last words".into()],
        };
        let step = v1::StepFrames {
            step: "beauty".into(),
            published: "1-5".into(),
            retrying: vec![v1::FrameTrouble { frames: "6".into(), failures: 1, not_before_ms: 3000 }],
            dead: vec![v1::DeadLetter { frames: "7".into(), token: (1 << 32) | 4, failure: Some(failure) }],
            ..Default::default()
        };
        let text = lines(&step, 1000).join("\n");
        assert!(text.contains("published  1-5"), "{text}");
        assert!(text.contains("retrying   6  after 1 failure, not before 2.0 s"), "{text}");
        assert!(text.contains("dead       7  attempt 1.4"), "{text}");
        assert!(text.contains("last words"), "{text}");
        assert!(!text.contains("waiting"), "{text}");
    }
}
