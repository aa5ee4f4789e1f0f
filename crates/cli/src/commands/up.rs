//! `up`: a config's leader and all its nodes, as processes of this machine, kept alive.

use std::path::PathBuf;

use anyhow::Result;
use callsheet_node::Shutdown;
use console::{Color, style};

use crate::exit::{Exit, Failure};
use crate::family::{FIRST_PAUSE, Family, Happening, Member, What};
use crate::leaving::{Wishes, wished};
use crate::{files, output};

/// One colour after another for the processes' names.
const COLOURS: [Color; 6] =
    [Color::Yellow, Color::Cyan, Color::Green, Color::Magenta, Color::Blue, Color::Red];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The cluster config
    #[arg(value_name = "FILE", env = "CALLSHEET_CONFIG")]
    config: PathBuf,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let config = files::cluster_config(&args.config)?;
    let file = std::path::absolute(&args.config)?;
    let wishes = Wishes::listen(false)?;
    let mut drain = wishes.subscribe();
    let members = Member::all_of(&config, &file);
    let printer = Printer::new(&members);
    let (mut family, mut happenings) = Family::start(members, FIRST_PAUSE)?;
    output::note(format!("{} at {}: Ctrl-C ends it", config.name, config.leader.advertise));
    let lost = loop {
        tokio::select! {
            happening = happenings.recv() => match happening {
                Some(Happening { name, what: What::GaveUp(how) }) => {
                    printer.print(&Happening { name: name.clone(), what: What::GaveUp(how.clone()) });
                    break Some(Failure::new(Exit::Broken, format!("{name} cannot start: it {how}")));
                }
                Some(happening) => printer.print(&happening),
                None => break None,
            },
            () = wished(&mut drain, Shutdown::Drain) => break None,
        }
    };
    output::note("leaving: nodes finish or hand back what they hold; Ctrl-C again leaves at once");
    let leaving = family.leave(wishes.subscribe());
    let telling = async {
        while let Some(happening) = happenings.recv().await {
            printer.print(&happening);
        }
    };
    tokio::join!(leaving, telling);
    match lost {
        Some(failure) => Err(failure.into()),
        None if *wishes.subscribe().borrow() == Shutdown::Now => Ok(Exit::Interrupted),
        None => Ok(Exit::Ok),
    }
}

/// Prints what processes say, under their names.
struct Printer {
    names: Vec<(String, Color)>,
    width: usize,
}

impl Printer {
    fn new(members: &[Member]) -> Self {
        let colours = COLOURS.into_iter().cycle();
        let names = members.iter().map(|member| member.name.clone()).zip(colours).collect();
        let width = members.iter().map(|member| member.name.len()).max().unwrap_or(0);
        Self { names, width }
    }

    fn print(&self, happening: &Happening) {
        let Happening { name, what } = happening;
        let colour =
            self.names.iter().find(|(known, _)| known == name).map_or(Color::White, |(_, colour)| *colour);
        let prefix = style(format!("{name:0$} |", self.width)).fg(colour);
        let line = match what {
            What::Line(line) => line.clone(),
            other => style(other.to_string()).bold().to_string(),
        };
        // Whoever reads this may have left; the processes go on.
        let _ = output::line(format!("{prefix} {line}"));
    }
}
