//! What is promised, measured.

use std::time::Instant;

use anyhow::Result;
use callsheet_simulation::figures::{Effort, all};
use tokio::sync::mpsc;

use super::aside::{aside, spinner};
use crate::exit::Exit;
use crate::output;

pub(super) async fn run() -> Result<Exit> {
    if cfg!(debug_assertions) {
        output::note("this is no release build: times and speeds mean nothing");
    }
    let bar = spinner("measuring");
    let (tell, mut lines) = mpsc::unbounded_channel();
    let measure = move || {
        let began = Instant::now();
        all(Effort::default(), &|| began.elapsed(), &mut |line| {
            // Whoever listened may have left.
            let _ = tell.send(line.to_owned());
        });
    };
    let mut failed = Ok(());
    let mut print = || {
        while let Ok(line) = lines.try_recv() {
            let printed = bar.suspend(|| output::line(&line));
            failed = std::mem::replace(&mut failed, Ok(())).and(printed);
        }
    };
    let measured = aside(measure, &mut print).await?;
    print();
    failed?;
    bar.finish_and_clear();
    Ok(if measured.is_some() { Exit::Ok } else { Exit::Interrupted })
}
