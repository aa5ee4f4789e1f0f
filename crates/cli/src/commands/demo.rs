//! `demo`: see `crate::demonstration`, which does it.

use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Keep the cluster and its doors open afterwards, until Ctrl-C
    #[arg(long)]
    pub(crate) stay: bool,
    /// Where everything goes; what an earlier demo left there is removed
    // Not `callsheet-demo` itself: that is where `callsheet up cluster/demo.toml` keeps what it must not lose.
    #[arg(long, value_name = "DIRECTORY", default_value = "callsheet-demo/show")]
    pub(crate) dir: PathBuf,
    /// Another cluster config than the bundled one; its directories and port are replaced by the demo's own
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    crate::demonstration::run(args).await
}
